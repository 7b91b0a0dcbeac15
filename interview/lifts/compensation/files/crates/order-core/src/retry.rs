//! When to try again, and how long things take: the policy.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::order::Moment;
use crate::recipe::Recipe;
use crate::state::{Request, Status, Step, Work};

/// Limits and times. Durations of the kitchen are already divided by the pace.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Calls of one step before the order goes to ERROR, at least 1.
    pub tries: u32,
    /// The widest delay after the first failed call, in real time.
    pub retry_base: Duration,
    /// The widest delay at all, in real time.
    pub retry_cap: Duration,
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

    /// The usual time from the entry into a state to the door.
    pub fn ahead(&self, status: Status, recipe: &Recipe) -> TimeDelta {
        let prep = self.prep_time(&recipe.prep_steps);
        let delivery = self.delivery + self.margin;
        match status {
            Status::Ordered | Status::Picking => self.picking + prep + self.baking + delivery,
            Status::Prepping => prep + self.baking + delivery,
            Status::Baking => self.baking + delivery,
            Status::Delivering => delivery,
            Status::Completed | Status::Error => TimeDelta::zero(),
        }
    }

    /// When to call again after the `tries`th failure in a row: exponential backoff with full
    /// jitter. Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    pub fn retry_at(&self, at: Moment, tries: u32) -> DateTime<Utc> {
        let doubled = self.retry_base.saturating_mul(2_u32.saturating_pow(tries - 1));
        at.now + doubled.min(self.retry_cap).mul_f64(at.jitter)
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
