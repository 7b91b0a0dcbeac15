//! Changes to the catalog.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing;
use axum::{Json, Router};
use order_core::Recipe;
use serde_json::Value;

use super::auth::Administrator;
use super::body::JsonBody;
use super::error::ApiError;
use super::path::PieType;
use super::pies::PieFields;
use super::{Api, openapi};
use crate::catalog::CatalogError;
use crate::orchestrator::writer::Chain;
use crate::validate::FieldError;

/// Add or change a pie
///
/// Orders already accepted keep the recipe that they were accepted with.
#[utoipa::path(
    put, path = "/api/pies/{type}", operation_id = "putPie", tag = "Administration",
    params(openapi::PieTypeParam),
    request_body = PieFields,
    responses((status = 200, description = "The pie is on offer.",
        body = PieFields)),
    security(("administrator" = [])),
)]
pub(super) async fn put(
    _: Administrator,
    State(api): State<Api>,
    PieType(pie_type): PieType,
    JsonBody(body): JsonBody,
) -> Result<Json<Recipe>, ApiError> {
    let recipe = parse(body)?;
    if recipe.pie_type != pie_type {
        return Err(ApiError::field("type", "INVALID", "must be the type that the path names"));
    }
    api.catalog.put(recipe.clone()).await?;
    Ok(Json(recipe))
}

/// Take a pie off the menu
#[utoipa::path(
    delete, path = "/api/pies/{type}", operation_id = "deletePie", tag = "Administration",
    params(openapi::PieTypeParam),
    responses((status = 204, description = "The pie is not on offer any more.")),
    security(("administrator" = [])),
)]
pub(super) async fn delete(
    _: Administrator,
    State(api): State<Api>,
    PieType(pie_type): PieType,
) -> Result<StatusCode, ApiError> {
    api.catalog.delete(&pie_type).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes that change the catalog.
pub(super) fn routes() -> Router<Api> {
    Router::new().route("/api/pies/{type}", routing::put(put).delete(delete))
}

/// Takes a recipe apart; the first field of the wrong shape is reported.
fn parse(body: Value) -> Result<Recipe, ApiError> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let field = error.path().to_string();
        let field = if field == "." { "body" } else { &field };
        ApiError::field(field, "INVALID", &error.inner().to_string())
    })
}

/// What an operation of this module answers where it goes wrong.
pub(super) fn errors(operation: &str) -> Vec<ApiError> {
    let own = if operation == "putPie" {
        vec![ApiError::field("name", "REQUIRED", "is required")]
    } else {
        let last = ApiError::StateConflict(CatalogError::LastPie("apple".into()).to_string());
        vec![ApiError::PieNotFound("chocolate".into()), last]
    };
    [own, vec![ApiError::CatalogReadOnly, ApiError::CatalogUnavailable]].concat()
}

impl From<CatalogError> for ApiError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::ReadOnly => Self::CatalogReadOnly,
            CatalogError::NotFound(pie_type) => Self::PieNotFound(pie_type),
            CatalogError::LastPie(_) => Self::StateConflict(error.to_string()),
            CatalogError::Invalid(fields) => Self::Invalid(
                fields
                    .into_iter()
                    .map(|it| FieldError { field: it.field, code: it.code, message: it.message })
                    .collect(),
            ),
            error => {
                tracing::error!(error = %Chain(&error), "the catalog failed a request");
                Self::CatalogUnavailable
            }
        }
    }
}
