//! The states of an order, each with its data.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};
use uuid::Uuid;

use crate::order::{Address, OrderId};
use crate::recipe::Pick;

/// The name of a state (FR-002), plus CANCELLED.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "UPPERCASE")]
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
    Cancelled,
}

impl Status {
    /// Every state, in the order of a pie's way.
    pub const ALL: [Self; 8] = [
        Self::Ordered,
        Self::Picking,
        Self::Prepping,
        Self::Baking,
        Self::Delivering,
        Self::Completed,
        Self::Error,
        Self::Cancelled,
    ];

    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// A part of the way on which work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the state of the same name")]
pub enum Stage {
    Picking,
    Prepping,
    Baking,
    Delivering,
}

impl Stage {
    /// The robot that does the stage's work; preparation needs none.
    pub fn robot(self) -> Option<Robot> {
        match self {
            Self::Picking => Some(Robot::Picker),
            Self::Prepping => None,
            Self::Baking => Some(Robot::Baker),
            Self::Delivering => Some(Robot::Delivery),
        }
    }

    /// The state that an order in this stage has.
    pub fn status(self) -> Status {
        match self {
            Self::Picking => Status::Picking,
            Self::Prepping => Status::Prepping,
            Self::Baking => Status::Baking,
            Self::Delivering => Status::Delivering,
        }
    }
}

/// The robot services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the robots of the specification")]
pub enum Robot {
    Picker,
    Baker,
    Delivery,
}

impl Robot {
    /// Every robot, in the order of a pie's way.
    pub const ALL: [Self; 3] = [Self::Picker, Self::Baker, Self::Delivery];

    /// The stage whose work the robot does.
    pub fn stage(self) -> Stage {
        match self {
            Self::Picker => Stage::Picking,
            Self::Baker => Stage::Baking,
            Self::Delivery => Stage::Delivering,
        }
    }

    /// The name in configuration and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Picker => "picker",
            Self::Baker => "baker",
            Self::Delivery => "delivery",
        }
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
    /// Stopped; waits for an administrator.
    Error(Failure),
    /// Ended without a pie; nothing of it runs any more.
    Cancelled,
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
            Self::Cancelled => Status::Cancelled,
        }
    }

    /// The robot's work under way, also behind an ERROR.
    pub fn work(&self) -> Option<&Work> {
        match self {
            Self::Picking(work) | Self::Baking(work) | Self::Delivering(work) => Some(work),
            Self::Error(failure) => failure.open.as_ref(),
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
    #[serde(default)]
    pub tries: u32,
    /// How often the robot forgot the job.
    #[serde(default)]
    pub lost: u32,
    /// Attempts in a row that were made without an administrator, after the first.
    #[serde(default)]
    pub repeats: u32,
}

impl Work {
    /// The stage that the work belongs to.
    pub fn stage(&self) -> Stage {
        self.request.stage()
    }

    /// The idempotency key: the same for every call of one (order, stage, attempt), and opaque.
    pub fn key(&self, order: OrderId) -> Uuid {
        let name = format!("{}/{}", self.stage().status(), self.attempt);
        Uuid::new_v5(&order.0, name.as_bytes())
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
        /// When the robot expects to be done.
        eta: DateTime<Utc>,
    },
    /// The job is to be cancelled.
    Cancelling {
        /// The job.
        job: Job,
        /// Why.
        because: Because,
    },
}

/// Why a job is cancelled; decides what follows once it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It was not done in time.
    TimedOut,
    /// An administrator wants a fresh attempt.
    Retry,
    /// The order ends, or goes on without it.
    Unwanted,
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

impl Job {
    /// The robot's name for the job.
    pub fn id(&self) -> &str {
        match self {
            Self::Pick { id } | Self::Bake { id, .. } | Self::Deliver { id, .. } => id,
        }
    }

    /// The stage that the job belongs to.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Pick { .. } => Stage::Picking,
            Self::Bake { .. } => Stage::Baking,
            Self::Deliver { .. } => Stage::Delivering,
        }
    }
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

impl Request {
    /// The stage that the request belongs to.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Pick(_) => Stage::Picking,
            Self::Bake { .. } => Stage::Baking,
            Self::Deliver { .. } => Stage::Delivering,
        }
    }
}

/// Why an order is in ERROR.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The stage that failed.
    pub stage: Stage,
    /// A code such as `BURNT`.
    pub code: String,
    /// For the customer, in plain words.
    pub message: String,
    /// For the administrator: what exactly happened.
    pub detail: String,
    /// A job of which it is not known that it is over.
    pub open: Option<Work>,
    /// The stage is to be skipped as soon as its open job is over.
    #[serde(default)]
    pub skip: bool,
}
