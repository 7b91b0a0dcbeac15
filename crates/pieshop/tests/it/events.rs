//! Server-sent events: one order's, and all.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures::{Stream, StreamExt};
use order_core::Status;
use reqwest::Method;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{Call, Setup, Shop, TOKEN};

#[tokio::test]
async fn an_order_is_followed_from_its_creation_to_the_door() {
    let setup = Setup { lanes: true, pace: 1_000_000, ..Setup::default() };
    let shop = Shop::with(setup).await;
    let id = shop.order().await;
    let mut stream = Events::of(follow(&shop, &id)).await;
    let mut states = Vec::new();
    while let Some(event) = stream.next().await {
        assert_eq!(("transition", json!(id)), (event.name.as_str(), event.data["orderId"].clone()));
        states.push(event.data["state"].clone());
    }
    let way = ["ORDERED", "PICKING", "PREPPING", "BAKING", "DELIVERING", "COMPLETED"];
    assert_eq!(way.as_slice(), states);
    let shown = shop.shown(&id).await;
    let history: Vec<_> =
        shown.body["history"].as_array().unwrap().iter().map(|it| it["state"].clone()).collect();
    assert_eq!(states, history);
}

#[tokio::test]
async fn a_stream_goes_on_after_the_last_event_that_was_seen_in_sqlite() {
    resumes(Shop::open().await).await;
}

#[tokio::test]
async fn a_stream_goes_on_after_the_last_event_that_was_seen_in_postgres() {
    resumes(Shop::on_postgres().await).await;
}

async fn resumes(shop: Shop) {
    let id = shop.order().await;
    shop.bring(&id, Status::Prepping).await;
    let mut stream = Events::of(follow(&shop, &id)).await;
    let first = stream.next().await.unwrap();
    assert_eq!(
        (json!("ORDERED"), Value::Null),
        (first.data["state"].clone(), first.data["from"].clone())
    );
    let mut stream = Events::of(follow(&shop, &id).header("last-event-id", &first.id)).await;
    let picking = stream.next().await.unwrap();
    assert_eq!(
        json!({
            "orderId": id,
            "from": "ORDERED",
            "state": "PICKING",
            "timestamp": shop.shown(&id).await.body["history"][1]["timestamp"],
        }),
        picking.data
    );
    assert_eq!("PREPPING", stream.next().await.unwrap().data["state"]);
    // From here on it is live.
    shop.bring(&id, Status::Baking).await;
    let baking = stream.next().await.unwrap();
    assert_eq!("BAKING", baking.data["state"]);
    shop.bring(&id, Status::Completed).await;
    let mut stream = Events::of(follow(&shop, &id).header("last-event-id", &baking.id)).await;
    let rest = [stream.next().await, stream.next().await];
    let rest = rest.map(|event| event.unwrap().data["state"].clone());
    assert_eq!(["DELIVERING", "COMPLETED"], rest);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_stream_of_an_order_that_is_over_ends_and_does_not_begin_anew() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    shop.post(&format!("/api/orders/{id}/cancel")).send().await;
    let mut stream = Events::of(follow(&shop, &id)).await;
    assert_eq!("ORDERED", stream.next().await.unwrap().data["state"]);
    let last = stream.next().await.unwrap();
    assert_eq!("CANCELLED", last.data["state"]);
    assert!(stream.next().await.is_none());
    // A browser takes 204 for the end; anything else makes it come again and again.
    let again = follow(&shop, &id).header("last-event-id", &last.id).send().await;
    assert_eq!(204, again.status);
}

#[tokio::test]
async fn the_customers_stream_tells_only_changes_of_state_and_no_more_than_that() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let mut all = Events::of(shop.get("/api/orders/events").admin()).await;
    let mut own = Events::of(follow(&shop, &id)).await;
    let edit = json!({"deliveryAddress": {
        "street": "1 Pie Ave", "city": "Reno", "state": "NV", "zip": "89501",
    }});
    let call = shop.call(Method::PATCH, &format!("/api/orders/{id}")).admin();
    assert_eq!(200, call.header("if-match", "\"0\"").json(&edit).send().await.status);
    shop.bring(&id, Status::Error).await;
    let close = json!({"action": "close", "note": "refunded"});
    let path = format!("/api/orders/{id}/recovery");
    assert_eq!(200, shop.post(&path).admin().json(&close).send().await.status);

    let (mut own_text, mut own_states) = (String::new(), Vec::new());
    while let Some(event) = own.next().await {
        own_text.push_str(&event.data.to_string());
        own_states.push(event.data["state"].as_str().unwrap().to_owned());
    }
    let way = ["ORDERED", "PICKING", "PREPPING", "BAKING", "ERROR", "CANCELLED"];
    assert_eq!(way.as_slice(), own_states);

    let (mut all_text, mut notes, mut errors) = (String::new(), Vec::new(), Vec::new());
    loop {
        let event = all.next().await.unwrap();
        all_text.push_str(&event.data.to_string());
        notes.extend(event.data["note"].as_str().map(str::to_owned));
        errors.extend(event.data["error"].as_str().map(str::to_owned));
        if event.data["state"] == "CANCELLED" {
            break;
        }
    }
    assert_eq!(vec!["address changed", "close: refunded"], notes);
    assert_eq!(vec!["BURNT: black"], errors);
    for secret in ["refunded", "black", "address changed"] {
        assert!(!own_text.contains(secret), "{own_text}");
    }
    for contact in ["Jane", "example.com", "555", "Main", "Pie Ave", "Reno"] {
        assert!(!own_text.contains(contact) && !all_text.contains(contact), "{all_text}");
    }
}

#[tokio::test]
async fn the_administrators_stream_begins_now_or_after_a_given_event_in_sqlite() {
    all_orders(Shop::open().await).await;
}

#[tokio::test]
async fn the_administrators_stream_begins_now_or_after_a_given_event_in_postgres() {
    all_orders(Shop::on_postgres().await).await;
}

async fn all_orders(shop: Shop) {
    let before = shop.order().await;
    let follow = || shop.get("/api/orders/events").admin();
    let mut first = Events::of(follow()).await;
    let mut placed = Vec::new();
    for _ in 0..3 {
        placed.push(shop.order().await);
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(first.next().await.unwrap());
    }
    let mut ids: Vec<_> = seen.iter().map(|it| it.data["orderId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    placed.sort_unstable();
    assert_eq!(placed, ids);
    assert!(!ids.contains(&before.as_str()));

    let mut resumed = Events::of(follow().header("last-event-id", &seen[0].id)).await;
    for expected in &seen[1..] {
        let event = resumed.next().await.unwrap();
        assert_eq!((&expected.id, &expected.data), (&event.id, &event.data));
    }
    let later = shop.order().await;
    for stream in [&mut first, &mut resumed] {
        assert_eq!(json!(later), stream.next().await.unwrap().data["orderId"]);
    }
    let mut whole = Events::of(follow().header("last-event-id", "0-0")).await;
    let mut count = 0;
    while whole.next().await.unwrap().data["orderId"] != json!(later) {
        count += 1;
    }
    assert_eq!(4, count);
}

#[tokio::test]
async fn a_listener_that_lags_behind_misses_nothing() {
    let shop = Shop::open().await;
    let placed = shop.order().await;
    let request = |path: String| {
        let request = Request::get(path).header("authorization", format!("Bearer {TOKEN}"));
        shop.router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let all = request("/api/orders/events".into()).await.unwrap();
    let own = request(format!("/api/orders/{placed}/events")).await.unwrap();
    let (mut all, mut own) = (chunks_of(all), chunks_of(own));
    // Both have begun to listen once they have told something.
    let first = shop.order().await;
    assert!(all.next().await.unwrap().contains(&first));
    assert!(own.next().await.unwrap().contains("ORDERED"));
    // More happens than is kept for a listener.
    let orders = shop.stock(5000).await;
    shop.bring(&placed, Status::Completed).await;
    while shop.get("/api/stats").admin().send().await.body["orders"]["COMPLETED"] != 1 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut seen = Vec::new();
    while seen.len() < orders.len() {
        let text = all.next().await.unwrap();
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        seen.push(data["orderId"].as_str().unwrap().to_owned());
    }
    seen.sort_unstable();
    assert!(orders == seen, "{} orders, {} events", orders.len(), seen.len());
    let rest = own.collect::<String>().await;
    assert_eq!(5, rest.matches("event: transition").count(), "{rest}");
}

/// A stream's text, chunk by chunk.
fn chunks_of(response: axum::response::Response) -> impl Stream<Item = String> + Unpin {
    let text = |chunk: axum::body::Bytes| std::str::from_utf8(&chunk).unwrap().to_owned();
    response.into_body().into_data_stream().map(move |chunk| text(chunk.unwrap()))
}

#[tokio::test]
async fn a_last_event_id_that_is_none_is_refused() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    for last in ["x", "-1", "1.5", "", "99999999999", "1-2", "' OR 1=1"] {
        let answer = follow(&shop, &id).header("last-event-id", last).send().await;
        assert_eq!(vec![("Last-Event-ID", "INVALID")], answer.fields(), "{last}");
    }
    for last in ["x", "7", "-1-2", "1--2", "1-2-3", "", "1-99999999999999999999"] {
        let call = shop.get("/api/orders/events").admin().header("last-event-id", last);
        assert_eq!(vec![("Last-Event-ID", "INVALID")], call.send().await.fields(), "{last}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_not_followed() {
    let shop = Shop::open().await;
    for id in ["ord_01kcq8k0g0e8gs1x5yv8m3n7qf", "ord_1"] {
        assert_eq!((404, "ORDER_NOT_FOUND"), follow(&shop, id).send().await.error());
    }
}

#[tokio::test]
async fn streams_end_when_the_service_stops() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let mut own = Events::of(follow(&shop, &id)).await;
    let mut all = Events::of(shop.get("/api/orders/events").admin()).await;
    assert!(own.next().await.is_some());
    shop.stop.cancel();
    assert!(own.next().await.is_none());
    assert!(all.next().await.is_none());
}

#[tokio::test]
async fn a_silent_stream_is_kept_alive_every_fifteen_seconds() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let request = Request::get(format!("/api/orders/{id}/events")).body(Body::empty()).unwrap();
    let response = shop.router.clone().oneshot(request).await.unwrap();
    let mut chunks = chunks_of(response);
    assert!(chunks.next().await.unwrap().starts_with("event: transition"));
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    assert_eq!(":\n\n", chunks.next().await.unwrap());
    assert_eq!(Duration::from_secs(15), began.elapsed().truncate());
}

/// Whole seconds: virtual time has a grain of a millisecond.
trait Truncate {
    fn truncate(self) -> Self;
}

impl Truncate for Duration {
    fn truncate(self) -> Self {
        Self::from_secs(self.as_secs())
    }
}

fn follow(shop: &Shop, id: &str) -> Call {
    shop.get(&format!("/api/orders/{id}/events"))
}

/// An event as it came.
struct Event {
    name: String,
    id: String,
    data: Value,
}

/// Reads a stream event by event.
struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    async fn of(call: Call) -> Self {
        let response = call.stream().await;
        assert_eq!(200, response.status());
        assert_eq!("text/event-stream", response.headers()["content-type"]);
        Self { response, text: String::new() }
    }

    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if event.starts_with(':') {
                    continue;
                }
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.and_then(|value| value.strip_prefix(": ")).unwrap_or_default().to_owned()
                };
                let data = serde_json::from_str(&field("data")).unwrap();
                return Some(Event { name: field("event"), id: field("id"), data });
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
