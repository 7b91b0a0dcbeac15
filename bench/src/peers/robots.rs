//! All three robots in one: every job is accepted and goes on for ever. A question that comes later
//! than the job's own estimate is late by the difference.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, TimeDelta, Utc};
use hdrhistogram::Histogram;
use pieshop::clock::system_time;
use serde_json::{Value, json};

#[derive(Clone)]
struct Robots {
    seen: Arc<Mutex<Seen>>,
    estimate: TimeDelta,
}

struct Seen {
    jobs: u64,
    /// When each job is next to be asked after.
    due: HashMap<String, DateTime<Utc>>,
    /// Microseconds.
    lateness: Histogram<u64>,
}

pub(super) fn router(estimate: u32) -> Result<Router> {
    let lateness = Histogram::new_with_bounds(1, 600_000_000, 3)?;
    let seen = Seen { jobs: 0, due: HashMap::new(), lateness };
    let estimate = TimeDelta::seconds(estimate.into());
    Ok(Router::new()
        .route("/api/v1/{what}", post(submit))
        .route("/api/v1/{what}/{id}", get(ask))
        .route("/lateness", get(tell_lateness))
        .with_state(Robots { seen: Arc::new(Mutex::new(seen)), estimate }))
}

/// The name of a job that is first to be asked after at `due`.
pub(crate) fn job_name(due: DateTime<Utc>, number: u64) -> String {
    format!("job_{}_{number}", due.timestamp_micros())
}

async fn submit(
    State(robots): State<Robots>,
    Path(what): Path<String>,
) -> (StatusCode, Json<Value>) {
    let due = system_time() + robots.estimate;
    let mut seen = robots.seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.jobs += 1;
    (StatusCode::CREATED, Json(job(&what, &job_name(due, seen.jobs), due)))
}

async fn ask(
    State(robots): State<Robots>,
    Path((what, id)): Path<(String, String)>,
) -> Json<Value> {
    let now = system_time();
    let next = now + robots.estimate;
    let answer = job(&what, &id, next);
    let named = id.split('_').nth(1).and_then(|micros| micros.parse().ok());
    let named = named.and_then(DateTime::from_timestamp_micros);
    let mut seen = robots.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(due) = seen.due.insert(id, next).or(named) {
        let late = (now - due).num_microseconds().and_then(|late| u64::try_from(late).ok());
        seen.lateness.saturating_record(late.unwrap_or_default());
    }
    Json(answer)
}

fn job(what: &str, id: &str, eta: DateTime<Utc>) -> Value {
    let status = if what == "deliveries" { "IN_TRANSIT" } else { "IN_PROGRESS" };
    json!({
        "jobId": id, "deliveryId": id, "ovenId": "oven-1", "droneId": "drone-1",
        "status": status, "estimatedCompletion": eta, "eta": eta, "progress": 50,
    })
}

async fn tell_lateness(State(robots): State<Robots>) -> Json<Value> {
    let seen = robots.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let at = |quantile| seen.lateness.value_at_quantile(quantile);
    Json(json!({ "count": seen.lateness.len(), "p99": at(0.99), "max": at(1.0) }))
}
