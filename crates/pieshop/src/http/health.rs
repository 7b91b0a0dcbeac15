//! Whether the process is alive.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// A process that is alive.
#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process is alive
#[utoipa::path(
    get, path = "/healthz", operation_id = "healthz", tag = "Operation",
    responses((status = 200, description = "It is.",
        body = Alive)),
)]
pub(super) async fn healthz() -> Json<Alive> {
    Json(Alive { status: "ok" })
}
