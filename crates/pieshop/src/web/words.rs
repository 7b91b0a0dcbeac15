//! What states and spans are called on the pages.

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Order, Status};

pub(super) use super::time::Time;
pub(super) use super::written::grouped;

/// A state in words, and the class that gives it its colour.
#[derive(Clone, Copy)]
pub(super) struct Badge {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

impl From<Status> for Badge {
    fn from(status: Status) -> Self {
        let (class, word) = match status {
            Status::Ordered => ("", "Ordered"),
            Status::Picking => ("is-work", "Picking"),
            Status::Prepping => ("is-work", "Prepping"),
            Status::Baking => ("is-work", "Baking"),
            Status::Delivering => ("is-fly", "Delivering"),
            Status::Completed => ("is-done", "Delivered"),
            Status::Error => ("is-bad", "Error"),
            Status::Cancelled => ("is-off", "Cancelled"),
        };
        Self { class, word }
    }
}

/// A span as people say it: `50 s`, `12 min`, `1 h 40 min`.
pub(super) fn span(time: TimeDelta) -> String {
    let minutes = (time.num_seconds() + 30) / 60;
    match (time.num_seconds(), minutes / 60, minutes % 60) {
        (..60, ..) => format!("{} s", time.num_seconds().max(0)),
        (_, 0, minutes) => format!("{minutes} min"),
        (_, hours, 0) => format!("{hours} h"),
        (_, hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// How late it is; empty where it is not.
pub(super) fn late(order: &Order, now: DateTime<Utc>) -> String {
    if !order.is_late(now) {
        return String::new();
    }
    let until = if order.status() == Status::Completed { order.updated_at } else { now };
    format!("{} late", span(until - order.promised_delivery))
}
