//! The history of an order, entry by entry.

use chrono::SecondsFormat;
use order_core::{Entry, Status};

use crate::web::words::Time;

/// An entry.
pub(super) struct HistoryLine {
    pub(super) seq: i32,
    pub(super) time: Time,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) note: String,
    pub(super) error: String,
}

/// Every entry, to the millisecond.
pub(super) fn history(entries: &[Entry]) -> Vec<HistoryLine> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let line = |entry: &Entry| HistoryLine {
        seq: entry.seq,
        time: Time {
            iso: entry.at.to_rfc3339_opts(SecondsFormat::Millis, true),
            text: entry.at.format("%-d %b, %H:%M:%S%.3f UTC").to_string(),
        },
        from: entry.from.map_or("–", Status::as_str),
        to: entry.to.as_str(),
        note: text(&entry.note),
        error: text(&entry.error),
    };
    entries.iter().map(line).collect()
}
