//! The wire: every route and its handler.

mod error;

use std::{io, sync::Arc};

use axum::extract::{
    DefaultBodyLimit, Path, Request, State,
    rejection::{JsonRejection, PathRejection},
};
use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use axum::middleware::{Next, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Json, Router, response::Response};
use serde_json::{Number, Value, json, value::RawValue};
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, time::sleep};

pub(crate) use error::{Checked, Refusal};

use crate::{faults::Faults, faults::Mode, robot::Fact, robot::Robot};

type Shared = State<Arc<Robot>>;
type Submitted = (StatusCode, Json<Box<RawValue>>);
type Body = Result<Json<Value>, JsonRejection>;
type Id = Result<Path<String>, PathRejection>;
type Answer<T> = Checked<Json<T>>;

/// Answers calls on `listener` until `shutdown` is through, then finishes what is in hand.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    robot: Robot,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, robot.router()).with_graceful_shutdown(shutdown).await
}

impl Robot {
    /// All routes of this robot.
    pub fn router(self) -> Router {
        let (trade, robot) = (self.options.kind.trade(), Arc::new(self));
        let mut router = Router::new()
            .route(trade.paths[0], post(submit))
            .route(trade.paths[1], get(look_up).delete(cancel))
            .route("/healthz", get(health))
            .route("/stats", get(stats));
        if robot.options.faults {
            router = router.route("/faults", get(get_faults).put(put_faults));
        }
        router
            .fallback(async || Refusal::NotFound)
            .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
            .layer(from_fn_with_state(robot.clone(), gate))
            .layer(DefaultBodyLimit::max(64 * 1024))
            .with_state(robot)
    }
}

/// Lets nobody pass without the key, bounds the number of calls and lets faults have their effect.
async fn gate(State(robot): Shared, request: Request, next: Next) -> Checked<Response> {
    let path = request.uri().path();
    let welcome = path == "/healthz" || has_key(&robot, request.headers());
    welcome.then_some(()).ok_or(Refusal::Unauthenticated)?;
    if ["/stats", "/faults"].contains(&path) {
        return Ok(next.run(request).await);
    }
    let _permit = robot.calls.try_acquire().map_err(|_| Refusal::TooManyRequests)?;
    let (call_lost, answer_lost, latency) = robot.faults().next_effect();
    (!call_lost).then_some(()).ok_or(Refusal::Unavailable)?;
    let response = next.run(request).await;
    if let Some(latency) = latency {
        sleep(latency).await;
    }
    if answer_lost { Err(Refusal::Unavailable) } else { Ok(response) }
}

fn has_key(robot: &Robot, headers: &HeaderMap) -> bool {
    let Some(key) = &robot.options.api_key else { return true };
    // Digests are compared, so that the time it takes tells nothing about the key.
    let wanted = Sha256::digest(format!("Bearer {key}"));
    headers.get(AUTHORIZATION).is_some_and(|presented| Sha256::digest(presented) == wanted)
}

/// A submission counts for its key even where the request is refused.
async fn submit(State(robot): Shared, headers: HeaderMap, body: Body) -> Checked<Submitted> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let key = key.filter(|key| (1..=255).contains(&key.len()) && !key.contains([' ', '\t']));
    let key = key.ok_or_else(|| Refusal::Malformed("Send a valid Idempotency-Key".into()))?;
    let (trade, mode) = (robot.options.kind.trade(), robot.faults().mode);
    let request = match mode {
        Mode::Reject => Err(Refusal::InvalidValue("The robot was told to reject this".into())),
        _ => body.map_err(Refusal::from).and_then(|Json(body)| (trade.read)(&whole(body))),
    };
    let submitted = robot.with(|journal, now| {
        let id = trade.job_id(key);
        let new = request.as_ref().ok().filter(|_| !journal.state.jobs.contains_key(&id));
        let job = new.map(|request| robot.plan(&journal.state, key, request, now)).transpose()?;
        let (new, call) = (job.is_some(), Fact::Call { key: key.to_owned() });
        journal.record(job.map(Box::new).map_or(call, Fact::Job), new)?;
        if new && robot.faults().storm {
            journal.record(Fact::storm(&id, now), true)?;
        }
        let (request, job) = (request?.to_string(), journal.state.jobs.get(&id));
        let job = job.filter(|job| job.request.get() == request).ok_or(Refusal::Conflict)?;
        let status = if new { StatusCode::CREATED } else { StatusCode::OK };
        Ok((status, Json(job.answer.clone())))
    });
    submitted.await
}

async fn look_up(State(robot): Shared, id: Id) -> Answer<Value> {
    let id = named(id)?;
    robot.with(|journal, now| robot.report(&journal.state, &id, now).map(Json)).await
}

async fn cancel(State(robot): Shared, id: Id) -> Answer<Value> {
    let id = named(id)?;
    let cancelled = robot.with(|journal, now| {
        robot.report(&journal.state, &id, now)?;
        if journal.state.jobs.get(&id).is_some_and(|job| !job.is_over(now)) {
            journal.record(Fact::End { id: id.clone(), at: now, failure: None }, true)?;
        }
        robot.report(&journal.state, &id, now).map(Json)
    });
    cancelled.await
}

/// A number without a fraction is whole, as in JSON Schema, also where it is written 6.0.
#[expect(clippy::cast_possible_truncation, reason = "a double is exact up to 2⁵³")]
fn whole(value: Value) -> Value {
    let exact = |number: &f64| number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() => match number.as_f64().filter(exact) {
            Some(number) => (number as i64).into(),
            None => number.into(),
        },
        Value::Array(items) => items.into_iter().map(whole).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, whole(value))).collect()
        }
        other => other,
    }
}

/// The job that the path names; what is no text names none.
fn named(id: Id) -> Checked<String> {
    let no_text = |_| Refusal::JobNotFound("A job's id is UTF-8".into());
    id.map(|Path(id)| id).map_err(no_text)
}

async fn health(State(robot): Shared) -> Answer<Value> {
    robot.with(|_, _| Ok(())).await?;
    // By way of text a whole number is written as 60, not as 60.0.
    let pace: Option<Number> = robot.options.pace.to_string().parse().ok();
    Ok(Json(json!({ "status": "ok", "service": robot.options.kind.trade().name, "pace": pace })))
}

async fn stats(State(robot): Shared) -> Answer<Value> {
    robot.with(|journal, now| Ok(Json(journal.state.stats(now)))).await
}

async fn get_faults(State(robot): Shared) -> Json<Faults> {
    Json(robot.faults().clone())
}

/// Puts other faults in force. A storm ends what is under way.
async fn put_faults(State(robot): Shared, body: Body) -> Answer<Faults> {
    let faults = Faults::read(robot.options.kind, whole(body?.0))?;
    tracing::warn!(robot = robot.options.kind.trade().name, ?faults, "faults were set");
    robot.faults().clone_from(&faults);
    let set = robot.with(|journal, now| {
        let hit = journal.state.jobs.values().filter(|job| faults.storm && !job.is_over(now));
        let hit: Vec<_> = hit.map(|job| Fact::storm(&job.id, now)).collect();
        hit.into_iter().try_for_each(|fact| journal.record(fact, true))?;
        Ok(Json(faults))
    });
    set.await
}
