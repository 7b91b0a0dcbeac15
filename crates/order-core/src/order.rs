//! The order: what was asked for, by whom, and how far it has come.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::estimate;
use crate::recipe::Recipe;
use crate::retry::Policy;
use crate::state::{Stage, State, Status};
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

/// How many jobs each robot stage has begun. Never reset, so no idempotency key is used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// Jobs of the fruit picker.
    pub picking: u32,
    /// Jobs of the baker.
    pub baking: u32,
    /// Jobs of the delivery drones.
    pub delivering: u32,
}

impl Attempts {
    /// The number of the stage's latest job, 0 before the first.
    pub fn of(&self, stage: Stage) -> u32 {
        match stage {
            Stage::Picking => self.picking,
            Stage::Prepping => 0,
            Stage::Baking => self.baking,
            Stage::Delivering => self.delivering,
        }
    }

    pub(crate) fn next(&mut self, stage: Stage) -> u32 {
        let counter = match stage {
            Stage::Picking => &mut self.picking,
            Stage::Prepping => return 0,
            Stage::Baking => &mut self.baking,
            Stage::Delivering => &mut self.delivering,
        };
        *counter += 1;
        *counter
    }
}

/// The latest job of each robot, as the robot named it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobIds {
    /// The fruit picker's job.
    pub picker: Option<String>,
    /// The baker's job.
    pub baker: Option<String>,
    /// The delivery.
    pub delivery: Option<String>,
}

/// What the state machine itself works on; stored as one document beside the order's columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// The state with its data.
    pub state: State,
    /// The jobs begun so far.
    pub attempts: Attempts,
    /// The order is to end in CANCELLED as soon as nothing of it runs any more.
    #[serde(default)]
    pub cancel_requested: bool,
}

impl Workflow {
    /// The version of the stored form. An engine claims only what it can read.
    pub const FORMAT: i16 = 1;
}

/// One order.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Identity.
    pub id: OrderId,
    /// Who ordered.
    pub customer: Customer,
    /// Where it goes.
    pub address: Address,
    /// The recipe as it was when the order was accepted.
    pub recipe: Arc<Recipe>,
    /// State, attempts and the wish to cancel.
    pub workflow: Workflow,
    /// The robots' names for the latest jobs.
    pub job_ids: JobIds,
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
    /// Counts the edits of contact and address.
    pub edits: i32,
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

impl Order {
    /// A new order in ORDERED, due at once, with the first entry of its history.
    pub fn place(
        id: OrderId,
        customer: Customer,
        address: Address,
        recipe: Arc<Recipe>,
        now: DateTime<Utc>,
        policy: &Policy,
    ) -> Transition {
        let promised = estimate::at_creation(&recipe, now, policy);
        let order = Self {
            id,
            customer,
            address,
            recipe,
            workflow: Workflow {
                state: State::Ordered,
                attempts: Attempts::default(),
                cancel_requested: false,
            },
            job_ids: JobIds::default(),
            estimated_delivery: promised,
            promised_delivery: promised,
            created_at: now,
            updated_at: now,
            wake_at: Some(now),
            version: 1,
            edits: 0,
            seq: 1,
        };
        let entry =
            Entry { seq: 1, from: None, to: Status::Ordered, at: now, note: None, error: None };
        Transition { order, entry: Some(entry) }
    }

    /// The state with its data.
    pub fn state(&self) -> &State {
        &self.workflow.state
    }

    /// The name of the state.
    pub fn status(&self) -> Status {
        self.workflow.state.status()
    }

    /// The time that a change made `now` is recorded with: history times rise strictly.
    pub(crate) fn tick(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.max(self.updated_at + TimeDelta::microseconds(1))
    }
}
