//! Why a call is refused: one table of statuses, codes and messages.

use axum::http::{StatusCode, header::RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use axum::{Json, extract::rejection::JsonRejection};
use serde_json::json;

/// What a check lets through.
pub(crate) type Checked<T> = Result<T, Refusal>;

/// Why a call is refused.
pub(crate) enum Refusal {
    Malformed(String),
    Unauthenticated,
    NotFound,
    JobNotFound(String),
    MethodNotAllowed,
    Conflict,
    TooLarge,
    UnsupportedMediaType,
    InvalidValue(String),
    AddressRefused(String),
    TooManyRequests,
    Unavailable,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = match &self {
            Self::Malformed(why) => (400, "MALFORMED_REQUEST", &**why),
            Self::Unauthenticated => (401, "UNAUTHENTICATED", "Send the key as a Bearer token"),
            Self::NotFound => (404, "NOT_FOUND", "There is nothing at this address"),
            Self::JobNotFound(why) => (404, "JOB_NOT_FOUND", &**why),
            Self::MethodNotAllowed => (405, "METHOD_NOT_ALLOWED", "Use another method here"),
            Self::Conflict => (409, "IDEMPOTENCY_CONFLICT", "This key had another request"),
            Self::TooLarge => (413, "BODY_TOO_LARGE", "The body may have at most 64 KiB"),
            Self::UnsupportedMediaType => (415, "UNSUPPORTED_MEDIA_TYPE", "Send application/json"),
            Self::InvalidValue(why) => (422, "INVALID_VALUE", &**why),
            Self::AddressRefused(why) => (422, "ADDRESS_REFUSED", &**why),
            Self::TooManyRequests => (429, "TOO_MANY_REQUESTS", "Too many calls at once"),
            Self::Unavailable => (503, "UNAVAILABLE", "The robot is out of order for now"),
        };
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let answer = (status, Json(json!({ "error": code, "message": message })));
        match self {
            Self::TooManyRequests | Self::Unavailable => {
                ([(RETRY_AFTER, "1")], answer).into_response()
            }
            _ => answer.into_response(),
        }
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            _ => Self::Malformed(rejection.body_text()),
        }
    }
}
