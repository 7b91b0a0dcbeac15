//! The drones: 10 to 30 minutes a delivery at pace 1, by distance. Nobody waits for a drone.

use chrono::DateTime;
use serde_json::{Value, json};

use super::{Draw, Trade, address, choice, label, number, take};

pub(super) static TRADE: Trade = Trade {
    name: "delivery",
    id_prefix: "del_",
    paths: ["/api/v1/deliveries", "/api/v1/deliveries/{id}"],
    states: ["ASSIGNED", "IN_TRANSIT", "DELIVERED", "FAILED", "CANCELLED"],
    failures: &[("WEATHER", "The wind is too strong"), ("DRONE_FAULT", "The drone broke down")],
    has_ovens: false,
    read: |body| {
        let package = &body["package"];
        Ok(json!({
            "package": {
                "pieType": label(package, "pieType")?,
                "size": choice(package, "size", &["small", "medium", "large"])?,
                "weightGrams": number(package, "weightGrams", 1..=10_000)?,
            },
            "destination": address::read(&body["destination"])?,
            "window": take("window", body["window"].as_str(), "START/END, in order", is_window)?,
        }))
    },
    time: |request, _| {
        let seconds = place(request).between(0, WAY.0, WAY.1);
        (seconds * LOADING, seconds * (1.0 - LOADING))
    },
    report: |job, request, now| {
        let place = |part| position(request, part);
        json!({
            "deliveryId": job.id,
            "droneId": format!("drone-{}", job.unit),
            "eta": job.promised(),
            "departedAt": job.started_at(now),
            "deliveredAt": job.done_at(now),
            "location": place(job.part_done(now)),
            "route": { "origin": place(0.0), "destination": place(1.0) },
        })
    },
    answer: &["deliveryId", "droneId", "status", "eta"],
};

/// Where every drone takes off, in degrees north and east.
const BAKERY: (f64, f64) = (39.7817, -89.6501);
/// The nearest and the farthest address, in kilometres.
const REACH: (f64, f64) = (1.0, 20.0);
/// What the way to these takes, in seconds at pace 1.
const WAY: (f64, f64) = (10.0 * 60.0, 30.0 * 60.0);
/// The share of this time that passes before the drone is loaded and takes off.
const LOADING: f64 = 0.1;
const KILOMETRES_PER_DEGREE: f64 = 111.2;

/// Where the drone is when it has made this part of its way.
fn position(request: &Value, part: f64) -> Value {
    let degrees = part * place(request).between(0, REACH.0, REACH.1) / KILOMETRES_PER_DEGREE;
    let (sine, cosine) = place(request).between(1, 0.0, std::f64::consts::TAU).sin_cos();
    let east = degrees * sine / BAKERY.0.to_radians().cos();
    json!({ "latitude": BAKERY.0 + degrees * cosine, "longitude": BAKERY.1 + east })
}

/// There is no map: an address is always at the same, arbitrary place.
fn place(request: &Value) -> Draw {
    Draw::of("address", &address::normalized(&request["destination"]))
}

fn is_window(text: &&str) -> bool {
    let (start, end) = text.split_once('/').unwrap_or_default();
    matches!([start, end].map(DateTime::parse_from_rfc3339), [Ok(start), Ok(end)] if start < end)
}
