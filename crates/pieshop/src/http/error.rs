//! Every error that the API answers with: one enum, one table.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order_core::{Refusal, Status};
use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

use crate::orchestrator::writer::Chain;
use crate::orchestrator::{CommandError, WriteError};
use crate::order_id;
use crate::store::StoreError;
use crate::validate::FieldError;

/// An error in a client's words. What went wrong inside is logged where it becomes one of these.
#[derive(Clone, Debug, Error)]
pub(super) enum ApiError {
    #[error("The body is not valid JSON: look at line {line}, column {column}")]
    MalformedJson { line: usize, column: usize },
    #[error("The body has the key '{}' twice in one object", shown(.0))]
    RepeatedKey(String),
    #[error("The request is not valid: see fields")]
    Invalid(Vec<FieldError>),
    #[error("Pie type '{pie_type}' is not available")]
    InvalidPieType { pie_type: String, available: Vec<String> },
    #[error("This needs the administrator's token")]
    Unauthenticated,
    #[error("Order '{}' does not exist", shown(.0))]
    OrderNotFound(String),
    #[error("Pie type '{}' does not exist", shown(.0))]
    PieNotFound(String),
    #[error("There is nothing at this path")]
    NotFound,
    #[error("The path does not take this method: see Allow")]
    MethodNotAllowed,
    #[error("This cannot be done now: {0}")]
    StateConflict(String),
    #[error("It is too late to cancel: the order is {0}")]
    NotCancellable(Status),
    #[error("This Idempotency-Key was used for another request")]
    IdempotencyConflict,
    #[error("The built-in catalog is read-only")]
    CatalogReadOnly,
    #[error("The order was changed since, or If-Match holds no ETag of it: read it again")]
    VersionMismatch,
    #[error("The body is longer than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("The body must be application/json")]
    UnsupportedMediaType,
    #[error("If-Match is missing: send the ETag of the order as you read it")]
    PreconditionRequired,
    #[error("Something went wrong on our side")]
    Internal,
    #[error("The order database is not available: try again")]
    Unavailable,
    #[error("The pie catalog is not available: try again")]
    CatalogUnavailable,
    #[error(
        "Whether this was stored is not known: repeat an order with the same Idempotency-Key, and \
         look at an order before you repeat a change"
    )]
    OutcomeUnknown,
    #[error("This took too long, and may still have been done")]
    TimedOut,
}

/// The body of every error.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub(super) struct ErrorBody {
    /// A code for programs.
    error: &'static str,
    /// A sentence for people.
    message: String,
    /// With `VALIDATION_FAILED`: everything that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fields: Vec<FieldError>,
    /// With `INVALID_PIE_TYPE`: what can be ordered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    available_types: Vec<String>,
}

impl ApiError {
    /// The table of statuses and codes.
    pub(super) fn code(&self) -> (u16, &'static str) {
        match self {
            Self::MalformedJson { .. } | Self::RepeatedKey(_) => (400, "MALFORMED_JSON"),
            Self::Invalid(_) => (400, "VALIDATION_FAILED"),
            Self::InvalidPieType { .. } => (400, "INVALID_PIE_TYPE"),
            Self::Unauthenticated => (401, "UNAUTHENTICATED"),
            Self::OrderNotFound(_) => (404, "ORDER_NOT_FOUND"),
            Self::PieNotFound(_) => (404, "PIE_NOT_FOUND"),
            Self::NotFound => (404, "NOT_FOUND"),
            Self::MethodNotAllowed => (405, "METHOD_NOT_ALLOWED"),
            Self::StateConflict(_) => (409, "STATE_CONFLICT"),
            Self::NotCancellable(_) => (409, "NOT_CANCELLABLE"),
            Self::IdempotencyConflict => (409, "IDEMPOTENCY_CONFLICT"),
            Self::CatalogReadOnly => (409, "CATALOG_READ_ONLY"),
            Self::VersionMismatch => (412, "VERSION_MISMATCH"),
            Self::TooLarge { .. } => (413, "PAYLOAD_TOO_LARGE"),
            Self::UnsupportedMediaType => (415, "UNSUPPORTED_MEDIA_TYPE"),
            Self::PreconditionRequired => (428, "PRECONDITION_REQUIRED"),
            Self::Internal => (500, "INTERNAL"),
            Self::Unavailable => (503, "UNAVAILABLE"),
            Self::CatalogUnavailable => (503, "CATALOG_UNAVAILABLE"),
            Self::OutcomeUnknown => (503, "OUTCOME_UNKNOWN"),
            Self::TimedOut => (503, "TIMEOUT"),
        }
    }

    /// One field that is wrong.
    pub(super) fn field(field: &str, code: &'static str, message: &str) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), code, message: message.into() }])
    }

    /// The body of the answer.
    pub(super) fn body(self) -> ErrorBody {
        let (error, message) = (self.code().1, self.to_string());
        let (fields, available_types) = match self {
            Self::Invalid(fields) => (fields, Vec::new()),
            Self::InvalidPieType { available, .. } => (Vec::new(), available),
            _ => Default::default(),
        };
        ErrorBody { error, message, fields, available_types }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code().0).unwrap_or_default();
        let mut response = (status, Json(self.body())).into_response();
        let (name, value) = match status {
            StatusCode::UNAUTHORIZED => (header::WWW_AUTHENTICATE, "Bearer"),
            StatusCode::SERVICE_UNAVAILABLE => (header::RETRY_AFTER, "1"),
            _ => return response,
        };
        response.headers_mut().insert(name, HeaderValue::from_static(value));
        response
    }
}

impl From<Vec<FieldError>> for ApiError {
    fn from(fields: Vec<FieldError>) -> Self {
        Self::Invalid(fields)
    }
}

impl From<&StoreError> for ApiError {
    fn from(error: &StoreError) -> Self {
        tracing::error!(error = %Chain(error), "the store failed a request");
        match error {
            StoreError::Refused(_) => Self::Internal,
            _ => Self::Unavailable,
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        (&error).into()
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NotFound(id) => Self::OrderNotFound(order_id::public(id)),
            CommandError::Refused(Refusal::NotCancellable(status)) => Self::NotCancellable(status),
            CommandError::Refused(Refusal::VersionMismatch { .. }) => Self::VersionMismatch,
            CommandError::Refused(_) | CommandError::Contended => {
                Self::StateConflict(error.to_string())
            }
            CommandError::KeyConflict => Self::IdempotencyConflict,
            CommandError::Store(error) => error.into(),
            CommandError::Write(WriteError::NotStored(error)) => error.as_ref().into(),
            CommandError::Write(WriteError::OutcomeUnknown) => {
                tracing::error!("whether a write was stored is not known");
                Self::OutcomeUnknown
            }
        }
    }
}

/// A client's own text, short and on one line.
fn shown(text: &str) -> String {
    const LONGEST: usize = 64;
    let end = if text.chars().nth(LONGEST).is_some() { "…" } else { "" };
    let clean = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    text.chars().take(LONGEST).map(clean).chain(end.chars()).collect()
}
