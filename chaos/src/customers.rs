//! Customers: they order, repeat what was not answered, and some change their minds.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use crate::client::Call;
use crate::run::World;

/// Words of the contact data, which no log may contain.
pub(crate) const CONTACT: [&str; 4] = ["Featherstone", "jam.example", "+1-555-01", "Gooseberry"];

const PIES: [&str; 5] = ["apple", "cherry", "pumpkin", "pecan", "blueberry"];
/// Places with ZIP codes that belong to their states.
const PLACES: [(&str, &str, &str); 4] = [
    ("Springfield", "IL", "62701"),
    ("Bridgeport", "CT", "06604"),
    ("Flagstaff", "AZ", "86001"),
    ("Bakersfield", "CA", "93301"),
];
/// Orders under way at once from the customers' point of view.
const AT_ONCE: usize = 256;
/// How long a customer goes on after the faults have ended.
const PATIENCE: Duration = Duration::from_mins(1);

/// Places all orders, evenly over the time of the run.
pub(crate) async fn order(world: &World<'_>) {
    let orders = stream::iter(0..world.orders).map(|number| one(world, number));
    orders.buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// The key under which the order of this number is placed.
pub(crate) fn key(seed: u64, number: u64) -> String {
    format!("chaos-{seed}-{number}")
}

async fn one(world: &World<'_>, number: u64) {
    let mut rng = StdRng::seed_from_u64(world.seed.wrapping_add(number << 20));
    let share = u32::try_from(number).unwrap_or_default();
    let all = u32::try_from(world.orders).unwrap_or_default().max(1);
    let due = world.begin + world.time.mul_f64(f64::from(share) / f64::from(all));
    sleep_until(due).await;
    let Some(id) = place(world, number, &mut rng).await else { return };
    if rng.random_bool(0.2) {
        // Somebody presses the button once more.
        place(world, number, &mut rng).await;
    }
    if rng.random_bool(0.12) {
        sleep(Duration::from_millis(rng.random_range(0..6_000))).await;
        cancel(world, &id, &mut rng).await;
    }
}

/// Repeats the order with the same key, at whichever process, until it is answered.
async fn place(world: &World<'_>, number: u64, rng: &mut StdRng) -> Option<String> {
    let (key, body) = (key(world.seed, number), body(world.seed, number).to_string());
    let headers = [("idempotency-key", key.as_str())];
    let begin = Instant::now();
    world.tally.seen().promises.sent.insert(number);
    loop {
        let call =
            Call { method: "POST", path: "/api/orders", headers: &headers, body: Some(&body) };
        let answer = call.to(world.shop(rng)).await;
        world.tally.answer("POST /api/orders", answer.as_ref().ok());
        match answer {
            Ok(reply) if reply.status == 201 => {
                let id = reply.body["orderId"].as_str().unwrap_or_default().to_owned();
                world.tally.placed(number, &id, begin.elapsed());
                return Some(id);
            }
            Ok(reply) if reply.status != 503 => {
                let (status, body) = (reply.status, reply.body);
                world.tally.violation(format!("order {number} was answered {status}: {body}"));
                return None;
            }
            _ if Instant::now() > world.end() + PATIENCE => {
                world.tally.violation(format!("order {number} was never answered"));
                return None;
            }
            _ => sleep(Duration::from_millis(rng.random_range(50..400))).await,
        }
    }
}

/// An acknowledged cancellation is a promise.
async fn cancel(world: &World<'_>, id: &str, rng: &mut StdRng) {
    let path = format!("/api/orders/{id}/cancel");
    for _ in 0..20 {
        let call = Call { method: "POST", path: &path, headers: &[], body: None };
        let answer = call.to(world.shop(rng)).await;
        world.tally.answer("POST /api/orders/{id}/cancel", answer.as_ref().ok());
        match answer.map(|reply| (reply.status, reply.body)) {
            Ok((200 | 202, _)) => {
                world.tally.seen().promises.cancelled.insert(id.to_owned());
                return;
            }
            Ok((409, _)) => return,
            Ok((503, _)) | Err(_) => {
                sleep(Duration::from_millis(rng.random_range(50..400))).await;
            }
            Ok((status, body)) => {
                world.tally.violation(format!("cancelling {id} was answered {status}: {body}"));
                return;
            }
        }
    }
}

/// A few addresses are nowhere, so that the drones refuse them.
fn body(seed: u64, number: u64) -> Value {
    let mut rng = StdRng::seed_from_u64(seed ^ (number << 20));
    let pie = PIES.choose(&mut rng).unwrap_or(&PIES[0]);
    let (city, state, zip) = PLACES.choose(&mut rng).unwrap_or(&PLACES[0]);
    let zip = if rng.random_bool(0.02) { "00001" } else { zip };
    json!({
        "pieType": pie,
        "customer": customer(number, number),
        "deliveryAddress": {
            "street": format!("{} Gooseberry Lane", number % 900 + 1),
            "city": city,
            "state": state,
            "zip": zip,
        },
    })
}

/// Contact data that changes with `version`.
pub(crate) fn customer(number: u64, version: u64) -> Value {
    json!({
        "name": format!("Quentin Featherstone {number}"),
        "email": format!("quentin{number}@jam.example"),
        "phone": phone(version),
    })
}

/// A telephone number that tells which version of the contact it is of.
pub(crate) fn phone(version: u64) -> String {
    format!("+1-555-01{:06}", version % 1_000_000)
}
