//! One key, one job.

use axum::http::StatusCode;
use chrono::TimeDelta;
use pie_robots::Kind;
use serde_json::{Value, json};

use crate::bench::{Bench, KINDS, id, request, submit_path};

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_again_however_late() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        let first = bench.submit("k").await;
        bench.pass(TimeDelta::hours(1));
        let again = bench.submit("k").await;
        assert_eq!(StatusCode::CREATED, first.status);
        assert_eq!((StatusCode::OK, first.body), (again.status, again.body));
        assert_eq!(json!({ "k": { "calls": 2, "jobs": 1 } }), bench.stats().await["keys"]);
    }
}

#[tokio::test]
async fn the_same_values_in_another_order_and_layout_are_the_same_request() {
    let bench = Bench::new(Kind::Baker);
    let headers = [("idempotency-key", "k"), ("content-type", "Application/JSON; charset=utf-8")];
    for (body, status) in [
        (r#"{"pieType":"apple","temperature":375,"duration":45}"#, StatusCode::CREATED),
        (r#"{ "duration": 45, "temperature": 375, "pieType": "apple" }"#, StatusCode::OK),
    ] {
        let reply =
            bench.call_raw("POST", submit_path(Kind::Baker), &headers, body.to_owned()).await;
        assert_eq!(status, reply.status);
    }
}

#[tokio::test]
async fn a_key_with_another_body_is_a_conflict_and_leaves_the_job_alone() {
    let bench = Bench::new(Kind::Baker);
    let id = bench.accepted("k").await;
    let before = bench.job(&id).await;
    let mut other = request(Kind::Baker);
    other["duration"] = json!(46);
    let reply = bench.submit_body("k", &other).await;
    assert_eq!(
        (StatusCode::CONFLICT, &json!("IDEMPOTENCY_CONFLICT")),
        (reply.status, &reply.body["error"])
    );
    assert_eq!(before, bench.job(&id).await);
    assert_eq!(json!({ "k": { "calls": 2, "jobs": 1 } }), bench.stats().await["keys"]);
}

#[tokio::test]
async fn a_refused_submission_counts_as_a_call_and_leaves_the_key_free() {
    let bench = Bench::new(Kind::Picker);
    let mut wrong = request(Kind::Picker);
    wrong["quantity"] = json!(0);
    assert_eq!(StatusCode::UNPROCESSABLE_ENTITY, bench.submit_body("k", &wrong).await.status);
    assert_eq!(json!({ "k": { "calls": 1, "jobs": 0 } }), bench.stats().await["keys"]);
    assert_eq!(StatusCode::CREATED, bench.submit("k").await.status);
    assert_eq!(json!({ "k": { "calls": 2, "jobs": 1 } }), bench.stats().await["keys"]);
}

#[tokio::test]
async fn a_repeated_submission_of_a_cancelled_job_does_not_revive_it() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        let first = bench.submit("k").await.body;
        bench.cancel(&id(&first)).await;
        assert_eq!(first, bench.submit("k").await.body);
        assert_eq!("CANCELLED", bench.job(&id(&first)).await["status"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_submissions_at_once_with_one_key_one_makes_the_job() {
    let data = tempfile::tempdir().unwrap();
    let options = crate::bench::options(Kind::Baker);
    let options = pie_robots::Options { data: Some(data.path().to_owned()), ..options };
    let bench = std::sync::Arc::new(Bench::with(options));
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let bench = std::sync::Arc::clone(&bench);
            tokio::spawn(async move { bench.submit("k").await })
        })
        .collect();
    let mut answers: Vec<(StatusCode, Value)> = Vec::new();
    for call in calls {
        let reply = call.await.unwrap();
        answers.push((reply.status, reply.body));
    }
    assert_eq!(1, answers.iter().filter(|(status, _)| *status == StatusCode::CREATED).count());
    assert!(answers.iter().all(|(_, body)| *body == answers[0].1));
    assert_eq!(json!({ "k": { "calls": 64, "jobs": 1 } }), bench.stats().await["keys"]);
}
