//! Orders that were completed.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Entry, Status};

/// Times of the completions within the last hour.
#[derive(Debug, Default)]
pub struct Completions(VecDeque<DateTime<Utc>>);

impl Completions {
    /// Orders completed within the last `span`, at most an hour.
    pub fn within(&self, now: DateTime<Utc>, span: TimeDelta) -> usize {
        self.0.iter().rev().take_while(|at| **at > now - span).count()
    }

    pub(super) fn see(&mut self, entry: &Entry) {
        if entry.to == Status::Completed {
            self.0.push_back(entry.at);
        }
    }

    pub(super) fn turn(&mut self, now: DateTime<Utc>) {
        while self.0.front().is_some_and(|at| *at < now - TimeDelta::hours(1)) {
            self.0.pop_front();
        }
    }
}
