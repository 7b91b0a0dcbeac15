//! The history of an order: as a line of states, and entry by entry.

use chrono::SecondsFormat;
use order_core::{Entry, Order, State, Status};

use crate::web::words::{Badge, Time, span};

/// A state that the order was in.
pub(super) struct TimelineLine {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) time: Time,
    pub(super) note: String,
}

/// An entry.
pub(super) struct HistoryLine {
    pub(super) seq: i32,
    pub(super) time: Time,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) note: String,
    pub(super) error: String,
}

/// The states that the order was in, each with how long it took.
pub(super) fn timeline(order: &Order, entries: &[Entry]) -> Vec<TimelineLine> {
    let changes: Vec<_> = entries.iter().filter(|entry| entry.from != Some(entry.to)).collect();
    let line = |(index, entry): (usize, &&Entry)| {
        let Badge { class, word } = entry.to.into();
        let note = match (changes.get(index + 1), order.state()) {
            (Some(next), _) => span(next.at - entry.at),
            (None, State::Error(failure)) => failure.code.clone(),
            (None, _) => String::new(),
        };
        TimelineLine { class, word, time: entry.at.into(), note }
    };
    changes.iter().enumerate().map(line).collect()
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
