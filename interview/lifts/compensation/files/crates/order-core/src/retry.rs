//! When to try again, and for how long: the policy that configuration fills in.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::state::{Request, Step, Work};

/// A robot's wish to wait longer than this is not granted.
const LONGEST_RETRY_AFTER: TimeDelta = TimeDelta::minutes(5);

/// Exponential backoff with full jitter: a uniform draw from 0 to `base * 2^(tries - 1)`, at
/// most `cap`.
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The widest first delay, in real time.
    pub base: TimeDelta,
    /// The widest delay at all, in real time.
    pub cap: TimeDelta,
}

impl Backoff {
    /// The delay before the call that follows `tries` failed ones; `jitter` is in 0.0..1.0.
    pub fn delay(&self, tries: u32, jitter: f64) -> TimeDelta {
        let doubled = self.base.checked_mul(1 << tries.saturating_sub(1).min(20));
        scale(doubled.unwrap_or(self.cap).min(self.cap), jitter)
    }
}

/// Limits and times. Durations of the kitchen are already divided by the pace.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Calls of one step before the order goes to ERROR, at least 1.
    pub tries: u32,
    /// Delays between them.
    pub backoff: Backoff,
    /// The shortest time between two questions after a job, in real time.
    pub poll_floor: TimeDelta,
    /// Longest time from a picking job's start to its end (FR-003).
    pub picking_limit: TimeDelta,
    /// Longest time from a baking job's start to its end (FR-004).
    pub baking_limit: TimeDelta,
    /// Duration of each known preparation step.
    pub prep: BTreeMap<String, TimeDelta>,
    /// Expected duration of picking.
    pub picking: TimeDelta,
    /// Expected duration of baking.
    pub baking: TimeDelta,
    /// Expected duration of a delivery.
    pub delivery: TimeDelta,
    /// Added to every estimate.
    pub margin: TimeDelta,
    /// Half the width of the delivery window.
    pub window: TimeDelta,
}

impl Policy {
    /// The time that all of `steps` take; one that is not known takes none.
    pub fn prep_time(&self, steps: &[String]) -> TimeDelta {
        steps.iter().filter_map(|step| self.prep.get(step)).sum()
    }

    /// When to repeat a call after its `tries`th failure in a row.
    pub fn retry_at(
        &self,
        now: DateTime<Utc>,
        tries: u32,
        jitter: f64,
        retry_after: Option<TimeDelta>,
    ) -> DateTime<Utc> {
        let asked = retry_after.unwrap_or_default().clamp(TimeDelta::zero(), LONGEST_RETRY_AFTER);
        now + self.backoff.delay(tries, jitter).max(asked)
    }

    /// The time by which a job must be done; `None` while it has not started.
    pub fn deadline(&self, work: &Work) -> Option<DateTime<Utc>> {
        let Step::Working { started_at, .. } = work.step else { return None };
        match work.request {
            Request::Pick(_) => started_at.map(|at| at + self.picking_limit),
            Request::Bake { .. } => started_at.map(|at| at + self.baking_limit),
            Request::Deliver { until, .. } => Some(until),
        }
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a rough delay")]
fn scale(span: TimeDelta, factor: f64) -> TimeDelta {
    let micros = span.num_microseconds().unwrap_or(i64::MAX) as f64;
    TimeDelta::microseconds((micros * factor.clamp(0.0, 1.0)) as i64)
}
