//! Stylesheet, scripts and pictures: embedded in the program.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "static/"]
struct Files;

/// Where a file is served.
pub(super) fn url(name: &str) -> String {
    format!("/static/{name}")
}

/// Where the picture of a pie is served.
pub(super) fn picture(pie_type: &str) -> String {
    url(&format!("img/{pie_type}.svg"))
}

/// Answers with a file; browsers ask for it anew each time, for the next release may change it.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let Some(file) = Files::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let media_type = file.metadata.mimetype().to_owned();
    (
        [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-cache".to_owned())],
        file.data,
    )
        .into_response()
}
