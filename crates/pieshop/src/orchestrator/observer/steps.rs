//! What happened in each step of the last hour.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Entry, Status};

/// The step in which placed orders and errors are counted, and how many steps are kept: an hour.
pub const STEP: TimeDelta = TimeDelta::minutes(5);
const STEPS: i64 = 12;

/// What happened, by the step's number since 1970.
#[derive(Debug, Default)]
pub struct Steps(BTreeMap<i64, Happened>);

/// What happened within one step of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// Orders that were placed.
    pub placed: u32,
    /// Times that an order went to ERROR.
    pub errors: u32,
}

impl Steps {
    /// What happened in each step of the last hour, the oldest first: when it began, and what. The
    /// last one is not over yet.
    pub fn last_hour(&self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Happened)> {
        let last = number_of(now);
        let step = |number: i64| {
            let began = DateTime::from_timestamp(number * STEP.num_seconds(), 0)?;
            Some((began, self.0.get(&number).copied().unwrap_or_default()))
        };
        (last - STEPS + 1..=last).filter_map(step).collect()
    }

    pub(super) fn see(&mut self, entry: &Entry) {
        let step = self.0.entry(number_of(entry.at)).or_default();
        match entry.to {
            Status::Ordered => step.placed += 1,
            Status::Error => step.errors += 1,
            _ => {}
        }
    }

    pub(super) fn turn(&mut self, now: DateTime<Utc>) {
        self.0 = self.0.split_off(&(number_of(now) - STEPS + 1));
    }
}

/// The number of the step that a time falls into.
fn number_of(time: DateTime<Utc>) -> i64 {
    time.timestamp().div_euclid(STEP.num_seconds())
}
