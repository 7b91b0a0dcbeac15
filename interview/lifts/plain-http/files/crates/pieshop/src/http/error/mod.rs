//! Every error that the API answers with: one enum, one table.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use thiserror::Error;

use crate::orchestrator::CommandError;
use crate::orchestrator::writer::Chain;
use crate::order_id;
use crate::store::StoreError;
use crate::validate::FieldError;

/// An error in a client's words. What went wrong inside is logged where it becomes one of these.
#[derive(Debug, Error)]
pub(super) enum ApiError {
    #[error("{}", .0.body_text())]
    Body(#[from] JsonRejection),
    #[error("The request is not valid: see fields")]
    Invalid(Vec<FieldError>),
    #[error("Pie type '{pie_type}' is not available")]
    InvalidPieType { pie_type: String, available: Vec<String> },
    #[error("This needs the administrator's token")]
    Unauthenticated,
    #[error("Order '{0}' does not exist")]
    OrderNotFound(String),
    #[error("There is nothing at this path")]
    NotFound,
    #[error("This cannot be done now: {0}")]
    StateConflict(String),
    #[error("This Idempotency-Key was used for another request")]
    IdempotencyConflict,
    #[error("Something went wrong on our side")]
    Internal,
    #[error("The order database is not available: try again")]
    Unavailable,
}

impl ApiError {
    /// The table of statuses and codes.
    fn code(&self) -> (u16, &'static str) {
        match self {
            Self::Body(JsonRejection::MissingJsonContentType(_)) => (415, "UNSUPPORTED_MEDIA_TYPE"),
            Self::Body(JsonRejection::BytesRejection(_)) => (413, "PAYLOAD_TOO_LARGE"),
            Self::Body(_) => (400, "MALFORMED_JSON"),
            Self::Invalid(_) => (400, "VALIDATION_FAILED"),
            Self::InvalidPieType { .. } => (400, "INVALID_PIE_TYPE"),
            Self::Unauthenticated => (401, "UNAUTHENTICATED"),
            Self::OrderNotFound(_) => (404, "ORDER_NOT_FOUND"),
            Self::NotFound => (404, "NOT_FOUND"),
            Self::StateConflict(_) => (409, "STATE_CONFLICT"),
            Self::IdempotencyConflict => (409, "IDEMPOTENCY_CONFLICT"),
            Self::Internal => (500, "INTERNAL"),
            Self::Unavailable => (503, "UNAVAILABLE"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code) = self.code();
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let mut body = json!({ "error": code, "message": self.to_string() });
        match self {
            Self::Invalid(fields) => body["fields"] = json!(fields),
            Self::InvalidPieType { available, .. } => body["availableTypes"] = json!(available),
            Self::Unauthenticated => {
                return (status, [(header::WWW_AUTHENTICATE, "Bearer")], Json(body)).into_response();
            }
            Self::Unavailable => {
                return (status, [(header::RETRY_AFTER, "1")], Json(body)).into_response();
            }
            _ => {}
        }
        (status, Json(body)).into_response()
    }
}

impl From<Vec<FieldError>> for ApiError {
    fn from(fields: Vec<FieldError>) -> Self {
        Self::Invalid(fields)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %Chain(&error), "the store failed a request");
        Self::Unavailable
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NotFound(id) => Self::OrderNotFound(order_id::public(id)),
            CommandError::Refused(_) => Self::StateConflict(error.to_string()),
            CommandError::KeyConflict => Self::IdempotencyConflict,
            CommandError::Store(error) => error.into(),
        }
    }
}
