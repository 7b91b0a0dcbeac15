//! Stylesheet, scripts and pictures: embedded, and cached for ever under the version of them all.

use std::fmt::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;
use sha2::{Digest, Sha256};

#[derive(Embed)]
#[folder = "static/"]
struct Files;

/// A hash over all files: their addresses change together, so that they may refer to each other.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for name in Files::iter() {
        hash.update(name.as_bytes());
        hash.update(Files::get(&name).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    hash.finalize()[..6].iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
});

/// Where a file is served.
pub(super) fn url(name: &str) -> String {
    format!("/static/{}/{name}", *VERSION)
}

/// Where the picture of a pie is served; one without its own gets the picture of any pie.
pub(super) fn picture(pie_type: &str) -> String {
    let own = format!("img/{pie_type}.svg");
    url(if Files::get(&own).is_some() { &own } else { "img/pie.svg" })
}

/// Answers with a file; one of another release is not kept.
pub(super) async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let Some(file) = Files::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let keep = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-store" };
    let media_type = file.metadata.mimetype().to_owned();
    ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, keep.to_owned())], file.data)
        .into_response()
}
