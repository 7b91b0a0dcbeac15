//! The drones: 10 to 30 minutes a delivery at pace 1, by distance. Nobody waits for a drone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Draw, Failure, Plan, address::Address, check_choice, check_name, check_range};
use crate::{
    http::Refusal,
    robot::{Job, Phase},
    trade::Kind,
};

/// Where every drone takes off.
const BAKERY: Position = Position { latitude: 39.7817, longitude: -89.6501 };
/// The nearest and the farthest address, in kilometres.
const REACH: (f64, f64) = (1.0, 20.0);
/// What the way to these takes, in seconds at pace 1.
const WAY: (f64, f64) = (10.0 * 60.0, 30.0 * 60.0);
/// The part of the way's time that goes into loading, before take-off.
const LOADING: f64 = 0.1;
const KILOMETRES_PER_DEGREE: f64 = 111.2;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    package: Package,
    destination: Address,
    window: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    pie_type: String,
    size: String,
    weight_grams: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head<'a> {
    delivery_id: &'a str,
    drone_id: String,
    status: &'static str,
    eta: DateTime<Utc>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    departed_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<DateTime<Utc>>,
    location: Position,
    route: Route,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// Degrees north and east.
#[derive(Clone, Copy, Serialize)]
struct Position {
    latitude: f64,
    longitude: f64,
}

#[derive(Serialize)]
struct Route {
    origin: Position,
    destination: Position,
}

impl Request {
    pub(super) fn checked(self) -> Result<Self, Refusal> {
        check_name("package.pieType", &self.package.pie_type)?;
        check_choice("package.size", &self.package.size, &["small", "medium", "large"])?;
        check_range("package.weightGrams", self.package.weight_grams, 1..=10_000)?;
        check_window(&self.window)?;
        match self.destination.refusal() {
            Some(reason) => Err(Refusal::AddressRefused(reason)),
            None => Ok(self),
        }
    }

    pub(super) fn plan(&self) -> Plan {
        let way = self.kilometres();
        let share = (way - REACH.0) / (REACH.1 - REACH.0);
        let seconds = WAY.0 + (WAY.1 - WAY.0) * share;
        Plan { setup: seconds * LOADING, work: seconds * (1.0 - LOADING) }
    }

    fn kilometres(&self) -> f64 {
        self.place().between(REACH.0, REACH.1)
    }

    fn position(&self) -> Position {
        let degrees = self.kilometres() / KILOMETRES_PER_DEGREE;
        let bearing = self.place().bearing();
        Position {
            latitude: BAKERY.latitude + degrees * bearing.cos(),
            longitude: BAKERY.longitude
                + degrees * bearing.sin() / BAKERY.latitude.to_radians().cos(),
        }
    }

    /// No map: an address is always at the same, arbitrary place.
    fn place(&self) -> Draw {
        Draw::of("address", &self.destination.normalized())
    }
}

pub(super) fn head(job: &Job, phase: Phase, end: DateTime<Utc>) -> Head<'_> {
    Head {
        delivery_id: &job.fact.id,
        drone_id: format!("drone-{}", job.fact.unit),
        status: Kind::Delivery.status(phase),
        eta: end,
    }
}

pub(super) fn report<'a>(request: &Request, job: &'a Job, now: DateTime<Utc>) -> Report<'a> {
    let phase = job.phase(now);
    let destination = request.position();
    let part = job.part_done(now);
    Report {
        head: head(job, phase, job.end()),
        departed_at: job.started_at(now),
        delivered_at: job.done_at(now),
        location: Position {
            latitude: BAKERY.latitude + (destination.latitude - BAKERY.latitude) * part,
            longitude: BAKERY.longitude + (destination.longitude - BAKERY.longitude) * part,
        },
        route: Route { origin: BAKERY, destination },
        failure: Failure::of(phase),
    }
}

fn check_window(window: &str) -> Result<(), Refusal> {
    window
        .split_once('/')
        .and_then(|(start, end)| {
            let start = DateTime::parse_from_rfc3339(start).ok()?;
            let end = DateTime::parse_from_rfc3339(end).ok()?;
            (start < end).then_some(())
        })
        .ok_or_else(|| {
            Refusal::InvalidValue(
                "window must be START/END, two RFC 3339 times in order".to_owned(),
            )
        })
}
