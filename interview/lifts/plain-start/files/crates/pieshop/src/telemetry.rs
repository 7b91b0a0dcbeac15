//! Log lines, on standard output.

use std::io::{IsTerminal, stdout};

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Sends the log lines of the whole process to standard output: as text, or as one JSON object a
/// line with the fields of the event as keys of the object itself.
///
/// # Errors
/// When `log.level` is no level.
pub fn init(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.level)
        .with_context(|| format!("log.level does not take {:?}", log.level))?;
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(stdout().is_terminal());
    match log.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).init(),
    }
    Ok(())
}
