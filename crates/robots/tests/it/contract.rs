//! Every operation with every status, seen and held against its contract.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use contract_testing::Pair;
use pie_robots::{Kind, Options};
use serde_json::{Value, json};

use crate::bench::{Bench, KINDS, contract, job_path, options, request, submit_path};

const KEY: (&str, &str) = ("idempotency-key", "k");
const JSON: (&str, &str) = ("content-type", "application/json");

/// Every call that makes sense, on a robot where everything is fine.
async fn good_day(kind: Kind) -> Vec<Pair> {
    let bench = Bench::new(kind);
    let id = bench.accepted("k").await;
    let path = job_path(kind, &id);
    vec![
        bench.submit("new").await.pair,
        bench.submit("k").await.pair,
        bench.get(&path).await.pair,
        bench.cancel(&id).await.pair,
        bench.get("/healthz").await.pair,
        bench.get("/stats").await.pair,
        bench.get("/faults").await.pair,
        bench.set_faults(&json!({})).await.pair,
    ]
}

/// Every mistake that a caller can make.
async fn bad_calls(kind: Kind) -> Vec<Pair> {
    let bench = Bench::new(kind);
    let submit = submit_path(kind);
    bench.accepted("k").await;
    let mut other = request(kind);
    let mut wrong = request(kind);
    match kind {
        Kind::Picker => (other["quantity"], wrong["quantity"]) = (json!(7), json!(0)),
        Kind::Baker => (other["duration"], wrong["temperature"]) = (json!(7), json!(1000)),
        Kind::Delivery => {
            other["package"]["size"] = json!("large");
            wrong["destination"]["street"] = json!("P.O. Box 7");
        }
    }
    let large = format!("\"{}\"", "x".repeat(64 * 1024));
    vec![
        bench.call("POST", submit, &[], &request(kind)).await.pair,
        bench.submit_body("k", &other).await.pair,
        bench.submit_body("wrong", &wrong).await.pair,
        bench.call_raw("POST", submit, &[KEY, JSON], large.clone()).await.pair,
        bench.call_raw("POST", submit, &[KEY], request(kind).to_string()).await.pair,
        bench.get(&job_path(kind, "unknown")).await.pair,
        bench.cancel("unknown").await.pair,
        bench.set_faults(&json!({ "mode": "sleepy" })).await.pair,
        bench.call_raw("PUT", "/faults", &[JSON], large).await.pair,
        bench.call_raw("PUT", "/faults", &[], "{}".to_owned()).await.pair,
    ]
}

/// Every path with every method, on a robot that answers them all alike.
async fn everything(options: Options, faults: &Value) -> Vec<Pair> {
    let kind = options.kind;
    let bench = Bench::with(options);
    if !faults.is_null() {
        bench.set_faults(faults).await;
    }
    vec![
        bench.submit("k").await.pair,
        bench.get(&job_path(kind, "any")).await.pair,
        bench.cancel("any").await.pair,
        bench.get("/healthz").await.pair,
        bench.get("/stats").await.pair,
        bench.get("/faults").await.pair,
        bench.set_faults(&json!({})).await.pair,
    ]
}

#[tokio::test]
async fn every_documented_answer_of_every_operation_is_given_as_documented() {
    for kind in KINDS {
        let locked = Options { api_key: Some("secret".to_owned()), ..options(kind) };
        let crowded = Options { max_calls: 0, ..options(kind) };
        let faultless = Options { faults: false, ..options(kind) };
        let mut seen = BTreeSet::new();
        seen.extend(good_day(kind).await);
        seen.extend(bad_calls(kind).await);
        seen.extend(everything(locked, &Value::Null).await);
        seen.extend(everything(crowded, &Value::Null).await);
        seen.extend(everything(faultless, &Value::Null).await);
        seen.extend(everything(options(kind), &json!({ "mode": "down" })).await);
        let missing: Vec<_> = contract(kind).pairs().difference(&seen).cloned().collect();
        assert!(missing.is_empty(), "{kind:?} never gave {missing:?}");
    }
}

#[test]
fn every_example_of_every_contract_matches_its_schema() {
    for kind in KINDS {
        assert!(contract(kind).check_examples().unwrap() > 20, "{kind:?}");
    }
}

#[tokio::test]
async fn the_answer_to_a_submission_has_exactly_the_documented_fields() {
    for (kind, fields) in [
        (Kind::Picker, ["estimatedCompletion", "jobId", "status"].as_slice()),
        (Kind::Baker, &["estimatedCompletion", "jobId", "ovenId", "status"]),
        (Kind::Delivery, &["deliveryId", "droneId", "eta", "status"]),
    ] {
        let mut answer: Vec<String> =
            Bench::new(kind).submit("k").await.body.as_object().unwrap().keys().cloned().collect();
        answer.sort_unstable();
        assert_eq!(fields, answer);
    }
}

#[tokio::test]
async fn a_key_that_is_missing_empty_too_long_or_not_visible_is_refused() {
    let bench = Bench::new(Kind::Picker);
    let body = request(Kind::Picker);
    for key in ["", "two words", &"k".repeat(256), "b\u{fc}rste"] {
        let reply = bench.submit_body(key, &body).await;
        assert_eq!(StatusCode::BAD_REQUEST, reply.status, "{key:?}");
    }
    assert_eq!(StatusCode::CREATED, bench.submit(&"k".repeat(255)).await.status);
    assert_eq!(1, bench.stats().await["keys"].as_object().unwrap().len());
}

#[tokio::test]
async fn fields_that_are_not_documented_are_ignored() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        let mut body = request(kind);
        body["ribbon"] = json!("red");
        let first = bench.submit_body("k", &body).await;
        assert_eq!(StatusCode::CREATED, first.status);
        let again = bench.submit("k").await;
        assert_eq!((StatusCode::OK, &first.body), (again.status, &again.body));
    }
}

#[tokio::test]
async fn what_is_no_request_is_malformed_and_what_is_out_of_range_is_invalid() {
    let picker = Bench::new(Kind::Picker);
    for (body, status) in [
        (json!([]), 400),
        (json!({}), 400),
        (json!({ "fruitType": "apple", "quantity": "6", "quality": "premium" }), 400),
        (json!({ "fruitType": "apple", "quantity": 1.5, "quality": "premium" }), 400),
        (json!({ "fruitType": null, "quantity": 6, "quality": "premium" }), 400),
        (json!({ "fruitType": "apple", "quantity": 6.0, "quality": "premium" }), 201),
        (json!({ "fruitType": "apple", "quantity": 0, "quality": "premium" }), 422),
        (json!({ "fruitType": "apple", "quantity": 1001, "quality": "premium" }), 422),
        (json!({ "fruitType": "apple", "quantity": 6, "quality": "rotten" }), 422),
        (json!({ "fruitType": " ", "quantity": 6, "quality": "premium" }), 422),
        (json!({ "fruitType": "a\u{7}", "quantity": 6, "quality": "premium" }), 422),
        (json!({ "fruitType": "a".repeat(51), "quantity": 6, "quality": "premium" }), 422),
    ] {
        let reply = picker.submit_body("k", &body).await;
        assert_eq!(status, reply.status.as_u16(), "{body} got {}", reply.body);
    }
    let baker = Bench::new(Kind::Baker);
    for (temperature, duration, status) in [
        (199, 45, 422),
        (551, 45, 422),
        (375, 0, 422),
        (375, 241, 422),
        (200, 1, 201),
        (550, 240, 201),
    ] {
        let body = json!({ "pieType": "apple", "temperature": temperature, "duration": duration });
        let reply = baker.submit_body(&format!("{temperature}-{duration}"), &body).await;
        assert_eq!(status, reply.status.as_u16(), "{body} got {}", reply.body);
    }
}

#[tokio::test]
async fn only_the_right_key_opens_and_health_needs_none() {
    let bench =
        Bench::with(Options { api_key: Some("secret".to_owned()), ..options(Kind::Picker) });
    for (presented, status) in [
        ("Bearer secret", StatusCode::OK),
        ("Bearer wrong", StatusCode::UNAUTHORIZED),
        ("Bearer ", StatusCode::UNAUTHORIZED),
        ("secret", StatusCode::UNAUTHORIZED),
        ("Basic secret", StatusCode::UNAUTHORIZED),
    ] {
        let reply =
            bench.call("GET", "/stats", &[("authorization", presented)], &Value::Null).await;
        assert_eq!(status, reply.status, "{presented}");
    }
    assert_eq!(StatusCode::OK, bench.get("/healthz").await.status);
}

#[tokio::test]
async fn health_tells_the_service_and_its_pace() {
    for (kind, name) in KINDS.into_iter().zip(["picker", "baker", "delivery"]) {
        for pace in [json!(1), json!(60), json!(0.5)] {
            let bench = Bench::with(Options { pace: pace.as_f64().unwrap(), ..options(kind) });
            let expected = json!({ "status": "ok", "service": name, "pace": pace });
            assert_eq!(expected, bench.get("/healthz").await.body);
        }
    }
}

#[tokio::test]
async fn a_job_whose_name_is_no_text_does_not_exist() {
    for kind in KINDS {
        let bench = Bench::new(kind);
        for method in ["GET", "DELETE"] {
            let path = job_path(kind, "%ff");
            let (status, _, body) = bench.call_freely(method, &path, &[], String::new()).await;
            assert_eq!((404, &json!("JOB_NOT_FOUND")), (status.as_u16(), &body["error"]));
        }
    }
}

#[tokio::test]
async fn unknown_addresses_and_methods_get_an_error_in_the_usual_form() {
    let bench = Bench::new(Kind::Baker);
    for (method, path, status, code) in [
        ("GET", "/", 404, "NOT_FOUND"),
        ("POST", "/api/v1/pick-fruit", 404, "NOT_FOUND"),
        ("GET", "/api/v1/bake", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/stats", 405, "METHOD_NOT_ALLOWED"),
    ] {
        let (found, _, body) = bench.call_freely(method, path, &[], String::new()).await;
        assert_eq!((status, &json!(code)), (found.as_u16(), &body["error"]), "{method} {path}");
        assert!(body["message"].is_string());
    }
}
