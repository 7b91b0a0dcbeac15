//! The administrators: they change contacts and put orders in ERROR right while everything breaks.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::client::{self, Call, Reply, TOKEN};
use crate::customers::{customer, phone};
use crate::run::World;

/// Works until the faults end.
pub(crate) async fn work(world: &World<'_>) {
    let mut rng = StdRng::seed_from_u64(world.seed.wrapping_add(1));
    while Instant::now() < world.end() {
        sleep(Duration::from_millis(rng.random_range(50..300))).await;
        match rng.random_range(0..10) {
            0..6 => edit(world, &mut rng).await,
            6..9 => recover_one(world, &mut rng).await,
            _ => recover_all(world, &mut rng).await,
        }
    }
}

/// Reads one of the latest orders and changes its contact.
async fn edit(world: &World<'_>, rng: &mut StdRng) {
    let placed: Vec<(u64, String)> = {
        let seen = world.tally.seen();
        seen.promises
            .placed
            .iter()
            .rev()
            .take(100)
            .map(|(number, id)| (*number, id.clone()))
            .collect()
    };
    let Some((number, id)) = placed.choose(rng) else { return };
    let path = format!("/api/orders/{id}");
    let Ok(read) = client::get(world.shop(rng), &path, TOKEN).await else { return };
    world.tally.answer("GET /api/orders/{id}", Some(&read));
    if read.status == 404 {
        return world.tally.violation(format!("{id} was answered 201 and is not found"));
    }
    let Some(etag) = read.etag else { return };
    let version = rng.random_range(0..1_000_000);
    let mut change = json!({ "customer": customer(*number, version) });
    if read.body["failure"]["code"] == "ADDRESS_REFUSED" {
        let mut address = read.body["deliveryAddress"].clone();
        (address["state"], address["zip"]) = ("IL".into(), "62701".into());
        change["deliveryAddress"] = address;
    }
    let answer = send(world, rng, "PATCH", &path, Some(&etag), &change).await;
    if let Some(Reply { status: 200, etag: Some(etag), .. }) = answer
        && let Ok(edits) = etag.trim_matches('"').parse::<i64>()
    {
        let mut seen = world.tally.seen();
        let latest = seen.promises.edited.entry(id.clone()).or_default();
        *latest = latest.clone().max((edits, phone(version)));
    }
}

async fn recover_one(world: &World<'_>, rng: &mut StdRng) {
    let path = "/api/orders?status=ERROR&limit=50";
    let Ok(list) = client::get(world.shop(rng), path, TOKEN).await else { return };
    world.tally.answer("GET /api/orders", Some(&list));
    let Some(order) = list.body["orders"].as_array().and_then(|orders| orders.choose(rng)) else {
        return;
    };
    let path = format!("/api/orders/{}/recovery", order["orderId"].as_str().unwrap_or_default());
    let body = recovery(rng);
    send(world, rng, "POST", &path, None, &body).await;
}

async fn recover_all(world: &World<'_>, rng: &mut StdRng) {
    let mut body = recovery(rng);
    body["filter"] = json!({ "status": "ERROR" });
    if rng.random_bool(0.5) {
        body["filter"]["pieType"] = "apple".into();
    }
    send(world, rng, "POST", "/api/orders/recovery", None, &body).await;
}

fn recovery(rng: &mut StdRng) -> Value {
    let action = ["retry", "retry", "retry", "retry", "skip", "close"].choose(rng);
    json!({ "action": action.unwrap_or(&"retry"), "note": "put right while everything breaks" })
}

/// Sends a change; what may be answered is a success, a conflict, or that it could not be done.
async fn send(
    world: &World<'_>,
    rng: &mut StdRng,
    method: &'static str,
    path: &str,
    etag: Option<&str>,
    body: &Value,
) -> Option<Reply> {
    let (bearer, body) = (format!("Bearer {TOKEN}"), body.to_string());
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(etag.map(|etag| ("if-match", etag)));
    let call = Call { method, path, headers: &headers, body: Some(&body) };
    let answer = call.to(world.shop(rng)).await.ok();
    let route = match path {
        "/api/orders/recovery" => path,
        _ if method == "PATCH" => "/api/orders/{id}",
        _ => "/api/orders/{id}/recovery",
    };
    world.tally.answer(&format!("{method} {route}"), answer.as_ref());
    if let Some(Reply { status, body, .. }) = &answer
        && ![200, 409, 412, 503].contains(status)
    {
        world.tally.violation(format!("{method} {path} was answered {status}: {body}"));
    }
    answer
}
