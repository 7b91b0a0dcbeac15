//! What each documented answer means to the order.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::TimeDelta;
use contract_testing::{Contract, Pair};
use order_core::{JobStatus, Outcome, Robot};
use pieshop::robots::Robots;
use serde_json::{Value, json};

use super::scripted::{Answer, Scripted, job, key, request};

#[derive(Clone, Copy, Debug)]
enum Call {
    Submit,
    Poll,
    Cancel,
}

#[tokio::test]
async fn every_documented_answer_has_a_meaning_and_every_request_fits_the_contract() {
    for robot in Robot::ALL {
        let contract = contract(robot);
        let mut seen = BTreeSet::new();
        for (call, statuses) in [
            (Call::Submit, vec![200, 201, 400, 401, 409, 413, 415, 422, 429, 503]),
            (Call::Poll, vec![200, 401, 404, 429, 503]),
            (Call::Cancel, vec![200, 401, 404, 429, 503]),
        ] {
            for status in statuses {
                let body = body(robot, call, status);
                let answer = Answer::json(status, &body).with("retry-after", "7");
                let scripted = Scripted::answering(answer).await;
                let outcome = made(&scripted, robot, call).await;
                let asked = scripted.asked();
                let pair = contract
                    .check_response(&asked.method, &asked.path, status, &body)
                    .unwrap_or_else(|error| panic!("{robot:?} {call:?} {status}: {error}"));
                seen.insert(pair);
                if matches!(call, Call::Submit) {
                    contract.check_request(&asked.method, &asked.path, &asked.body).unwrap();
                    assert_eq!(asked.idempotency_key, Some(key().to_string()));
                }
                assert_eq!(asked.authorization.as_deref(), Some("Bearer robots-only"));
                let means = meaning(&outcome);
                assert_eq!(
                    means,
                    expected(call, status),
                    "{robot:?} {call:?} {status}: {outcome:?}"
                );
            }
        }
        let jobs: BTreeSet<Pair> = contract
            .pairs()
            .into_iter()
            .filter(|pair| pair.operation.contains("/api/v1/"))
            .collect();
        assert_eq!(seen, jobs, "{robot:?}: documented answers that no case shows");
    }
}

#[tokio::test]
async fn every_state_of_a_job_is_understood() {
    for (robot, wire, expected) in [
        (Robot::Picker, "QUEUED", JobStatus::Queued),
        (Robot::Picker, "IN_PROGRESS", JobStatus::Running { started_at: None }),
        (Robot::Baker, "COMPLETED", JobStatus::Completed),
        (Robot::Baker, "CANCELLED", JobStatus::Cancelled),
        (Robot::Delivery, "ASSIGNED", JobStatus::Queued),
        (Robot::Delivery, "IN_TRANSIT", JobStatus::Running { started_at: None }),
        (Robot::Delivery, "DELIVERED", JobStatus::Completed),
        (Robot::Delivery, "CANCELLED", JobStatus::Cancelled),
    ] {
        let body = json!({"status": wire, "eta": "2025-12-17T16:30:00Z"});
        let scripted = Scripted::answering(Answer::json(200, &body)).await;
        let Outcome::Report(report) = scripted.robots.poll(&job(robot)).await else {
            panic!("{robot:?} {wire} is no report");
        };
        assert_eq!(report.status, expected, "{robot:?} {wire}");
    }
}

#[tokio::test]
async fn a_failed_job_tells_its_code_and_words() {
    let failure = json!({"code": "BURNT", "message": "charcoal"});
    for (robot, body) in [
        (Robot::Baker, json!({"status": "FAILED", "failure": failure})),
        (Robot::Delivery, json!({"status": "FAILED", "failure": failure})),
    ] {
        let scripted = Scripted::answering(Answer::json(200, &body)).await;
        let Outcome::Report(report) = scripted.robots.poll(&job(robot)).await else {
            panic!("no report");
        };
        let expected = JobStatus::Failed { code: "BURNT".into(), message: "charcoal".into() };
        assert_eq!(report.status, expected);
    }
}

#[tokio::test]
async fn a_robot_that_does_not_cancel_is_asked_again() {
    let body = json!({"status": "IN_PROGRESS"});
    let scripted = Scripted::answering(Answer::json(200, &body)).await;
    let outcome = scripted.robots.cancel(&job(Robot::Baker)).await;
    assert!(matches!(outcome, Outcome::Unavailable { .. }), "{outcome:?}");
}

#[tokio::test]
async fn the_robots_wish_to_wait_is_passed_on() {
    let body = json!({"error": "TOO_MANY_REQUESTS", "message": "later"});
    let answer = Answer::json(429, &body).with("retry-after", "7");
    let scripted = Scripted::answering(answer).await;
    let Outcome::Unavailable { retry_after, reason } =
        scripted.robots.submit(key(), &request(Robot::Picker)).await
    else {
        panic!("429 must be tried again");
    };
    assert_eq!(retry_after, Some(TimeDelta::seconds(7)));
    assert_eq!(reason, "the robot answered 429: TOO_MANY_REQUESTS: later");
}

async fn made(scripted: &Scripted, robot: Robot, call: Call) -> Outcome {
    match call {
        Call::Submit => scripted.robots.submit(key(), &request(robot)).await,
        Call::Poll => scripted.robots.poll(&job(robot)).await,
        Call::Cancel => scripted.robots.cancel(&job(robot)).await,
    }
}

fn meaning(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Report(_) => "report",
        Outcome::Cancelled(_) => "cancelled",
        Outcome::Gone => "gone",
        Outcome::Unavailable { .. } => "again",
        Outcome::Rejected { .. } => "never",
        Outcome::Due | Outcome::Parked { .. } => "no answer",
    }
}

fn expected(call: Call, status: u16) -> &'static str {
    match (status, call) {
        (200 | 201, Call::Submit) => "accepted",
        (200, Call::Poll) => "report",
        (200, Call::Cancel) => "cancelled",
        (404, _) => "gone",
        (400 | 409 | 422, _) => "never",
        _ => "again",
    }
}

fn contract(robot: Robot) -> Contract {
    let file = match robot {
        Robot::Picker => "fruit-picker-service.yaml",
        Robot::Baker => "baker-service.yaml",
        Robot::Delivery => "delivery-service.yaml",
    };
    let contracts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    Contract::load(contracts.join(file)).unwrap()
}

fn body(robot: Robot, call: Call, status: u16) -> Value {
    if status >= 300 {
        return json!({"error": "SOME_CODE", "message": "in words"});
    }
    let time = "2025-12-17T16:30:00Z";
    let place = json!({"latitude": 39.8, "longitude": -89.6});
    let route = json!({"origin": place, "destination": place});
    match (robot, call) {
        (Robot::Picker, Call::Submit) => {
            json!({"jobId": "pick_1", "status": "IN_PROGRESS", "estimatedCompletion": time})
        }
        (Robot::Baker, Call::Submit) => json!({
            "jobId": "bake_1", "ovenId": "oven-3", "status": "QUEUED", "estimatedCompletion": time
        }),
        (Robot::Delivery, Call::Submit) => {
            json!({"deliveryId": "del_1", "droneId": "drone-12", "status": "ASSIGNED", "eta": time})
        }
        (Robot::Picker, _) => json!({
            "jobId": "pick_1", "status": "CANCELLED", "estimatedCompletion": time, "fruits": []
        }),
        (Robot::Baker, _) => json!({
            "jobId": "bake_1", "ovenId": "oven-3", "status": "CANCELLED", "progress": 10,
            "estimatedCompletion": time
        }),
        (Robot::Delivery, _) => json!({
            "deliveryId": "del_1", "droneId": "drone-12", "status": "CANCELLED", "eta": time,
            "location": place, "route": route
        }),
    }
}
