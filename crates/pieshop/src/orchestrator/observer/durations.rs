//! How long orders are in each state.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Entry, OrderId, Status};

/// Durations kept of each state.
const SAMPLES: usize = 1000;

/// Durations in each state, the latest ones.
#[derive(Debug, Default)]
pub struct Durations {
    /// When each order under way entered its state.
    entered: HashMap<OrderId, DateTime<Utc>>,
    samples: BTreeMap<Status, VecDeque<TimeDelta>>,
}

impl Durations {
    /// The `quantile` (0.0..=1.0) of the latest durations in `status`; `None` without any.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index among at most a thousand samples"
    )]
    pub fn of(&self, status: Status, quantile: f64) -> Option<TimeDelta> {
        let mut samples: Vec<_> = self.samples.get(&status)?.iter().copied().collect();
        samples.sort_unstable();
        let last = samples.len().checked_sub(1)?;
        samples.get((last as f64 * quantile.clamp(0.0, 1.0)).round() as usize).copied()
    }

    pub(super) fn see(&mut self, order: OrderId, entry: &Entry) {
        let ends = matches!(entry.to, Status::Completed | Status::Cancelled);
        let since =
            if ends { self.entered.remove(&order) } else { self.entered.insert(order, entry.at) };
        if let (Some(since), Some(from)) = (since, entry.from) {
            let samples = self.samples.entry(from).or_default();
            samples.push_back(entry.at - since);
            if samples.len() > SAMPLES {
                samples.pop_front();
            }
        }
    }
}
