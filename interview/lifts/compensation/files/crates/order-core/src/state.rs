//! The states of an order, each with its data.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

use crate::order::{Address, OrderId};
use crate::recipe::Pick;

/// The name of a state (FR-002).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "UPPERCASE")]
#[expect(missing_docs, reason = "each name is the specification's own")]
pub enum Status {
    Ordered,
    Picking,
    Prepping,
    Baking,
    Delivering,
    Completed,
    Error,
}

impl Status {
    /// Every state, in the order of a pie's way.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// A state with its data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "UPPERCASE")]
pub enum State {
    /// Accepted, nothing begun.
    Ordered,
    /// The fruit picker is at work, or about to be called.
    Picking(Work),
    /// Ingredients are being prepared.
    Prepping {
        /// When the preparation is done.
        until: DateTime<Utc>,
    },
    /// The baker is at work, or about to be called.
    Baking(Work),
    /// The drone is at work, or about to be called.
    Delivering(Work),
    /// At the doorstep.
    Completed,
    /// Stopped for good.
    Error(Failure),
}

impl State {
    /// The name of the state.
    pub fn status(&self) -> Status {
        match self {
            Self::Ordered => Status::Ordered,
            Self::Picking(_) => Status::Picking,
            Self::Prepping { .. } => Status::Prepping,
            Self::Baking(_) => Status::Baking,
            Self::Delivering(_) => Status::Delivering,
            Self::Completed => Status::Completed,
            Self::Error(_) => Status::Error,
        }
    }

    /// The robot's work under way.
    pub fn work(&self) -> Option<&Work> {
        match self {
            Self::Picking(work) | Self::Baking(work) | Self::Delivering(work) => Some(work),
            _ => None,
        }
    }
}

/// One attempt of a robot stage: the request that was committed before the first call, and how far
/// its job has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The number of the job for this order and stage, from 1.
    pub attempt: u32,
    /// What the robot is asked for; the same at every repetition of the call.
    pub request: Request,
    /// Where the job stands.
    pub step: Step,
    /// Calls of this step that failed in a row.
    pub tries: u32,
}

impl Work {
    /// The idempotency key: the same for every call of one (order, stage, attempt), and opaque.
    pub fn key(&self, order: OrderId, stage: Status) -> Uuid {
        Uuid::new_v5(&order.0, format!("{stage}/{}", self.attempt).as_bytes())
    }
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "lowercase")]
pub enum Step {
    /// The robot is to be asked for the job; whether an earlier call arrived is not known.
    Calling,
    /// The robot has the job.
    Working {
        /// The job.
        job: Job,
        /// When the robot was first known to be at it; its time limit runs from here.
        started_at: Option<DateTime<Utc>>,
    },
}

/// A robot's job. A baking job without an oven cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Job {
    /// The fruit picker's.
    Pick {
        /// The robot's name for it.
        id: String,
    },
    /// The baker's.
    Bake {
        /// The robot's name for it.
        id: String,
        /// The oven it was given.
        oven: String,
    },
    /// The delivery drones'.
    Deliver {
        /// The robot's name for it.
        id: String,
        /// The drone it was given.
        drone: String,
    },
}

/// What a robot is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Request {
    /// FR-003: the ingredients.
    Pick(Pick),
    /// FR-004: the oven.
    Bake {
        /// The pie's key in the catalog.
        pie_type: String,
        /// Degrees Fahrenheit, by the recipe.
        temperature: u32,
        /// Minutes, by the recipe.
        duration: u32,
    },
    /// FR-005: the drone.
    Deliver {
        /// The pie's key in the catalog.
        pie_type: String,
        /// The doorstep.
        destination: Address,
        /// Earliest arrival.
        from: DateTime<Utc>,
        /// Latest arrival.
        until: DateTime<Utc>,
    },
}

/// Why an order is in ERROR.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// A code such as `BURNT`.
    pub code: String,
    /// For the customer, in plain words.
    pub message: String,
    /// For the administrator: what exactly happened.
    pub detail: String,
}
