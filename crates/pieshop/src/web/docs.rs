//! The API's documentation, to read and to try: Swagger UI on a page of our own.

use std::sync::Arc;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_swagger_ui::{Config, serve};

use super::page::{Page, WITH_INLINE_PICTURES};
use super::trouble::{Trouble, trouble};

#[derive(Template)]
#[template(path = "docs.html")]
struct Docs {
    title: &'static str,
}

/// `GET /api/docs`
pub(super) async fn show() -> Response {
    let mut answer = Page(StatusCode::OK, Docs { title: "API – Pie Shop" }).into_response();
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, WITH_INLINE_PICTURES);
    answer
}

/// A file of Swagger UI.
pub(super) fn file(name: &'static str) -> Response {
    match serve(name, Arc::new(Config::default())) {
        Ok(Some(file)) => {
            let headers = [
                (header::CONTENT_TYPE, file.content_type),
                (header::CACHE_CONTROL, "public, max-age=86400".to_owned()),
            ];
            (headers, file.bytes.into_owned()).into_response()
        }
        _ => trouble(Trouble::NoPage),
    }
}
