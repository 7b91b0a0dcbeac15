//! What no contract documents: robots that break it, stall, or are not there.

use std::time::Duration;

use order_core::{Outcome, Robot};
use pieshop::robots::Robots;
use serde_json::{Value, json};

use super::scripted::{Answer, Scripted, clients, job, key, request};

#[tokio::test]
async fn an_undocumented_status_is_tried_again() {
    for status in [202, 204, 302, 403, 405, 408, 425, 500, 502, 504] {
        let scripted = Scripted::answering(Answer::json(status, &json!({}))).await;
        assert_again(
            &scripted.robots.submit(key(), &request(Robot::Baker)).await,
            &status.to_string(),
        );
    }
}

#[tokio::test]
async fn a_404_on_submission_is_the_robots_fault() {
    let scripted = Scripted::answering(Answer::json(404, &json!({}))).await;
    let outcome = scripted.robots.submit(key(), &request(Robot::Picker)).await;
    assert_again(&outcome, "does not know the path");
}

#[tokio::test]
async fn an_acceptance_that_breaks_the_contract_is_not_believed() {
    let good = json!({"jobId": "bake_1", "ovenId": "oven-3", "estimatedCompletion": "2025-12-17T16:30:00Z"});
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for body in [
        json!({}),
        json!("<html>"),
        with("jobId", Value::Null),
        with("jobId", json!("")),
        with("jobId", json!("../../admin")),
        with("jobId", json!("x".repeat(256))),
        with("ovenId", Value::Null),
        with("ovenId", json!("oven\n3")),
        with("estimatedCompletion", json!("soon")),
        with("estimatedCompletion", json!("2035-12-17T16:30:00Z")),
        with("estimatedCompletion", json!("1970-01-01T00:00:00Z")),
        with("padding", json!("x".repeat(70_000))),
    ] {
        let scripted = Scripted::answering(Answer::json(201, &body)).await;
        assert_again(&scripted.robots.submit(key(), &request(Robot::Baker)).await, "contract");
    }
    let scripted = Scripted::answering(Answer::json(201, &good)).await;
    let outcome = scripted.robots.submit(key(), &request(Robot::Baker)).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_report_that_breaks_the_contract_is_not_believed() {
    for body in [
        json!({}),
        json!({"status": "DONE"}),
        json!({"status": 7}),
        json!({"status": "IN_PROGRESS", "estimatedCompletion": "9999-01-01T00:00:00Z"}),
    ] {
        let scripted = Scripted::answering(Answer::json(200, &body)).await;
        assert_again(&scripted.robots.poll(&job(Robot::Picker)).await, "contract");
    }
}

#[tokio::test]
async fn a_robots_words_are_cut_and_cleaned() {
    let message = format!("\u{1b}[31m{}\r\n", "loud ".repeat(200));
    let body = json!({"error": "no code at all", "message": message});
    let scripted = Scripted::answering(Answer::json(422, &body)).await;
    let Outcome::Rejected { code, reason } =
        scripted.robots.submit(key(), &request(Robot::Delivery)).await
    else {
        panic!("422 is final");
    };
    assert_eq!(code, "UNSPECIFIED");
    assert_eq!(reason.chars().count(), 300);
    assert!(!reason.contains(char::is_control));
}

#[tokio::test]
async fn a_robot_that_stalls_is_given_up_after_the_call_time_out() {
    let answer = Answer { hangs: true, ..Answer::json(200, &json!({})) };
    let scripted = Scripted::answering(answer).await;
    assert_again(&scripted.robots.poll(&job(Robot::Delivery)).await, "");
}

#[tokio::test]
async fn a_robot_that_is_not_there_is_tried_again() {
    // Port 9 (discard) is not served on a test machine.
    let robots = clients("http://127.0.0.1:9", Duration::from_secs(1));
    assert_again(&robots.submit(key(), &request(Robot::Picker)).await, "refused");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let answer = Answer::json(307, &json!({})).with("location", "http://127.0.0.1:9/");
    let scripted = Scripted::answering(answer).await;
    assert_again(&scripted.robots.poll(&job(Robot::Picker)).await, "307");
}

#[tokio::test]
async fn no_reason_holds_the_robots_address() {
    let robots = clients("http://127.0.0.1:9/secret-path", Duration::from_secs(1));
    let Outcome::Unavailable { reason, .. } = robots.poll(&job(Robot::Picker)).await else {
        panic!("nobody is there");
    };
    assert!(!reason.contains("secret-path"), "{reason}");
}

#[track_caller]
fn assert_again(outcome: &Outcome, why: &str) {
    let Outcome::Unavailable { reason, .. } = outcome else { panic!("not again: {outcome:?}") };
    assert!(reason.contains(why), "{reason}");
}
