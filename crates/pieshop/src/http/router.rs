//! Every route of the API.

use std::sync::Arc;

use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};

use super::error::ApiError;
use super::{Api, ApiState, changes, health, openapi, orders, pies, recovery, request, stats};

/// The API and the pages, ready to be served; `no_page` answers where there is neither.
pub fn router(state: ApiState, pages: Router, no_page: fn() -> Response) -> Router {
    let api = Arc::new(state);
    routes()
        .route("/api/openapi.json", get(openapi::json))
        .merge(pages.with_state(()))
        .fallback(async move |uri: Uri| {
            let api = uri.path().starts_with("/api/");
            if api { ApiError::NotFound.into_response() } else { no_page() }
        })
        .layer(middleware::from_fn_with_state(api.clone(), request::around))
        .with_state(api)
}

fn routes() -> Router<Api> {
    Router::new()
        .route("/api/orders", post(orders::place).get(orders::list))
        .route("/api/orders/{orderId}", get(orders::get).patch(changes::edit))
        .route("/api/orders/{orderId}/cancel", post(super::cancel::cancel))
        .route("/api/orders/{orderId}/recovery", post(recovery::one))
        .route("/api/orders/recovery", post(super::bulk::recover))
        .merge(super::events::routes())
        .route("/api/pies", get(pies::list))
        .route("/api/pies/{type}", get(pies::get))
        .merge(super::pie_changes::routes())
        .route("/api/stats", get(stats::stats))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(super::readiness::readyz))
}
