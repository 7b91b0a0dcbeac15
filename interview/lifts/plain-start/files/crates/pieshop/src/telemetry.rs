//! Log lines, on standard output.

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

/// Sends the log lines of the whole process to standard output: one JSON object a line, with the
/// fields of the event as keys of the object itself. `level` is one, also by module.
///
/// # Errors
/// When `level` is no level.
pub fn init(level: &str) -> Result<()> {
    let filter = EnvFilter::try_new(level)
        .with_context(|| format!("log.level does not take {level:?}"))?;
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).init();
    Ok(())
}
