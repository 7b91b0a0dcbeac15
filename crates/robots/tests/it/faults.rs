//! Each fault does what its table says, and no more.

use axum::http::StatusCode;
use chrono::TimeDelta;
use pie_robots::{Kind, Options};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::bench::{Bench, KINDS, job_path, options, words};

#[tokio::test]
async fn faults_exist_only_where_they_are_let() {
    let bench = Bench::with(Options { faults: false, ..options(Kind::Picker) });
    assert_eq!(StatusCode::NOT_FOUND, bench.get("/faults").await.status);
    assert_eq!(StatusCode::NOT_FOUND, bench.set_faults(&json!({ "mode": "down" })).await.status);
    assert_eq!(StatusCode::CREATED, bench.submit("k").await.status);
}

#[tokio::test]
async fn what_is_left_out_takes_its_default_and_replaces_what_was_set() {
    let bench = Bench::new(Kind::Delivery);
    let all = json!({ "mode": "flaky", "rate": 0.25, "latencyMs": 5, "seed": 9, "storm": true });
    assert_eq!(all, bench.set_faults(&all).await.body);
    assert_eq!(all, bench.get("/faults").await.body);
    let none = json!({ "mode": "none", "rate": 0.5, "latencyMs": 1000, "seed": 0, "storm": false });
    assert_eq!(none, bench.set_faults(&json!({})).await.body);
    assert_eq!(none, bench.get("/faults").await.body);
}

#[tokio::test]
async fn what_is_no_fault_is_refused_and_changes_nothing() {
    let bench = Bench::new(Kind::Picker);
    let before = bench.get("/faults").await.body;
    for faults in [
        json!({ "mode": "sleepy" }),
        json!({ "mood": "down" }),
        json!({ "rate": 1.1 }),
        json!({ "rate": -0.1 }),
        json!({ "rate": "0.5" }),
        json!({ "latencyMs": -1 }),
        json!({ "latencyMs": 3_600_001 }),
        json!({ "storm": true }),
        json!({ "calls": 1 }),
        json!("down"),
    ] {
        assert_eq!(StatusCode::BAD_REQUEST, bench.set_faults(&faults).await.status, "{faults}");
    }
    assert_eq!(before, bench.get("/faults").await.body);
}

#[tokio::test]
async fn a_robot_that_is_down_does_nothing_until_it_is_up_again() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        let id = bench.accepted("k").await;
        bench.set_faults(&json!({ "mode": "down" })).await;
        for reply in [
            bench.submit("new").await,
            bench.get(&job_path(kind, &id)).await,
            bench.cancel(&id).await,
            bench.get("/healthz").await,
        ] {
            assert_eq!(StatusCode::SERVICE_UNAVAILABLE, reply.status);
        }
        bench.set_faults(&json!({ "mode": "none" })).await;
        assert_ne!("CANCELLED", bench.job(&id).await["status"]);
        assert_eq!(json!({ "k": { "calls": 1, "jobs": 1 } }), bench.stats().await["keys"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_robot_works_at_once_and_answers_late() {
    let bench = std::sync::Arc::new(Bench::new(Kind::Picker));
    bench.set_faults(&json!({ "mode": "slow", "latencyMs": 5000 })).await;
    let begin = Instant::now();
    let call = tokio::spawn({
        let bench = std::sync::Arc::clone(&bench);
        async move { bench.submit("k").await }
    });
    tokio::time::sleep(Duration::from_millis(4999)).await;
    assert!(!call.is_finished());
    assert_eq!(1, bench.stats().await["keys"]["k"]["jobs"]);
    assert_eq!(StatusCode::CREATED, call.await.unwrap().status);
    assert_eq!(5, begin.elapsed().as_secs());
}

/// What becomes of 200 submissions to a flaky robot: the status, and whether there is a job.
async fn flaky(faults: &Value) -> Vec<(bool, bool)> {
    let bench = Bench::new(Kind::Picker);
    bench.set_faults(faults).await;
    let mut outcomes = Vec::new();
    for key in 0..200 {
        let key = key.to_string();
        let answered = bench.submit(&key).await.status == StatusCode::CREATED;
        outcomes.push((answered, bench.stats().await["keys"][&key]["jobs"] == 1));
    }
    outcomes
}

#[tokio::test]
async fn a_flaky_robot_loses_calls_before_and_after_the_work_by_its_seed() {
    let faults = json!({ "mode": "flaky", "rate": 0.4, "seed": 1 });
    let first = flaky(&faults).await;
    let count = |outcome| first.iter().filter(|found| **found == outcome).count();
    assert!((90..=150).contains(&count((true, true))), "answered: {}", count((true, true)));
    assert!(count((false, true)) >= 20, "done, answer lost: {}", count((false, true)));
    assert!(count((false, false)) >= 20, "never done: {}", count((false, false)));
    assert_eq!(0, count((true, false)));
    assert_eq!(first, flaky(&faults).await);
    assert_ne!(first, flaky(&json!({ "mode": "flaky", "rate": 0.4, "seed": 2 })).await);
    assert_eq!(vec![(true, true); 200], flaky(&json!({ "mode": "flaky", "rate": 0 })).await);
}

#[tokio::test]
async fn a_robot_that_rejects_refuses_submissions_alone() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        let id = bench.accepted("k").await;
        bench.set_faults(&json!({ "mode": "reject" })).await;
        for key in ["k", "new"] {
            assert_eq!(StatusCode::UNPROCESSABLE_ENTITY, bench.submit(key).await.status);
        }
        bench.job(&id).await;
        let keys = json!({ "k": { "calls": 2, "jobs": 1 }, "new": { "calls": 1, "jobs": 0 } });
        assert_eq!(keys, bench.stats().await["keys"]);
    }
}

#[tokio::test]
async fn a_job_that_is_accepted_by_a_stuck_robot_never_ends_but_can_be_cancelled() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        let before = bench.accepted("before").await;
        bench.set_faults(&json!({ "mode": "stuck" })).await;
        let stuck = bench.accepted("stuck").await;
        bench.set_faults(&json!({ "mode": "none" })).await;
        bench.pass(TimeDelta::days(365));
        assert_eq!(words(kind)[2], bench.job(&before).await["status"]);
        assert_eq!(words(kind)[1], bench.job(&stuck).await["status"]);
        assert_eq!("CANCELLED", bench.cancel(&stuck).await.body["status"]);
    }
}

#[tokio::test]
async fn a_forgetful_robot_knows_no_job_until_it_remembers() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        let id = bench.accepted("k").await;
        bench.set_faults(&json!({ "mode": "forget" })).await;
        assert_eq!(StatusCode::NOT_FOUND, bench.get(&job_path(kind, &id)).await.status);
        assert_eq!(StatusCode::NOT_FOUND, bench.cancel(&id).await.status);
        assert_eq!(StatusCode::OK, bench.submit("k").await.status);
        bench.set_faults(&json!({})).await;
        assert_ne!("CANCELLED", bench.job(&id).await["status"]);
    }
}
