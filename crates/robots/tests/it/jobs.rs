//! The life of a job: how long it takes, how it ends, and what chance has to do with it.

use axum::http::StatusCode;
use chrono::TimeDelta;
use pie_robots::{Kind, Options};
use serde_json::{Value, json};

use crate::bench::{Bench, KINDS, id, moment, options, promised, start, words};

#[tokio::test]
async fn a_job_is_working_until_the_promised_time_and_done_from_then_on() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        let id = bench.accepted("k").await;
        let [_, working, done] = words(kind);
        let end = promised(&bench.job(&id).await).clone();
        bench.pass_until(&end);
        bench.pass(TimeDelta::microseconds(-1));
        assert_eq!(working, bench.job(&id).await["status"]);
        bench.pass(TimeDelta::microseconds(1));
        let job = bench.job(&id).await;
        assert_eq!(done, job["status"]);
        assert_eq!(&end, job.get("completedAt").unwrap_or(&job["deliveredAt"]));
    }
}

#[tokio::test]
async fn the_time_that_a_job_takes_is_realistic_differs_by_key_and_shrinks_with_the_pace() {
    for (kind, low, high) in [(Kind::Picker, 30, 60), (Kind::Baker, 900, 1200)] {
        let slow = Bench::with(Options { ovens: 100, ..options(kind) });
        let fast = Bench::with(Options { ovens: 100, pace: 60.0, ..options(kind) });
        let mut times = Vec::new();
        for key in 0..100 {
            let time = |body: &Value| moment(promised(body)) - start();
            let (slow, fast) =
                (slow.submit(&key.to_string()).await, fast.submit(&key.to_string()).await);
            let difference = time(&slow.body) - time(&fast.body) * 60;
            assert!(difference.abs() < TimeDelta::milliseconds(1), "{difference}");
            times.push(time(&slow.body));
        }
        times.sort_unstable();
        let (first, last) = (times[0], times[99]);
        assert!(first >= TimeDelta::seconds(low) && last <= TimeDelta::seconds(high));
        assert!(last - first > TimeDelta::seconds((high - low) * 3 / 4), "{first} to {last}");
    }
}

#[tokio::test]
async fn a_robot_at_an_enormous_pace_is_done_at_once() {
    for kind in KINDS {
        let bench = Bench::with(Options { pace: 1e9, ..options(kind) });
        let id = bench.accepted("k").await;
        bench.pass(TimeDelta::milliseconds(1));
        assert_eq!(words(kind)[2], bench.job(&id).await["status"]);
    }
}

#[tokio::test]
async fn the_picker_hands_over_the_fruit_only_when_it_is_done() {
    let bench = Bench::new(Kind::Picker);
    let id = bench.accepted("k").await;
    assert_eq!(json!([]), bench.job(&id).await["fruits"]);
    bench.pass(TimeDelta::seconds(60));
    let fruits = json!([{ "fruitType": "apple", "quantity": 6, "quality": "premium" }]);
    assert_eq!(fruits, bench.job(&id).await["fruits"]);
}

#[tokio::test]
async fn progress_runs_from_nothing_to_a_hundred_percent() {
    let bench = Bench::new(Kind::Baker);
    let accepted = bench.submit("k").await.body;
    let (id, time) = (id(&accepted), moment(promised(&accepted)) - start());
    for (part, percent) in [(0, 0), (1, 25), (1, 50), (1, 75), (1, 100), (4, 100)] {
        bench.pass(time * part / 4 + TimeDelta::microseconds(1));
        assert_eq!(percent, bench.job(&id).await["progress"]);
    }
}

#[tokio::test]
async fn a_robot_that_always_fails_does_so_at_the_promised_time_with_a_code_of_its_trade() {
    for (kind, codes) in [
        (Kind::Picker, ["INGREDIENT_SHORTAGE"].as_slice()),
        (Kind::Baker, &["BURNT", "OVEN_FAULT"]),
        (Kind::Delivery, &["DRONE_FAULT", "WEATHER"]),
    ] {
        let bench = Bench::with(Options { failure_rate: 1.0, ovens: 50, ..options(kind) });
        let mut seen = Vec::new();
        for key in 0..50 {
            let id = bench.accepted(&key.to_string()).await;
            let end = promised(&bench.job(&id).await).clone();
            assert!(bench.job(&id).await.get("failure").is_none());
            bench.pass_until(&end);
            let job = bench.job(&id).await;
            assert_eq!("FAILED", job["status"]);
            assert!(job.get("completedAt").or(job.get("deliveredAt")).is_none());
            seen.push(job["failure"]["code"].as_str().unwrap().to_owned());
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(codes, seen, "{kind:?}");
    }
}

/// The keys, of 1,000, whose jobs fail.
async fn failing(options: Options) -> Vec<usize> {
    let bench = Bench::with(Options { ovens: 1000, ..options });
    let mut ids = Vec::new();
    for key in 0..1000 {
        ids.push(bench.accepted(&key.to_string()).await);
    }
    bench.pass(TimeDelta::hours(1));
    let mut failing = Vec::new();
    for (key, id) in ids.iter().enumerate() {
        if bench.job(id).await["status"] == "FAILED" {
            failing.push(key);
        }
    }
    failing
}

#[tokio::test]
async fn which_jobs_fail_follows_from_the_seed_and_the_key() {
    let plain = Options::new(Kind::Picker);
    let first = failing(plain.clone()).await;
    assert!((8..=36).contains(&first.len()), "2 % of 1,000, not {}", first.len());
    assert_eq!(first, failing(plain.clone()).await);
    assert_ne!(first, failing(Options { seed: 1, ..plain.clone() }).await);
    let none: Vec<usize> = Vec::new();
    assert_eq!(none, failing(Options { failure_rate: 0.0, ..plain }).await);
}

#[tokio::test]
async fn a_cancelled_job_stays_cancelled_and_cancelling_it_again_changes_nothing() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        let id = bench.accepted("k").await;
        bench.pass(TimeDelta::seconds(10));
        let first = bench.cancel(&id).await.body;
        assert_eq!("CANCELLED", first["status"]);
        bench.pass(TimeDelta::hours(1));
        assert_eq!(first, bench.cancel(&id).await.body);
        assert_eq!(first, bench.job(&id).await);
    }
}

#[tokio::test]
async fn a_job_that_is_over_cannot_be_cancelled() {
    for rate in [0.0, 1.0] {
        for kind in KINDS {
            let bench = Bench::with(Options { failure_rate: rate, ..options(kind) });
            let id = bench.accepted("k").await;
            bench.pass(TimeDelta::hours(1));
            let before = bench.job(&id).await;
            let reply = bench.cancel(&id).await;
            assert_eq!((StatusCode::OK, &before), (reply.status, &reply.body));
            assert_ne!("CANCELLED", before["status"]);
        }
    }
}

#[tokio::test]
async fn statistics_count_jobs_by_state() {
    let bench = Bench::new(Kind::Picker);
    let id = bench.accepted("cancelled").await;
    bench.cancel(&id).await;
    bench.accepted("done").await;
    bench.pass(TimeDelta::minutes(2));
    bench.accepted("working").await;
    let jobs = json!({
        "QUEUED": 0, "IN_PROGRESS": 1, "COMPLETED": 1, "FAILED": 0, "CANCELLED": 1,
    });
    assert_eq!(jobs, bench.stats().await["jobs"]);
}
