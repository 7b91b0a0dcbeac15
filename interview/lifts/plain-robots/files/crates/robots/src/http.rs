//! The wire: every route and its handler.

use std::{io, sync::Arc};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::robot::Robot;

type Shared = State<Arc<Robot>>;
type Refusal = (StatusCode, Json<Value>);

/// Answers calls on `listener`.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, robot: Robot) -> io::Result<()> {
    let [jobs, job] = robot.options.trade.paths;
    let router = Router::new()
        .route(jobs, post(submit))
        .route(job, get(look_up))
        .with_state(Arc::new(robot));
    axum::serve(listener, router).await
}

/// A key that is known gets its first answer again, and never a second job.
async fn submit(
    State(robot): Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let malformed = |why: &str| refusal(StatusCode::BAD_REQUEST, "MALFORMED_REQUEST", why);
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let key = key.ok_or_else(|| malformed("Send an Idempotency-Key"))?;
    let request: Value =
        serde_json::from_slice(&body).map_err(|error| malformed(&error.to_string()))?;
    let mut jobs = robot.jobs();
    if let Some(job) = jobs.get(&robot.job_id(key)) {
        if job.request != request {
            let why = "This key had another request";
            return Err(refusal(StatusCode::CONFLICT, "IDEMPOTENCY_CONFLICT", why));
        }
        return Ok((StatusCode::OK, Json(robot.report(job, job.start))));
    }
    let job = robot.plan(key, request);
    let answer = robot.report(&job, job.start);
    jobs.insert(job.id.clone(), job);
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn look_up(State(robot): Shared, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let (now, jobs) = ((robot.clock)(), robot.jobs());
    let why = format!("Job '{id}' does not exist");
    let unknown = || refusal(StatusCode::NOT_FOUND, "JOB_NOT_FOUND", &why);
    Ok(Json(robot.report(jobs.get(&id).ok_or_else(unknown)?, now)))
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Refusal {
    (status, Json(json!({ "error": code, "message": message })))
}
