//! The API's documentation, to read and to try; everything comes from this program.

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::Api;

/// `/api/docs` and `/api/openapi.json`.
pub(super) fn pages(document: OpenApi) -> Router<Api> {
    let config = Config::default().display_request_duration(true).try_it_out_enabled(true);
    SwaggerUi::new("/api/docs").config(config).url("/api/openapi.json", document).into()
}
