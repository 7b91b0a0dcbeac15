//! The states that an order was in.

use order_core::{Entry, Order, State};

use crate::web::words::{Badge, Time, span};

/// A state that the order was in.
pub(super) struct TimelineLine {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    pub(super) time: Time,
    pub(super) note: String,
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
