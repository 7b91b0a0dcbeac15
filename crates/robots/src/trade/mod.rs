//! What the robots do: a module for each trade, and what the three have in common.

mod address;
mod baker;
mod delivery;
mod draw;
mod picker;

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub(crate) use draw::Draw;

use crate::{
    http::Refusal,
    robot::{Job, Phase},
};

/// Which robot it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Harvests fruit.
    Picker,
    /// Bakes pies in a finite number of ovens.
    Baker,
    /// Flies packages to addresses.
    Delivery,
}

/// What a robot is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Request {
    Pick(picker::Request),
    Bake(baker::Request),
    Deliver(delivery::Request),
}

/// How long a job takes, in seconds at pace 1: first `setup`, then `work`.
pub(crate) struct Plan {
    pub(crate) setup: f64,
    pub(crate) work: f64,
}

/// Why a job came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum FailureCode {
    IngredientShortage,
    Burnt,
    OvenFault,
    Weather,
    DroneFault,
}

#[derive(Serialize)]
pub(crate) struct Failure {
    code: FailureCode,
    message: &'static str,
}

impl Kind {
    /// The name in `/healthz`, on the command line and of the journal file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Picker => "picker",
            Self::Baker => "baker",
            Self::Delivery => "delivery",
        }
    }

    /// Where jobs are submitted, and where they are asked after.
    pub(crate) fn paths(self) -> (&'static str, &'static str) {
        match self {
            Self::Picker => ("/api/v1/pick-fruit", "/api/v1/jobs/{id}"),
            Self::Baker => ("/api/v1/bake", "/api/v1/jobs/{id}"),
            Self::Delivery => ("/api/v1/deliveries", "/api/v1/deliveries/{id}"),
        }
    }

    /// An identifier for the job of this key. It depends on nothing else, so that it stays the same
    /// when a robot that lost its journal is asked again.
    pub(crate) fn job_id(self, key: &str) -> String {
        let prefix = match self {
            Self::Picker => "pick_",
            Self::Baker => "bake_",
            Self::Delivery => "del_",
        };
        prefix.to_owned() + &Draw::of(self.name(), key).hex()
    }

    /// What the wire calls a phase.
    pub(crate) fn status(self, phase: Phase) -> &'static str {
        match (phase, self) {
            (Phase::Waiting, Self::Delivery) => "ASSIGNED",
            (Phase::Waiting, _) => "QUEUED",
            (Phase::Working, Self::Delivery) => "IN_TRANSIT",
            (Phase::Working, _) => "IN_PROGRESS",
            (Phase::Done, Self::Delivery) => "DELIVERED",
            (Phase::Done, _) => "COMPLETED",
            (Phase::Failed(_), _) => "FAILED",
            (Phase::Cancelled, _) => "CANCELLED",
        }
    }

    /// What can go wrong with a job, each as likely as the others.
    pub(crate) fn failures(self) -> &'static [FailureCode] {
        match self {
            Self::Picker => &[FailureCode::IngredientShortage],
            Self::Baker => &[FailureCode::Burnt, FailureCode::OvenFault],
            Self::Delivery => &[FailureCode::Weather, FailureCode::DroneFault],
        }
    }
}

impl Request {
    /// Reads and checks a submission.
    pub(crate) fn parse(kind: Kind, json: &[u8]) -> Result<Self, Refusal> {
        Ok(match kind {
            Kind::Picker => Self::Pick(read::<picker::Request>(json)?.checked()?),
            Kind::Baker => Self::Bake(read::<baker::Request>(json)?.checked()?),
            Kind::Delivery => Self::Deliver(read::<delivery::Request>(json)?.checked()?),
        })
    }

    pub(crate) fn plan(&self, draw: &Draw) -> Plan {
        match self {
            Self::Pick(_) => Plan { setup: 0.0, work: draw.between(30.0, 60.0) },
            Self::Bake(_) => Plan { setup: 0.0, work: draw.between(15.0 * 60.0, 20.0 * 60.0) },
            Self::Deliver(request) => request.plan(),
        }
    }
    /// The answer that this job's submission got, now and whenever it is repeated.
    pub(crate) fn answer(&self, job: &Job) -> Result<Vec<u8>, Refusal> {
        let (phase, end) = job.at_acceptance();
        match self {
            Self::Pick(_) => json(&picker::head(job, phase, end)),
            Self::Bake(_) => json(&baker::head(job, phase, end)),
            Self::Deliver(_) => json(&delivery::head(job, phase, end)),
        }
    }

    /// The answer to somebody who asks after this job.
    pub(crate) fn report(&self, job: &Job, now: DateTime<Utc>) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Pick(request) => json(&picker::report(request, job, now)),
            Self::Bake(_) => json(&baker::report(job, now)),
            Self::Deliver(request) => json(&delivery::report(request, job, now)),
        }
    }
}

impl FailureCode {
    fn message(self) -> &'static str {
        match self {
            Self::IngredientShortage => "The orchard has run out of this fruit",
            Self::Burnt => "The pie is burnt",
            Self::OvenFault => "The oven broke down",
            Self::Weather => "The weather does not let drones fly",
            Self::DroneFault => "The drone broke down",
        }
    }
}

impl Failure {
    fn of(phase: Phase) -> Option<Self> {
        match phase {
            Phase::Failed(code) => Some(Self { code, message: code.message() }),
            _ => None,
        }
    }
}

/// A name of something: not blank, no control characters, not too long for a label.
fn check_name(field: &str, value: &str) -> Result<(), Refusal> {
    let fine = !value.trim().is_empty()
        && value.chars().count() <= 50
        && !value.chars().any(char::is_control);
    fine.then_some(()).ok_or_else(|| {
        Refusal::InvalidValue(format!("{field} must be 1 to 50 printable characters"))
    })
}

fn check_range(field: &str, value: i64, range: RangeInclusive<i64>) -> Result<(), Refusal> {
    range.contains(&value).then_some(()).ok_or_else(|| {
        Refusal::InvalidValue(format!("{field} must be {} to {}", range.start(), range.end()))
    })
}

fn check_choice(field: &str, value: &str, choices: &[&str]) -> Result<(), Refusal> {
    choices.contains(&value).then_some(()).ok_or_else(|| {
        Refusal::InvalidValue(format!("{field} must be one of: {}", choices.join(", ")))
    })
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(json).map_err(|error| Refusal::Malformed(error.to_string()))
}

fn json(answer: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(answer).map_err(|_| Refusal::Unavailable)
}
