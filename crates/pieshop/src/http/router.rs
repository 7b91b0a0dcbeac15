//! Every route of the API.

use std::sync::Arc;

use axum::{Router, middleware};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::ApiError;
use super::{Api, ApiState, health, openapi, orders, request};

/// The API, ready to be served.
pub fn router(state: ApiState) -> Router {
    let api = Arc::new(state);
    let (router, _) = documented();
    router
        .fallback(|| async { ApiError::NotFound })
        .layer(middleware::from_fn_with_state(api.clone(), request::around))
        .with_state(api)
}

/// The documented routes, and what their documentation says.
pub(super) fn documented() -> (Router<Api>, OpenApi) {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(orders::place))
        .routes(routes!(orders::get))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .split_for_parts()
}
