//! When the pie will be at the door.

use chrono::{DateTime, TimeDelta, Utc};

use crate::order::Order;
use crate::recipe::Recipe;
use crate::retry::Policy;
use crate::state::{Stage, State, Status, Step, Work};

/// The estimate for an order that is accepted `now`.
pub fn at_creation(recipe: &Recipe, now: DateTime<Utc>, policy: &Policy) -> DateTime<Utc> {
    now + policy.picking + after(Stage::Picking, recipe, policy)
}

/// The estimate for an order in `state` by what is known `now`; `None` where there is nothing to
/// expect.
pub(crate) fn of(
    state: &State,
    recipe: &Recipe,
    now: DateTime<Utc>,
    policy: &Policy,
) -> Option<DateTime<Utc>> {
    let expected = |work: &Work, usual: TimeDelta| match work.step {
        Step::Working { eta, .. } => eta.max(now),
        _ => now + usual,
    };
    match state {
        State::Ordered => Some(at_creation(recipe, now, policy)),
        State::Picking(work) => {
            Some(expected(work, policy.picking) + after(Stage::Picking, recipe, policy))
        }
        State::Prepping { until } => Some(*until + after(Stage::Prepping, recipe, policy)),
        State::Baking(work) => {
            Some(expected(work, policy.baking) + after(Stage::Baking, recipe, policy))
        }
        State::Delivering(work) => Some(match work.step {
            Step::Working { eta, .. } => eta.max(now),
            _ => now + policy.delivery + policy.margin,
        }),
        State::Completed => Some(now),
        State::Error(_) | State::Cancelled => None,
    }
}

/// What still follows once `stage` is done.
fn after(stage: Stage, recipe: &Recipe, policy: &Policy) -> TimeDelta {
    let prep = policy.prep_time(&recipe.prep_steps).unwrap_or_default();
    let flight = policy.delivery + policy.margin;
    match stage {
        Stage::Picking => prep + policy.baking + flight,
        Stage::Prepping => policy.baking + flight,
        Stage::Baking => flight,
        Stage::Delivering => TimeDelta::zero(),
    }
}

impl Order {
    /// Seconds until the estimated delivery, at least 0; `None` when none is under way.
    pub fn seconds_remaining(&self, now: DateTime<Utc>) -> Option<i64> {
        let ends = matches!(self.status(), Status::Completed | Status::Error | Status::Cancelled);
        (!ends && !self.workflow.cancel_requested)
            .then(|| (self.estimated_delivery - now).num_seconds().max(0))
    }

    /// Whether the time promised at creation has passed without a delivery.
    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        match self.status() {
            Status::Completed => self.updated_at > self.promised_delivery,
            Status::Cancelled => false,
            _ => now > self.promised_delivery,
        }
    }
}
