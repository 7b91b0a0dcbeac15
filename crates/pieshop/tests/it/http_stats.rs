//! The shop in numbers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use order_core::{Job, Outcome, Request, Status};
use pieshop::clock::{Clock, system_time};
use pieshop::robots::{BreakerSettings, Guarded, Robots};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Setup, Shop};

#[tokio::test]
async fn orders_are_counted_by_state() {
    let shop = Shop::open().await;
    for status in [Status::Ordered, Status::Ordered, Status::Baking, Status::Error] {
        let id = shop.order().await;
        shop.bring(&id, status).await;
    }
    let stats = until(&shop, |stats| stats["orders"]["ERROR"] == 1).await;
    let expected = json!({
        "ORDERED": 2, "PICKING": 0, "PREPPING": 0, "BAKING": 1, "DELIVERING": 0,
        "COMPLETED": 0, "ERROR": 1, "CANCELLED": 0,
    });
    assert_eq!(expected, stats["orders"]);
    assert_eq!(json!({}), stats["robots"]);
}

#[tokio::test]
async fn completions_and_the_stages_durations_are_seen() {
    let setup = Setup { lanes: true, pace: 1_000_000, ..Setup::default() };
    let shop = Shop::with(setup).await;
    for _ in 0..3 {
        shop.order().await;
    }
    let stats = until(&shop, |stats| stats["completed"]["lastHour"] == 3).await;
    assert_eq!(json!({"lastMinute": 3, "lastHour": 3}), stats["completed"]);
    for stage in ["PICKING", "PREPPING", "BAKING", "DELIVERING"] {
        let seconds = |quantile: &str| stats["stages"][stage][quantile].as_f64().unwrap();
        assert!(0.0 < seconds("p50Seconds"), "{stage}: {stats}");
        assert!(seconds("p50Seconds") <= seconds("p95Seconds"), "{stage}: {stats}");
    }
}

#[tokio::test]
async fn a_robot_that_fails_shows_an_open_breaker() {
    let settings = BreakerSettings { failures: 1, open_for: Duration::from_hours(1) };
    let clock = Arc::new(Clock::starting_at(system_time()));
    let robots = Guarded::new(BrokenRobots, &settings, clock);
    let setup = Setup { robots: Arc::new(robots), lanes: true, ..Setup::default() };
    let shop = Shop::with(setup).await;
    shop.order().await;
    let stats = until(&shop, |stats| stats["robots"]["picker"]["breaker"] == "open").await;
    for robot in ["baker", "delivery"] {
        assert_eq!("closed", stats["robots"][robot]["breaker"]);
    }
}

/// The numbers, once they are as expected. They come a second late.
async fn until(shop: &Shop, expected: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..400 {
        let answer = shop.get("/api/stats").admin().send().await;
        assert_eq!(200, answer.status);
        if expected(&answer.body) {
            return answer.body;
        }
        last = answer.body;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not within 20 s: {last}")
}

/// Robots that never answer.
struct BrokenRobots;

#[async_trait]
impl Robots for BrokenRobots {
    async fn submit(&self, _: Uuid, _: &Request) -> Outcome {
        Outcome::Unavailable { reason: "no answer".into(), retry_after: None }
    }

    async fn poll(&self, _: &Job) -> Outcome {
        Outcome::Unavailable { reason: "no answer".into(), retry_after: None }
    }

    async fn cancel(&self, _: &Job) -> Outcome {
        Outcome::Unavailable { reason: "no answer".into(), retry_after: None }
    }
}
