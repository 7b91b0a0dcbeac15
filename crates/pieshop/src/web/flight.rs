//! The drone's way to the door, drawn and in words.

use chrono::{DateTime, Utc};
use order_core::{Job, Order, State, Step};

/// The drone on its way, on a map of 400 by 220.
pub(super) struct Flight {
    pub(super) drone: String,
    pub(super) percent: i64,
    pub(super) from_x: i64,
    pub(super) from_y: i64,
    pub(super) to_x: i64,
    pub(super) to_y: i64,
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) words: String,
}

impl Flight {
    /// The drone of `order`, where it is under way.
    pub(super) fn of(order: &Order, now: DateTime<Utc>) -> Option<Self> {
        let State::Delivering(work) = order.state() else { return None };
        let Step::Working { job: Job::Deliver { drone, .. }, started_at, eta } = &work.step else {
            return None;
        };
        // Until the robot has told, the drone counts as under way since it took the job.
        let flown = percent(started_at.unwrap_or(order.updated_at), *eta, now);
        let (from_x, from_y) = (58, 40);
        let (to_x, to_y) = destination(&order.address.street);
        let between = |from: i64, to: i64| from + (to - from) * flown / 100;
        Some(Self {
            drone: drone.clone(),
            percent: flown,
            from_x,
            from_y,
            to_x,
            to_y,
            x: between(from_x, to_x),
            y: between(from_y, to_y),
            words: match flown {
                0 => "The drone is being loaded at the bakery.".into(),
                1..50 => format!("The drone has left the bakery: {flown} % of the way."),
                50..95 => format!("The drone is closer to you than to us: {flown} % of the way."),
                _ => "The drone is about to land at your door.".into(),
            },
        })
    }
}

/// How much of a flight is over; it has arrived only when the robot says so.
fn percent(from: DateTime<Utc>, to: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let whole = (to - from).num_milliseconds().max(1);
    ((now - from).num_milliseconds().saturating_mul(100) / whole).clamp(1, 99)
}

/// A crossing of the drawn city: always the same for the same street.
fn destination(street: &str) -> (i64, i64) {
    const CROSSINGS: [(i64, i64); 6] =
        [(206, 188), (284, 124), (352, 188), (284, 40), (352, 124), (206, 124)];
    let sum: usize = street.bytes().map(usize::from).sum();
    CROSSINGS[sum % CROSSINGS.len()]
}
