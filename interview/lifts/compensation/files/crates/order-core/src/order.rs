//! The order: what was asked for, by whom, and how far it has come.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::recipe::Recipe;
use crate::retry::Policy;
use crate::state::{State, Status};
use crate::transition::{Entry, Transition};

/// The identity of an order: a `UUIDv7`, so that ids sort by the time of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub Uuid);

/// Who ordered. Contact data: never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Full name, at most 255 characters.
    pub name: String,
    /// E-mail address, at most 255 characters.
    pub email: String,
    /// Phone number, at most 20 characters.
    pub phone: String,
}

/// Where the pie goes. Contact data: never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// House number and street, at most 255 characters.
    pub street: String,
    /// City, at most 100 characters.
    pub city: String,
    /// US state, two capital letters.
    pub state: String,
    /// US zip code, `12345` or `12345-6789`.
    pub zip: String,
}

impl std::fmt::Debug for Customer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Customer(***)")
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(***)")
    }
}

/// One order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Identity.
    pub id: OrderId,
    /// Who ordered.
    pub customer: Customer,
    /// Where it goes.
    pub address: Address,
    /// The recipe as it was when the order was accepted.
    pub recipe: Arc<Recipe>,
    /// The state, with what is known of the robot's work.
    pub(crate) state: State,
    /// When the pie is expected at the door, by what is known now.
    pub estimated_delivery: DateTime<Utc>,
    /// The estimate that was given at creation; past it, the order is late.
    pub promised_delivery: DateTime<Utc>,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Time of the latest change; strictly rising.
    pub updated_at: DateTime<Utc>,
    /// When something is due; `None` when nothing is.
    pub wake_at: Option<DateTime<Utc>>,
    /// Counts every change; guards every update.
    pub version: i64,
    /// The number of the latest history entry, from 1.
    pub seq: i32,
}

/// When something happens, and the draw of randomness that goes with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The time.
    pub now: DateTime<Utc>,
    /// Uniform in 0.0..1.0, for jitter.
    pub jitter: f64,
}

/// It is too late to change contact or address: the order is in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an order in {0} cannot be changed any more")]
pub struct Refusal(pub Status);

impl Order {
    /// A new order in ORDERED, due at once, with the first entry of its history.
    pub fn place(
        id: OrderId,
        customer: Customer,
        address: Address,
        recipe: Arc<Recipe>,
        now: DateTime<Utc>,
        policy: &Policy,
    ) -> (Self, Entry) {
        let promised = now + policy.ahead(Status::Ordered, &recipe);
        let order = Self {
            id,
            customer,
            address,
            recipe,
            state: State::Ordered,
            estimated_delivery: promised,
            promised_delivery: promised,
            created_at: now,
            updated_at: now,
            wake_at: Some(now),
            version: 1,
            seq: 1,
        };
        let entry =
            Entry { seq: 1, from: None, to: Status::Ordered, at: now, note: None, error: None };
        (order, entry)
    }

    /// Changes contact, address or both.
    pub fn edit(
        &self,
        customer: Option<Customer>,
        address: Option<Address>,
        now: DateTime<Utc>,
    ) -> Result<Transition, Refusal> {
        match self.status() {
            status @ (Status::Delivering | Status::Completed) => Err(Refusal(status)),
            status => {
                let mut next = self.clone();
                next.customer = customer.unwrap_or(next.customer);
                next.address = address.unwrap_or(next.address);
                let note = Some("contact or address changed".into());
                Ok(next.recorded(status, self.tick(now), note, None))
            }
        }
    }

    /// The state with its data.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The name of the state.
    pub fn status(&self) -> Status {
        self.state.status()
    }

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

    /// The time that a change made `now` is recorded with: history times rise strictly.
    pub(crate) fn tick(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.max(self.updated_at + TimeDelta::microseconds(1))
    }
}
