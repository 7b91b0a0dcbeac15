//! When the pie will be at the door.

use chrono::{DateTime, TimeDelta, Utc};

use crate::order::Order;
use crate::recipe::Recipe;
use crate::retry::Policy;
use crate::state::Status;

/// The estimate for an order that is accepted `now`.
pub fn at_creation(recipe: &Recipe, now: DateTime<Utc>, policy: &Policy) -> DateTime<Utc> {
    now + ahead(Status::Ordered, recipe, policy)
}

/// The usual time from the entry into a state to the door.
pub(crate) fn ahead(status: Status, recipe: &Recipe, policy: &Policy) -> TimeDelta {
    let prep = policy.prep_time(&recipe.prep_steps);
    let delivery = policy.delivery + policy.margin;
    match status {
        Status::Ordered | Status::Picking => policy.picking + prep + policy.baking + delivery,
        Status::Prepping => prep + policy.baking + delivery,
        Status::Baking => policy.baking + delivery,
        Status::Delivering => delivery,
        Status::Completed | Status::Error => TimeDelta::zero(),
    }
}

impl Order {
    /// Seconds until the estimated delivery, at least 0; `None` when none is under way.
    pub fn seconds_remaining(&self, now: DateTime<Utc>) -> Option<i64> {
        let ends = matches!(self.status(), Status::Completed | Status::Error);
        (!ends).then(|| (self.estimated_delivery - now).num_seconds().max(0))
    }

    /// Whether the time promised at creation has passed without a delivery.
    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        let until = if self.status() == Status::Completed { self.updated_at } else { now };
        until > self.promised_delivery
    }
}
