//! Every route of the API.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::ApiError;
use super::{Api, ApiState, changes, health, openapi, orders, pies, recovery, request, stats};

/// The API and the pages, ready to be served; `no_page` answers where there is neither.
pub fn router(state: ApiState, pages: Router, no_page: fn() -> Response) -> Router {
    let api = Arc::new(state);
    let (router, document) = documented();
    // Written once; a text cannot fail to be written.
    let document = Bytes::from(openapi::finish(document).to_json().unwrap_or_default());
    router
        .route(
            "/api/openapi.json",
            get(async move || ([(CONTENT_TYPE, "application/json")], document)),
        )
        .merge(pages.with_state(()))
        .fallback(async move |uri: Uri| {
            let api = uri.path().starts_with("/api/");
            if api { ApiError::NotFound.into_response() } else { no_page() }
        })
        .layer(middleware::from_fn_with_state(api.clone(), request::around))
        .with_state(api)
}

/// The documented routes, and what their documentation says.
pub(super) fn documented() -> (Router<Api>, OpenApi) {
    OpenApiRouter::with_openapi(openapi::head())
        .routes(routes!(orders::place, orders::list))
        .routes(routes!(orders::get, changes::edit))
        .routes(routes!(changes::cancel))
        .routes(routes!(recovery::one))
        .routes(routes!(super::bulk::recover))
        .merge(super::events::routes())
        .routes(routes!(pies::list))
        .routes(routes!(pies::get))
        .routes(routes!(super::pie_changes::put, super::pie_changes::delete))
        .routes(routes!(stats::stats))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .split_for_parts()
}
