//! The API's description: it is what the code says, and what the service does.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use order_core::Status;
use pieshop::http::openapi;
use reqwest::Method;
use serde_json::json;

use crate::http_pies::{MemoryCatalog, Mode};
use crate::support::{Answer, CONTRACT, Setup, Shop, contract_file, new_order};

/// The path of an order that does not exist.
const ABSENT: &str = "/api/orders/ord_01kcq8k0g0e8gs1x5yv8m3n7qf";

/// Set to write the contract instead of comparing it.
const WRITE: &str = "PIESHOP_WRITE_CONTRACTS";

#[test]
fn the_contract_is_what_the_code_says() {
    let generated = openapi().to_yaml().unwrap();
    if std::env::var_os(WRITE).is_some() {
        fs::write(contract_file(), &generated).unwrap();
    }
    let written = fs::read_to_string(contract_file()).unwrap_or_default();
    let differs = written.lines().zip(generated.lines()).find(|(written, now)| written != now);
    assert!(
        written == generated,
        "contracts/order-api.yaml is not what the code says, first at {differs:?}: look at the \
         change, then run the tests with {WRITE}=1 to write it"
    );
}

#[test]
fn every_example_matches_its_schema() {
    assert!(CONTRACT.check_examples().unwrap() > 100);
}

#[tokio::test]
async fn every_documented_answer_is_really_given() {
    let given: BTreeSet<_> = [
        orders().await,
        changes().await,
        recoveries().await,
        pies().await,
        everything_else().await,
        without_a_database().await,
    ]
    .into_iter()
    .flatten()
    .filter_map(|answer| answer.pair)
    .collect();
    let mut documented = CONTRACT.pairs();
    // What `default` says, an inner error, is another test's.
    documented.retain(|pair| pair.status != "default");
    let missing: Vec<_> = documented.difference(&given).map(ToString::to_string).collect();
    assert!(missing.is_empty(), "documented, but never given: {missing:#?}");
}

async fn orders() -> Vec<Answer> {
    let shop = Shop::open().await;
    let mut answers = refusals(&shop, Method::POST, "/api/orders").await;
    let placed = shop.post("/api/orders").header("idempotency-key", "k").json(&new_order());
    let placed = placed.send().await;
    let order = format!("/api/orders/{}", placed.body["orderId"].as_str().unwrap());
    let mut other = new_order();
    other["pieType"] = json!("cherry");
    let conflict = shop.post("/api/orders").header("idempotency-key", "k").json(&other);
    answers.extend([placed, conflict.send().await]);
    for call in [
        shop.get(&order),
        shop.get(ABSENT),
        shop.get("/api/orders"),
        shop.get("/api/orders").admin(),
        shop.get("/api/orders?limit=0").admin(),
        shop.get(&format!("{ABSENT}/events")),
        shop.get(&format!("{order}/events")).header("last-event-id", "x"),
        shop.get("/api/orders/events"),
        shop.get("/api/orders/events").admin().header("last-event-id", "x"),
        // Cancelled at once, and so its stream ends.
        shop.post(&format!("{order}/cancel")),
        shop.post(&format!("{order}/cancel")),
        shop.get(&format!("{order}/events")),
        shop.get(&format!("{order}/events")).header("last-event-id", "2"),
    ] {
        answers.push(call.send().await);
    }
    answers.push(shop.get("/api/orders/events").admin().stream_head().await);
    answers
}

async fn changes() -> Vec<Answer> {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let order = format!("/api/orders/{id}");
    let body = json!({"customer": new_order()["customer"]});
    let edit = |path: &str| shop.call(Method::PATCH, path).admin().json(&body);
    let mut answers = vec![shop.call(Method::PATCH, &order).json(&body).send().await];
    answers.extend(refusals(&shop, Method::PATCH, &order).await);
    for call in [edit(&order), edit(&order).header("if-match", "\"7\"")] {
        answers.push(call.send().await);
    }
    for path in [order.as_str(), ABSENT] {
        answers.push(edit(path).header("if-match", "\"0\"").send().await);
    }
    shop.bring(&id, Status::Delivering).await;
    answers.push(edit(&order).header("if-match", "\"1\"").send().await);
    answers.push(shop.post(&format!("{order}/cancel")).send().await);
    answers.push(shop.post(&format!("{ABSENT}/cancel")).send().await);
    answers
}

async fn recoveries() -> Vec<Answer> {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let path = format!("/api/orders/{id}/recovery");
    let retry = json!({"action": "retry"});
    let bulk = json!({"action": "retry", "filter": {"status": "ERROR"}});
    let mut answers = refusals(&shop, Method::POST, &path).await;
    answers.extend(refusals(&shop, Method::POST, "/api/orders/recovery").await);
    answers.push(shop.post(&path).admin().json(&retry).send().await);
    shop.bring(&id, Status::Error).await;
    for call in [
        shop.post(&path).admin().json(&retry),
        shop.post(&path).json(&retry),
        shop.post(&format!("{ABSENT}/recovery")).admin().json(&retry),
        shop.post("/api/orders/recovery").admin().json(&bulk),
        shop.post("/api/orders/recovery").json(&bulk),
    ] {
        answers.push(call.send().await);
    }
    answers
}

async fn pies() -> Vec<Answer> {
    let mut answers = Vec::new();
    for mode in [None, Some(Mode::Works), Some(Mode::Away)] {
        let setup = mode.map_or_else(Setup::default, |mode| Setup {
            catalog: Arc::new(MemoryCatalog::new(mode)),
            ..Setup::default()
        });
        let shop = Shop::with(setup).await;
        let apple = shop.get("/api/pies/apple").send().await;
        let body = apple.body.clone();
        let delete = |path| shop.call(Method::DELETE, path);
        answers.push(apple);
        for call in [
            shop.get("/api/pies"),
            shop.get("/api/pies/none"),
            shop.call(Method::PUT, "/api/pies/apple").json(&body),
            shop.call(Method::PUT, "/api/pies/apple").admin().json(&body),
            delete("/api/pies/none"),
            delete("/api/pies/none").admin(),
            delete("/api/pies/apple").admin(),
        ] {
            answers.push(call.send().await);
        }
        answers.extend(refusals(&shop, Method::PUT, "/api/pies/apple").await);
    }
    answers
}

async fn everything_else() -> Vec<Answer> {
    let shop = Shop::open().await;
    let mut answers = vec![shop.get("/api/stats").admin().send().await];
    for path in ["/api/stats", "/healthz", "/readyz"] {
        answers.push(shop.get(path).send().await);
    }
    answers
}

async fn without_a_database() -> Vec<Answer> {
    let shop = Shop::open().await;
    shop.store.close().await;
    let edit = json!({"customer": new_order()["customer"]});
    let retry = json!({"action": "retry"});
    let bulk = json!({"action": "retry", "filter": {"status": "ERROR"}});
    let mut answers = Vec::new();
    for call in [
        shop.post("/api/orders").json(&new_order()),
        shop.get(ABSENT),
        shop.get("/api/orders").admin(),
        shop.call(Method::PATCH, ABSENT).admin().header("if-match", "\"0\"").json(&edit),
        shop.post(&format!("{ABSENT}/cancel")),
        shop.post(&format!("{ABSENT}/recovery")).admin().json(&retry),
        shop.post("/api/orders/recovery").admin().json(&bulk),
        shop.get(&format!("{ABSENT}/events")),
        shop.get("/api/orders/events").admin(),
        shop.get("/readyz"),
    ] {
        let answer = call.send().await;
        assert_eq!(503, answer.status);
        answers.push(answer);
    }
    answers
}

/// The answers to bodies that no endpoint takes: not JSON, nothing in it, of another type, too long.
async fn refusals(shop: &Shop, method: Method, path: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (content_type, body, status) in [
        ("application/json", "{".to_owned(), 400),
        ("application/json", "{}".to_owned(), 400),
        ("text/plain", "{}".to_owned(), 415),
        ("application/json", " ".repeat(2 << 20), 413),
    ] {
        let call = shop.call(method.clone(), path).admin().header("if-match", "\"0\"");
        let answer = call.raw(content_type, body).send().await;
        assert_eq!(status, answer.status, "{method} {path}");
        answers.push(answer);
    }
    answers
}
