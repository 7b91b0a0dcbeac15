//! Why a call is refused: one table of statuses, codes and messages.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The greatest body that is read, in bytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// Why a call is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    InvalidIdempotencyKey,
    Malformed(String),
    Unauthenticated,
    NotFound,
    JobNotFound(String),
    MethodNotAllowed,
    IdempotencyConflict,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidValue(String),
    AddressRefused(String),
    Rejected,
    TooManyRequests,
    Unavailable,
}

impl Refusal {
    fn parts(self) -> (StatusCode, &'static str, String) {
        use StatusCode as S;
        let (status, code, message) = match self {
            Self::Malformed(why) => return (S::BAD_REQUEST, "MALFORMED_REQUEST", why),
            Self::InvalidValue(why) => return (S::UNPROCESSABLE_ENTITY, "INVALID_VALUE", why),
            Self::AddressRefused(why) => return (S::UNPROCESSABLE_ENTITY, "ADDRESS_REFUSED", why),
            Self::JobNotFound(id) => {
                return (S::NOT_FOUND, "JOB_NOT_FOUND", format!("Job '{id}' does not exist"));
            }
            Self::BodyTooLarge => {
                let message = format!("The body may have at most {BODY_LIMIT} bytes");
                return (S::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", message);
            }
            Self::InvalidIdempotencyKey => (
                S::BAD_REQUEST,
                "INVALID_IDEMPOTENCY_KEY",
                "Idempotency-Key must be 1 to 255 visible characters",
            ),
            Self::Unauthenticated => (
                S::UNAUTHORIZED,
                "UNAUTHENTICATED",
                "Send the robot's key as \"Authorization: Bearer KEY\"",
            ),
            Self::NotFound => (S::NOT_FOUND, "NOT_FOUND", "There is nothing at this address"),
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "This address has other methods")
            }
            Self::IdempotencyConflict => (
                S::CONFLICT,
                "IDEMPOTENCY_CONFLICT",
                "This Idempotency-Key was used with another request",
            ),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "Send the body as \"Content-Type: application/json\"",
            ),
            Self::Rejected => {
                (S::UNPROCESSABLE_ENTITY, "REJECTED", "The robot was told to reject everything")
            }
            Self::TooManyRequests => {
                (S::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Too many calls at once")
            }
            Self::Unavailable => {
                (S::SERVICE_UNAVAILABLE, "UNAVAILABLE", "The robot is out of order for now")
            }
        };
        (status, code, message.to_owned())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let mut response =
            (status, Json(json!({ "error": code, "message": message }))).into_response();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
