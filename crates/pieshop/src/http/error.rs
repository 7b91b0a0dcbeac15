//! Every error that the API answers with: one enum, one table.

use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order_core::{OrderId, Refusal, Status};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::CatalogError;
use crate::orchestrator::writer::Chain;
use crate::orchestrator::{CommandError, WriteError};
use crate::order_id;
use crate::store::StoreError;

/// An error, as a client is told of it. What went wrong inside is logged where it becomes one.
#[derive(Clone, Debug)]
pub(super) enum ApiError {
    MalformedJson { line: usize, column: usize },
    Invalid(Vec<FieldError>),
    InvalidPieType { pie_type: String, available: Vec<String> },
    Unauthenticated,
    OrderNotFound(String),
    PieNotFound(String),
    NotFound,
    MethodNotAllowed,
    StateConflict(String),
    NotCancellable(Status),
    IdempotencyConflict,
    CatalogReadOnly,
    VersionMismatch,
    TooLarge { limit: usize },
    UnsupportedMediaType,
    PreconditionRequired,
    Internal,
    Unavailable,
    CatalogUnavailable,
    OutcomeUnknown,
    TimedOut,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct FieldError {
    /// Where it is: a path into the body, a query parameter or a header.
    #[schema(example = "customer.email")]
    pub(super) field: String,
    /// What is wrong.
    #[schema(example = "REQUIRED")]
    pub(super) code: &'static str,
    /// What the field takes.
    #[schema(example = "is required")]
    pub(super) message: String,
}

/// The body of every error.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub(super) struct ErrorBody {
    /// A code for programs.
    #[schema(example = "ORDER_NOT_FOUND")]
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
    pub(super) fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::MalformedJson { .. } => (StatusCode::BAD_REQUEST, "MALFORMED_JSON"),
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "VALIDATION_FAILED"),
            Self::InvalidPieType { .. } => (StatusCode::BAD_REQUEST, "INVALID_PIE_TYPE"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
            Self::OrderNotFound(_) => (StatusCode::NOT_FOUND, "ORDER_NOT_FOUND"),
            Self::PieNotFound(_) => (StatusCode::NOT_FOUND, "PIE_NOT_FOUND"),
            Self::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
            Self::StateConflict(_) => (StatusCode::CONFLICT, "STATE_CONFLICT"),
            Self::NotCancellable(_) => (StatusCode::CONFLICT, "NOT_CANCELLABLE"),
            Self::IdempotencyConflict => (StatusCode::CONFLICT, "IDEMPOTENCY_CONFLICT"),
            Self::CatalogReadOnly => (StatusCode::CONFLICT, "CATALOG_READ_ONLY"),
            Self::VersionMismatch => (StatusCode::PRECONDITION_FAILED, "VERSION_MISMATCH"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE")
            }
            Self::PreconditionRequired => {
                (StatusCode::PRECONDITION_REQUIRED, "PRECONDITION_REQUIRED")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
            Self::CatalogUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "CATALOG_UNAVAILABLE"),
            Self::OutcomeUnknown => (StatusCode::SERVICE_UNAVAILABLE, "OUTCOME_UNKNOWN"),
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT"),
        }
    }

    /// One field that is wrong.
    pub(super) fn field(field: &str, code: &'static str, message: &str) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), code, message: message.into() }])
    }

    /// Why a command on this order failed.
    pub(super) fn of_order(id: OrderId) -> impl Fn(CommandError) -> Self {
        move |error| match error {
            CommandError::NotFound => Self::OrderNotFound(order_id::public(id)),
            error => error.into(),
        }
    }

    /// The body of the answer.
    pub(super) fn body(self) -> ErrorBody {
        let (_, error) = self.code();
        let message = self.message();
        let (fields, available_types) = match self {
            Self::Invalid(fields) => (fields, Vec::new()),
            Self::InvalidPieType { available, .. } => (Vec::new(), available),
            _ => Default::default(),
        };
        ErrorBody { error, message, fields, available_types }
    }

    fn message(&self) -> String {
        match self {
            Self::MalformedJson { line, column } => {
                format!("The body is not valid JSON: look at line {line}, column {column}")
            }
            Self::Invalid(_) => "The request is not valid: see fields".into(),
            Self::InvalidPieType { pie_type, .. } => {
                format!("Pie type '{pie_type}' is not available")
            }
            Self::Unauthenticated => "This needs the administrator's token".into(),
            Self::OrderNotFound(id) => format!("Order '{}' does not exist", shown(id)),
            Self::PieNotFound(pie) => format!("Pie type '{}' does not exist", shown(pie)),
            Self::NotFound => "There is nothing at this path".into(),
            Self::MethodNotAllowed => "The path does not take this method: see Allow".into(),
            Self::StateConflict(reason) => reason.clone(),
            Self::NotCancellable(status) => {
                format!("It is too late to cancel: the order is {status}")
            }
            Self::IdempotencyConflict => "This Idempotency-Key was used for another request".into(),
            Self::CatalogReadOnly => "The built-in catalog is read-only".into(),
            Self::VersionMismatch => {
                "The order was changed since, or If-Match holds no ETag of it: read it again".into()
            }
            Self::TooLarge { limit } => format!("The body is longer than {limit} bytes"),
            Self::UnsupportedMediaType => "The body must be application/json".into(),
            Self::PreconditionRequired => {
                "If-Match is missing: send the ETag of the order as you read it".into()
            }
            Self::Internal => "Something went wrong on our side".into(),
            Self::Unavailable => {
                "The order database is not available; nothing was changed. Try again".into()
            }
            Self::CatalogUnavailable => "The pie catalog is not available. Try again".into(),
            Self::OutcomeUnknown => "Whether this was stored is not known. Repeat an order with \
                the same Idempotency-Key; look at an order before you repeat a change"
                .into(),
            Self::TimedOut => "This took too long, and may still have been done".into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, _) = self.code();
        let mut response = (status, Json(self.body())).into_response();
        let header = match status {
            StatusCode::UNAUTHORIZED => (header::WWW_AUTHENTICATE, "Bearer"),
            StatusCode::SERVICE_UNAVAILABLE => (header::RETRY_AFTER, "1"),
            _ => return response,
        };
        response.headers_mut().insert(header.0, HeaderValue::from_static(header.1));
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %Chain(&error), "the store failed a request");
        match error {
            StoreError::Refused(_) => Self::Internal,
            _ => Self::Unavailable,
        }
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NotFound => Self::NotFound,
            CommandError::Refused(refusal) => refusal.into(),
            CommandError::KeyConflict => Self::IdempotencyConflict,
            CommandError::Contended => {
                Self::StateConflict("The order changes too fast: try again".into())
            }
            CommandError::Store(error) => error.into(),
            CommandError::Write(WriteError::OutcomeUnknown) => {
                tracing::error!("whether a write was stored is not known");
                Self::OutcomeUnknown
            }
            CommandError::Write(WriteError::NotStored(error)) => not_stored(&error),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotCancellable(status) => Self::NotCancellable(status),
            Refusal::VersionMismatch { .. } => Self::VersionMismatch,
            other => {
                let reason = other.to_string();
                let mut letters = reason.chars();
                let first = letters.next().map(|letter| letter.to_ascii_uppercase());
                Self::StateConflict(first.into_iter().chain(letters).collect())
            }
        }
    }
}

impl From<CatalogError> for ApiError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::ReadOnly => Self::CatalogReadOnly,
            CatalogError::NotFound(pie_type) => Self::PieNotFound(pie_type),
            CatalogError::LastPie(_) => {
                Self::StateConflict("This is the last pie of the catalog and stays".into())
            }
            CatalogError::Invalid(fields) => Self::Invalid(
                fields
                    .into_iter()
                    .map(|bad| FieldError {
                        field: bad.field,
                        code: bad.code,
                        message: bad.message,
                    })
                    .collect(),
            ),
            error => {
                tracing::error!(error = %Chain(&error), "the catalog failed a request");
                Self::CatalogUnavailable
            }
        }
    }
}

/// A write that many shared fails for each of them, and is logged by each, under its request's id.
fn not_stored(error: &Arc<StoreError>) -> ApiError {
    tracing::error!(error = %Chain(&**error), "a write was not stored");
    match **error {
        StoreError::Refused(_) => ApiError::Internal,
        _ => ApiError::Unavailable,
    }
}

/// A client's own text, short and on one line.
fn shown(text: &str) -> String {
    const LONGEST: usize = 64;
    let end = if text.chars().nth(LONGEST).is_some() { "…" } else { "" };
    let clean = |letter: char| if letter.is_control() { '\u{fffd}' } else { letter };
    text.chars().take(LONGEST).map(clean).chain(end.chars()).collect()
}
