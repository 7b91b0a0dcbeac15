//! Log lines, on standard output in both formats.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{Log, LogFormat};

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.level` is neither a level nor a list of directives.
    #[error("log.level takes a level or directives such as \"info,sqlx=warn\", not {0:?}")]
    Level(String),
    /// Another subscriber was there first.
    #[error("logging is already set up in this process")]
    AlreadySetUp(#[from] TryInitError),
}

/// Sends the log lines of the whole process to standard output.
///
/// As text: time, level, module, message and fields. As JSON: one object a line, with `timestamp`
/// (RFC 3339, UTC), `level`, `target`, `message` and each field of the event as keys of the object
/// itself, and the innermost span as `span`.
///
/// # Errors
/// When `log.level` is no level, or the process has a subscriber already.
pub fn init(log: &Log) -> Result<(), TelemetryError> {
    let ansi = std::io::stdout().is_terminal();
    Ok(subscriber(log, ansi, std::io::stdout)?.try_init()?)
}

fn subscriber<W>(
    log: &Log,
    ansi: bool,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = log.filter().ok_or_else(|| TelemetryError::Level(log.level.clone()))?;
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(ansi).with_writer(writer);
    Ok(match log.format {
        LogFormat::Text => Box::new(lines.finish()),
        LogFormat::Json => {
            Box::new(lines.json().flatten_event(true).with_span_list(false).finish())
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing::subscriber::with_default;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = Log { format, level: level.into() };
        with_default(subscriber(&log, false, move || writer.clone()).unwrap(), || {
            let _request = tracing::info_span!("request", request_id = "r1").entered();
            tracing::info!(
                order_id = "ord_1",
                from_state = "PICKING",
                to_state = "PREPPING",
                attempt = 1,
                duration_ms = 250,
                "transition"
            );
            tracing::debug!("a detail");
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_json_line_has_a_transitions_fields_at_its_top() {
        let lines = logged(LogFormat::Json, "info");
        let line: Value = serde_json::from_str(&lines).expect("one line, one object");

        let timestamp = line["timestamp"].as_str().unwrap();
        let time = chrono::DateTime::parse_from_rfc3339(timestamp).expect("RFC 3339");
        assert!(timestamp.ends_with('Z'), "{timestamp} is not UTC");
        assert!(time.timestamp() > 0);
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["message"], "transition");
        assert_eq!(line["order_id"], "ord_1");
        assert_eq!(line["from_state"], "PICKING");
        assert_eq!(line["to_state"], "PREPPING");
        assert_eq!(line["attempt"], 1);
        assert_eq!(line["duration_ms"], 250);
        assert_eq!(line["span"]["request_id"], "r1");
    }

    #[test]
    fn a_text_line_reads_from_left_to_right() {
        let line = logged(LogFormat::Text, "info");
        assert_eq!(line.lines().count(), 1);
        assert!(line.contains("INFO"), "{line}");
        assert!(line.contains("transition order_id=\"ord_1\" from_state=\"PICKING\""), "{line}");
    }

    #[test]
    fn the_level_decides_which_lines_there_are() {
        assert_eq!(logged(LogFormat::Text, "debug").lines().count(), 2);
        assert_eq!(logged(LogFormat::Text, "info,pieshop=debug").lines().count(), 2);
        assert_eq!(logged(LogFormat::Text, "debug,pieshop::telemetry=warn"), "");
        assert_eq!(logged(LogFormat::Text, "off"), "");
    }

    #[test]
    fn a_level_that_is_none_is_refused_and_named() {
        let log = Log { format: LogFormat::Text, level: "loud".into() };
        let error = subscriber(&log, false, std::io::sink).err().expect("refused");
        assert!(error.to_string().contains("log.level takes"), "{error}");
        assert!(error.to_string().contains("\"loud\""), "{error}");
    }
}
