//! What the log says of requests.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;
use tracing::{Dispatch, subscriber::NoSubscriber};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Shop, TOKEN, new_order};

/// Log lines, kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_request_is_one_log_line_without_contact_data() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(lines.clone());
    let subscriber = subscriber.with_max_level(tracing::Level::TRACE).finish();
    // While there is only one subscriber, a line that a thread without it reaches first is switched
    // off for all threads.
    let _second = Dispatch::new(NoSubscriber::new());
    let guard = tracing::subscriber::set_default(subscriber);
    let shop = Shop::open().await;
    let call = shop.post("/api/orders").header("x-request-id", "the-one");
    let id = call.json(&new_order()).send().await.body["orderId"].as_str().unwrap().to_owned();
    let path = format!("/api/orders/{id}");
    shop.get(&path).send().await;
    shop.get("/api/orders?q=jane@example.com&status=ERROR").admin().send().await;
    let edit = json!({"customer": {"name": "Joe", "email": "jane@", "phone": "+1-555-0123"}});
    shop.call(Method::PATCH, &path).admin().header("if-match", "\"0\"").json(&edit).send().await;
    let customer = new_order()["customer"].clone();
    let edit = json!({"customer": customer});
    shop.call(Method::PATCH, &path).admin().header("if-match", "\"0\"").json(&edit).send().await;
    drop(guard);

    let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for private in ["Jane Doe", "jane@", "555-0123", "123 Main", "Springfield", "62701", TOKEN] {
        assert!(!written.contains(private), "{private}: {written}");
    }
    let requests: Vec<serde_json::Value> = written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["fields"]["message"] == "request")
        .filter(|line| line["target"] == "pieshop::http::request")
        .collect();
    let said: Vec<_> = requests
        .iter()
        .map(|line| (&line["fields"], &line["level"]))
        .map(|(it, level)| json!([it["method"], it["path"], it["status"], level]))
        .collect();
    let expected = json!([
        ["POST", "/api/orders", 201, "DEBUG"],
        ["GET", "/api/orders/{orderId}", 200, "DEBUG"],
        ["GET", "/api/orders", 200, "DEBUG"],
        ["PATCH", "/api/orders/{orderId}", 400, "INFO"],
        ["PATCH", "/api/orders/{orderId}", 200, "DEBUG"],
    ]);
    assert_eq!(expected, json!(said));
    assert_eq!("the-one", requests[0]["span"]["request_id"]);
    assert!(requests[0]["fields"]["latency_ms"].as_f64().unwrap() > 0.0);
}
