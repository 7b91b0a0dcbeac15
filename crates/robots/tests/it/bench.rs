//! A robot on the bench: its router, a clock that the test moves, and its contract.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::{Router, http::header::CONTENT_TYPE};
use chrono::{DateTime, TimeDelta, Utc};
use contract_testing::{Contract, Pair};
use pie_robots::{Kind, Options, Robot};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) struct Bench {
    pub(crate) kind: Kind,
    pub(crate) contract: Contract,
    router: Router,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// The documented answer that it is.
    pub(crate) pair: Pair,
}

impl Bench {
    /// A robot that never fails by itself.
    pub(crate) fn new(kind: Kind) -> Self {
        Self::with(options(kind))
    }

    pub(crate) fn with(options: Options) -> Self {
        Self::at(options, start())
    }

    pub(crate) fn at(options: Options, now: DateTime<Utc>) -> Self {
        let (kind, clock) = (options.kind, Arc::new(Mutex::new(now)));
        let time = Arc::clone(&clock);
        let robot = Robot::open(options, Arc::new(move || *time.lock().unwrap())).unwrap();
        Self { kind, contract: contract(kind), router: robot.router(), clock }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().unwrap()
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        *self.clock.lock().unwrap() += time;
    }

    pub(crate) fn pass_until(&self, time: &Value) {
        *self.clock.lock().unwrap() = moment(time);
    }

    /// Submits with the example request.
    pub(crate) async fn submit(&self, key: &str) -> Reply {
        self.submit_body(key, &request(self.kind)).await
    }

    pub(crate) async fn submit_body(&self, key: &str, body: &Value) -> Reply {
        let reply =
            self.call("POST", submit_path(self.kind), &[("idempotency-key", key)], body).await;
        if reply.status.is_success() {
            self.contract.check_request("POST", submit_path(self.kind), body).unwrap();
        }
        reply
    }

    /// Submits and gives the new job's identifier.
    pub(crate) async fn accepted(&self, key: &str) -> String {
        let reply = self.submit(key).await;
        assert_eq!(StatusCode::CREATED, reply.status, "{}", reply.body);
        id(&reply.body)
    }

    /// Asks after a job that must be known.
    pub(crate) async fn job(&self, id: &str) -> Value {
        let reply = self.get(&job_path(self.kind, id)).await;
        assert_eq!(StatusCode::OK, reply.status, "{}", reply.body);
        reply.body
    }

    pub(crate) async fn cancel(&self, id: &str) -> Reply {
        self.call("DELETE", &job_path(self.kind, id), &[], &Value::Null).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &[], &Value::Null).await
    }

    pub(crate) async fn stats(&self) -> Value {
        self.get("/stats").await.body
    }

    pub(crate) async fn set_faults(&self, faults: &Value) -> Reply {
        self.call("PUT", "/faults", &[], faults).await
    }

    /// Calls with a JSON body, or with none where it is `Null`.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Reply {
        let mut headers = headers.to_vec();
        let text = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_null() {
            headers.push((CONTENT_TYPE.as_str(), "application/json"));
        }
        self.call_raw(method, path, &headers, text).await
    }

    /// Calls and holds the answer against the contract.
    pub(crate) async fn call_raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Reply {
        let (status, headers, body) = self.call_freely(method, path, headers, body).await;
        let pair = self.contract.check_response(method, path, status.as_u16(), &body).unwrap();
        let again = matches!(status.as_u16(), 429 | 503);
        assert_eq!(again, headers.contains_key("retry-after"), "Retry-After in {pair}");
        Reply { status, body, pair }
    }

    /// Calls what the contract need not know.
    pub(crate) async fn call_freely(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> (StatusCode, HeaderMap, Value) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&body).expect("every answer is JSON");
        (parts.status, parts.headers, body)
    }
}

/// Options for tests: no failures by chance, faults can be switched on.
pub(crate) fn options(kind: Kind) -> Options {
    Options { failure_rate: 0.0, faults: true, ..Options::new(kind) }
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Picker, Kind::Baker, Kind::Delivery];

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_766_000_000, 0).unwrap()
}

pub(crate) fn contract(kind: Kind) -> Contract {
    let name = match kind {
        Kind::Picker => "fruit-picker",
        Kind::Baker => "baker",
        Kind::Delivery => "delivery",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    Contract::load(folder.join(format!("{name}-service.yaml"))).unwrap()
}

pub(crate) fn request(kind: Kind) -> Value {
    match kind {
        Kind::Picker => json!({ "fruitType": "apple", "quantity": 6, "quality": "premium" }),
        Kind::Baker => json!({ "pieType": "apple", "temperature": 375, "duration": 45 }),
        Kind::Delivery => json!({
            "package": { "pieType": "apple", "size": "medium", "weightGrams": 1200 },
            "destination": {
                "street": "123 Main St", "city": "Springfield", "state": "IL", "zip": "62701",
            },
            "window": "2025-12-17T18:00:00Z/2025-12-17T19:00:00Z",
        }),
    }
}

pub(crate) fn submit_path(kind: Kind) -> &'static str {
    match kind {
        Kind::Picker => "/api/v1/pick-fruit",
        Kind::Baker => "/api/v1/bake",
        Kind::Delivery => "/api/v1/deliveries",
    }
}

pub(crate) fn job_path(kind: Kind, id: &str) -> String {
    match kind {
        Kind::Picker | Kind::Baker => format!("/api/v1/jobs/{id}"),
        Kind::Delivery => format!("/api/v1/deliveries/{id}"),
    }
}

/// The words for waiting, working and done.
pub(crate) fn words(kind: Kind) -> [&'static str; 3] {
    match kind {
        Kind::Picker | Kind::Baker => ["QUEUED", "IN_PROGRESS", "COMPLETED"],
        Kind::Delivery => ["ASSIGNED", "IN_TRANSIT", "DELIVERED"],
    }
}

pub(crate) fn id(body: &Value) -> String {
    let id = body["jobId"].as_str().or(body["deliveryId"].as_str());
    id.expect("an identifier").to_owned()
}

/// When the job is promised for.
pub(crate) fn promised(body: &Value) -> &Value {
    body.get("estimatedCompletion").unwrap_or(&body["eta"])
}

pub(crate) fn moment(time: &Value) -> DateTime<Utc> {
    time.as_str().expect("a time").parse().unwrap()
}
