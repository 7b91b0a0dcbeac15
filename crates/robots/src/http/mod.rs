//! The wire: every route and its handler.

mod error;
mod gate;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State, rejection::BytesRejection},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, HeaderValue},
    },
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::{Number, Value, json};
use std::io;
use tokio::net::TcpListener;

pub(crate) use error::{BODY_LIMIT, Refusal};

use crate::{
    faults::{Faults, Mode},
    robot::Robot,
    trade::Request,
};

/// Answers calls on `listener` until `shutdown` is through, then finishes what is in hand.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    robot: Robot,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // A connection that cannot be told so is only slower.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, robot.router()).with_graceful_shutdown(shutdown).await
}

impl Robot {
    /// All routes of this robot.
    pub fn router(&self) -> Router {
        let (submit_path, job_path) = self.options().kind.paths();
        let key = from_fn_with_state(self.clone(), gate::require_key);
        let mut operation = Router::new().route("/stats", get(stats));
        if self.options().faults {
            operation = operation.route("/faults", get(get_faults).put(put_faults));
        }
        Router::new()
            .route(submit_path, post(submit))
            .route(job_path, get(look_up).delete(cancel))
            .layer(key.clone())
            .layer(from_fn_with_state(self.clone(), gate::disturb))
            .merge(operation.layer(key))
            .route("/healthz", get(health))
            .fallback(async || Refusal::NotFound)
            .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(self.clone())
    }
}

async fn submit(
    State(robot): State<Robot>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let key = idempotency_key(&headers)?;
    let request = match robot.switch().mode() {
        Mode::Reject => Err(Refusal::Rejected),
        _ => json_body(&headers, body).and_then(|json| Request::parse(robot.options().kind, &json)),
    };
    let accepted = robot.submit(key, request).await?;
    let status = if accepted.new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, json_answer(accepted.body)).into_response())
}

async fn look_up(State(robot): State<Robot>, Path(id): Path<String>) -> Result<Response, Refusal> {
    known(&robot, &id)?;
    robot.look_up(&id).await.map(json_answer)
}

async fn cancel(State(robot): State<Robot>, Path(id): Path<String>) -> Result<Response, Refusal> {
    known(&robot, &id)?;
    robot.cancel(&id).await.map(json_answer)
}

async fn health(State(robot): State<Robot>) -> Result<Json<Value>, Refusal> {
    if robot.switch().mode() == Mode::Down {
        return Err(Refusal::Unavailable);
    }
    let options = robot.options();
    // A whole number is written without a fraction: 60, not 60.0.
    let pace: Option<Number> = options.pace.to_string().parse().ok();
    Ok(Json(json!({ "status": "ok", "service": options.kind.name(), "pace": pace })))
}

async fn stats(State(robot): State<Robot>) -> Result<Response, Refusal> {
    robot.stats().map(json_answer)
}

async fn get_faults(State(robot): State<Robot>) -> Json<Faults> {
    Json(robot.switch().get())
}

async fn put_faults(
    State(robot): State<Robot>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Faults>, Refusal> {
    let faults = robot.switch().parse(&json_body(&headers, body)?)?;
    robot.set_faults(faults.clone())?;
    Ok(Json(faults))
}

/// A forgetful robot knows no job.
fn known(robot: &Robot, id: &str) -> Result<(), Refusal> {
    match robot.switch().mode() {
        Mode::Forget => Err(Refusal::JobNotFound(id.to_owned())),
        _ => Ok(()),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<&str, Refusal> {
    headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .filter(|key| (1..=255).contains(&key.len()))
        .filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or(Refusal::InvalidIdempotencyKey)
}

fn json_body(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Bytes, Refusal> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        return Err(Refusal::UnsupportedMediaType);
    }
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::BodyTooLarge,
        _ => Refusal::Malformed("The body broke off".to_owned()),
    })
}

fn json_answer(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
