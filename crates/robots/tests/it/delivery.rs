//! Drones: distance, the way there, and the weather.

use chrono::TimeDelta;
use pie_robots::{Kind, Options};
use serde_json::{Value, json};

use crate::bench::{Bench, id, moment, options, promised, request, start};

fn to(street: &str) -> Value {
    let mut body = request(Kind::Delivery);
    body["destination"]["street"] = json!(street);
    body
}

fn place(position: &Value) -> (f64, f64) {
    (position["latitude"].as_f64().unwrap(), position["longitude"].as_f64().unwrap())
}

/// Kilometres between two positions, by the haversine formula.
fn kilometres(from: &Value, to: &Value) -> f64 {
    let ((north1, east1), (north2, east2)) = (place(from), place(to));
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let cosines = north1.to_radians().cos() * north2.to_radians().cos();
    2.0 * 6371.0 * (half(north1, north2) + cosines * half(east1, east2)).sqrt().asin()
}

#[tokio::test]
async fn the_time_grows_with_the_distance_from_10_to_30_minutes() {
    let bench = Bench::new(Kind::Delivery);
    let mut ways = Vec::new();
    for number in 1..=200 {
        let body = to(&format!("{number} Main St"));
        let accepted = bench.submit_body(&number.to_string(), &body).await.body;
        let route = bench.job(&id(&accepted)).await["route"].clone();
        let minutes = (moment(promised(&accepted)) - start()).as_seconds_f64() / 60.0;
        ways.push((kilometres(&route["origin"], &route["destination"]), minutes));
    }
    ways.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ((nearest, shortest), (farthest, longest)) = (ways[0], ways[199]);
    assert!((0.99..2.0).contains(&nearest) && (19.0..20.1).contains(&farthest));
    assert!((10.0..11.0).contains(&shortest) && (29.0..=30.0).contains(&longest));
    for (kilometres, minutes) in ways {
        let expected = 10.0 + 20.0 * (kilometres - 1.0) / 19.0;
        assert!((minutes - expected).abs() < 0.2, "{kilometres} km in {minutes} minutes");
    }
}

#[tokio::test]
async fn an_address_is_always_equally_far_however_it_is_written() {
    let bench = Bench::with(Options { seed: 1, ..options(Kind::Delivery) });
    let other = Bench::with(Options { seed: 2, ..options(Kind::Delivery) });
    let first = bench.submit_body("1", &to("123 Main St")).await.body;
    let second = other.submit_body("2", &to("123  MAIN st")).await.body;
    let elsewhere = other.submit_body("3", &to("124 Main St")).await.body;
    assert_eq!(promised(&first), promised(&second));
    assert_ne!(promised(&first), promised(&elsewhere));
    let (first, second) = (bench.job(&id(&first)).await, other.job(&id(&second)).await);
    assert_eq!(first["route"], second["route"]);
}

#[tokio::test]
async fn the_drone_is_loaded_flies_straight_and_arrives() {
    let bench = Bench::new(Kind::Delivery);
    let id = bench.accepted("k").await;
    let job = bench.job(&id).await;
    assert_eq!("ASSIGNED", job["status"]);
    assert_eq!(job["route"]["origin"], job["location"]);
    let whole = moment(promised(&job)) - start();
    bench.pass(whole / 10 + TimeDelta::milliseconds(1));
    let departed = moment(&bench.job(&id).await["departedAt"]);
    let flight = moment(promised(&job)) - departed;
    for part in 1..4 {
        bench.pass_until(&json!(departed + flight * part / 4));
        let job = bench.job(&id).await;
        assert_eq!("IN_TRANSIT", job["status"]);
        let (origin, destination) = (&job["route"]["origin"], &job["route"]["destination"]);
        let expected = kilometres(origin, destination) * f64::from(part) / 4.0;
        assert!((kilometres(origin, &job["location"]) - expected).abs() < 0.01);
        assert!(
            (kilometres(&job["location"], destination)
                - expected * f64::from(4 - part) / f64::from(part))
            .abs()
                < 0.01
        );
    }
    bench.pass_until(promised(&job));
    let job = bench.job(&id).await;
    assert_eq!("DELIVERED", job["status"]);
    assert_eq!(job["route"]["destination"], job["location"]);
}

#[tokio::test]
async fn a_cancelled_delivery_stays_where_it_was() {
    let bench = Bench::new(Kind::Delivery);
    let id = bench.accepted("k").await;
    bench.pass(TimeDelta::minutes(5));
    let there = bench.job(&id).await["location"].clone();
    bench.cancel(&id).await;
    bench.pass(TimeDelta::minutes(5));
    assert_eq!(there, bench.job(&id).await["location"]);
}

#[tokio::test]
async fn a_storm_ends_what_is_in_the_air_and_what_is_accepted_while_it_lasts() {
    let bench = Bench::new(Kind::Delivery);
    let delivered = bench.accepted("delivered").await;
    bench.pass(TimeDelta::minutes(31));
    let flying = bench.accepted("flying").await;
    bench.pass(TimeDelta::minutes(5));
    let there = bench.job(&flying).await["location"].clone();
    bench.set_faults(&json!({ "storm": true })).await;
    let accepted = bench.submit("accepted").await.body;
    assert_eq!("ASSIGNED", accepted["status"]);
    bench.set_faults(&json!({ "storm": false })).await;
    let after = bench.accepted("after").await;
    bench.pass(TimeDelta::minutes(31));
    for id in [&flying, &id(&accepted)] {
        let job = bench.job(id).await;
        assert_eq!(
            (&json!("FAILED"), &json!("WEATHER")),
            (&job["status"], &job["failure"]["code"])
        );
    }
    assert_eq!(there, bench.job(&flying).await["location"]);
    for id in [&delivered, &after] {
        assert_eq!("DELIVERED", bench.job(id).await["status"]);
    }
}

#[tokio::test]
async fn a_window_must_be_two_times_in_order() {
    let bench = Bench::new(Kind::Delivery);
    for (window, status) in [
        ("2025-12-17T18:00:00Z/2025-12-17T19:00:00Z", 201),
        ("2025-12-17T18:00:00.5+01:00/2025-12-17T19:00:00+01:00", 201),
        ("2025-12-17T19:00:00Z/2025-12-17T18:00:00Z", 422),
        ("2025-12-17T18:00:00Z/2025-12-17T18:00:00Z", 422),
        ("2025-12-17T18:00:00Z", 422),
        ("2025-12-17/2025-12-18", 422),
        ("soon/later", 422),
        ("", 422),
    ] {
        let mut body = request(Kind::Delivery);
        body["window"] = json!(window);
        assert_eq!(
            status,
            bench.submit_body(&format!("k{}", window.len()), &body).await.status.as_u16(),
            "{window}"
        );
    }
}

#[tokio::test]
async fn a_package_must_be_described_and_light_enough() {
    let bench = Bench::new(Kind::Delivery);
    for (field, value, status) in [
        ("pieType", json!(""), 422),
        ("pieType", json!(7), 400),
        ("size", json!("huge"), 422),
        ("size", json!("small"), 201),
        ("weightGrams", json!(0), 422),
        ("weightGrams", json!(10_001), 422),
        ("weightGrams", json!(1.5), 400),
        ("weightGrams", Value::Null, 400),
    ] {
        let mut body = request(Kind::Delivery);
        body["package"][field] = value;
        assert_eq!(status, bench.submit_body("k", &body).await.status.as_u16(), "{body}");
    }
}
