//! What every call passes before it reaches its handler.

use axum::{
    extract::{Request, State},
    http::header::AUTHORIZATION,
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::Refusal;
use crate::{faults::Effect, robot::Robot};

/// Lets nobody pass without the key, if there is one.
pub(super) async fn require_key(
    State(robot): State<Robot>,
    request: Request,
    next: Next,
) -> Response {
    let presented = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let presented = presented.and_then(|value| value.strip_prefix("Bearer "));
    let welcome = robot.options().api_key.as_deref().is_none_or(|key| {
        // Digests are compared, so that the time it takes tells nothing about the key.
        presented.is_some_and(|presented| Sha256::digest(presented) == Sha256::digest(key))
    });
    if welcome { next.run(request).await } else { Refusal::Unauthenticated.into_response() }
}

/// Bounds the number of calls and applies the fault that is in force.
pub(super) async fn disturb(State(robot): State<Robot>, request: Request, next: Next) -> Response {
    let Ok(_permit) = robot.calls().try_acquire() else {
        return Refusal::TooManyRequests.into_response();
    };
    match robot.switch().effect() {
        Effect::None => next.run(request).await,
        Effect::Lost => Refusal::Unavailable.into_response(),
        Effect::AnswerLost => {
            next.run(request).await;
            Refusal::Unavailable.into_response()
        }
        Effect::Late(latency) => {
            let response = next.run(request).await;
            tokio::time::sleep(latency).await;
            response
        }
    }
}
