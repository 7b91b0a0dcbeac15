//! Whatever a robot answers, its client makes an outcome of it that is safe to keep and to show.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use order_core::{Job, JobReport, JobStatus, Outcome, Robot};
use pieshop::robots::{HttpRobots, Robots};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{json, near, on_many, text};
use crate::robots::scripted::{clients, job, key, now, request};

#[test]
fn any_bytes_on_the_wire_are_an_outcome() {
    let line = "HTTP/1.[01] [0-9]{1,4} [ -~]{0,9}\r\n([!-~]{1,9}: ?[ -~]{0,20}\r\n){0,4}(\r\n)?";
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        text().prop_map(String::into_bytes),
        line.prop_map(String::into_bytes),
        (line, prop::collection::vec(any::<u8>(), 0..300)).prop_map(|(head, body)| [
            head.into_bytes(),
            body
        ]
        .concat()),
    ];
    on_many(150, &(robot(), bytes), Wire::open, async |wire, (robot, bytes)| {
        wire.answers(bytes);
        for outcome in wire.ask(robot).await {
            assert_safe(&outcome);
        }
    });
}

#[test]
fn any_body_with_any_status_is_an_outcome() {
    let bodies = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        text().prop_map(String::into_bytes),
        json().prop_map(|body| body.to_string().into_bytes()),
        (60_000_usize..70_000).prop_map(|long| format!("\"{}\"", "x".repeat(long)).into_bytes()),
    ];
    let status = prop_oneof![
        select(vec![200_u16, 201, 400, 401, 404, 409, 413, 422, 429, 503]),
        200_u16..1000,
    ];
    on_many(200, &(robot(), status, bodies), Wire::open, async |wire, (robot, status, body)| {
        wire.answers(whole(status, &body));
        for outcome in wire.ask(robot).await {
            assert_safe(&outcome);
        }
    });
}

#[test]
fn any_answer_near_the_contract_is_an_outcome() {
    let bodies = select(Robot::ALL.to_vec()).prop_flat_map(|robot| {
        let near = prop_oneof![near(accepted(robot)), near(reported(robot))];
        (Just(robot), near)
    });
    on_many(400, &bodies, Wire::open, async |wire, (robot, body)| {
        wire.answers(whole(200, body.to_string().as_bytes()));
        for outcome in wire.ask(robot).await {
            assert_safe(&outcome);
        }
    });
}

/// What is kept of an answer is short, plain, and of a time that can be meant.
fn assert_safe(outcome: &Outcome) {
    let plain = |text: &str, longest: usize| {
        text.chars().count() <= longest && !text.contains(char::is_control)
    };
    let soon = |eta: chrono::DateTime<chrono::Utc>| (eta - now()).abs() <= TimeDelta::days(8);
    let status = |status: &JobStatus| match status {
        JobStatus::Failed { code, message } => plain(code, 50) && plain(message, 300),
        _ => true,
    };
    let safe = match outcome {
        Outcome::Accepted { job, eta } => {
            let names = match job {
                Job::Pick { id } => vec![id],
                Job::Bake { id, oven: other } | Job::Deliver { id, drone: other } => {
                    vec![id, other]
                }
            };
            soon(*eta) && names.iter().all(|name| !name.is_empty() && plain(name, 255))
        }
        Outcome::Report(JobReport { status: it, eta }) => status(it) && eta.is_none_or(soon),
        Outcome::Cancelled(it) => status(it),
        Outcome::Rejected { code, reason } => plain(code, 50) && plain(reason, 300),
        Outcome::Unavailable { reason, .. } => plain(reason, 500),
        Outcome::Gone => true,
        Outcome::Due | Outcome::Parked { .. } => false,
    };
    assert!(safe, "{outcome:?}");
}

/// A robot that says the same bytes to whoever comes, and its clients.
struct Wire {
    robots: HttpRobots,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Wire {
    async fn open() -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let said = bytes.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let said = said.lock().unwrap().clone();
                tokio::spawn(async move {
                    let _ = stream.read(&mut [0; 4096]).await;
                    // The client need not want all of it.
                    let _ = stream.write_all(&said).await;
                });
            }
        });
        Self { robots: clients(&url, Duration::from_secs(5)), bytes }
    }

    fn answers(&self, bytes: Vec<u8>) {
        *self.bytes.lock().unwrap() = bytes;
    }

    async fn ask(&self, robot: Robot) -> [Outcome; 3] {
        [
            self.robots.submit(key(), &request(robot)).await,
            self.robots.poll(&job(robot)).await,
            self.robots.cancel(&job(robot)).await,
        ]
    }
}

fn robot() -> impl Strategy<Value = Robot> {
    select(Robot::ALL.to_vec())
}

/// An answer in good form.
fn whole(status: u16, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} -\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn accepted(robot: Robot) -> Value {
    let at = "2025-12-17T16:30:00Z";
    match robot {
        Robot::Picker => json!({"jobId": "pick_1", "status": "QUEUED", "estimatedCompletion": at}),
        Robot::Baker => json!({
            "jobId": "bake_1", "ovenId": "oven-1", "status": "QUEUED", "estimatedCompletion": at,
        }),
        Robot::Delivery => json!({
            "deliveryId": "del_1", "droneId": "drone-1", "status": "ASSIGNED", "eta": at,
        }),
    }
}

fn reported(robot: Robot) -> Value {
    let mut body = accepted(robot);
    body["status"] = json!("FAILED");
    body["startedAt"] = json!("2025-12-17T16:10:00Z");
    body["departedAt"] = json!("2025-12-17T16:10:00Z");
    body["failure"] = json!({"code": "BURNT", "message": "charcoal"});
    body
}
