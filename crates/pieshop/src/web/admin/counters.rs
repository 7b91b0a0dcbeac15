//! How many orders are in which state, and how many need somebody's eyes.

use std::collections::BTreeMap;

use askama::Template;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use order_core::Status;

use crate::store::Tally;
use crate::web::words::{Badge, Time, grouped};

/// The counters at the top of the dashboard.
#[derive(Template)]
#[template(path = "counters.html")]
pub(super) struct Counters {
    states: Vec<Counter>,
    attention: Vec<Counter>,
    as_of: Time,
}

/// A number that leads to the orders that it counts.
struct Counter {
    key: &'static str,
    word: &'static str,
    number: String,
    class: &'static str,
    url: String,
}

impl Counters {
    /// The counters at a moment; the tallies are of late and of retrying orders.
    pub(super) fn of(
        counts: &BTreeMap<Status, i64>,
        late: Tally,
        retrying: Tally,
        now: DateTime<Utc>,
    ) -> Self {
        let count = |status| grouped(counts.get(&status).copied().unwrap_or_default());
        let of_state = |status: Status| {
            let (key, Badge { class, word }) = (status.as_str(), status.into());
            let url = format!("/admin?status={key}");
            Counter { key, word, number: count(status), class, url }
        };
        let of_attention = |key, word, number, class| {
            let url = format!("/admin?attention={key}");
            Counter { key, word, number, class, url }
        };
        // Without the seconds it changes only with the numbers, or once a minute.
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        Self {
            states: Status::ALL.map(of_state).into(),
            attention: vec![
                of_attention("error", "In error", count(Status::Error), "is-bad"),
                of_attention("late", "Late", at_least(late), ""),
                of_attention("retrying", "Retrying", at_least(retrying), ""),
            ],
            as_of: minute.into(),
        }
    }
}

/// A number, and in words where it may be more.
pub(super) fn at_least(tally: Tally) -> String {
    let number = grouped(i64::try_from(tally.matched).unwrap_or(i64::MAX));
    if tally.all { number } else { format!("at least {number}") }
}
