//! Whether the service can do its work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use crate::orchestrator::writer::Chain;

/// Whether the service can do its work.
#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    /// `ready`, `degraded` (it works, but something wants attention) or `unavailable`.
    #[schema(example = "ready")]
    pub(super) status: &'static str,
    /// `ok`, or what is wrong with the database.
    #[schema(example = "ok")]
    pub(super) database: &'static str,
    /// `ok`, or what is wrong with the catalog.
    #[schema(example = "ok")]
    pub(super) catalog: String,
}

/// Whether the service can do its work
///
/// A catalog that cannot be read is told of, but the pies known so far can still be ordered.
#[utoipa::path(
    get, path = "/readyz", operation_id = "readyz", tag = "Operation",
    responses(
        (status = 200, description = "It can.",
            body = Readiness),
        (status = 503, description = "It cannot: no order can be stored.",
            body = Readiness),
    ),
)]
pub(super) async fn readyz(State(api): State<Api>) -> Response {
    let catalog = api.catalog.health();
    let (status, summary, database) = match api.orders.store.ping().await {
        Ok(()) if catalog.wants_attention() => (StatusCode::OK, "degraded", "ok"),
        Ok(()) => (StatusCode::OK, "ready", "ok"),
        Err(error) => {
            tracing::error!(error = %Chain(&error), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "does not answer or takes no writes")
        }
    };
    let readiness = Readiness { status: summary, database, catalog: catalog.to_string() };
    (status, Json(readiness)).into_response()
}
