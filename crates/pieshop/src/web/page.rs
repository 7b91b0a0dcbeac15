//! A page as an answer.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::orchestrator::writer::Chain;

/// Scripts and styles of our own only; nobody may put our pages into a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// As [`POLICY`]; the stylesheet has pictures in it.
pub(super) const WITH_INLINE_PICTURES: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// A page with its status. It may show contact data, and what it shows changes: nobody keeps it.
pub(super) struct Page<T>(pub(super) StatusCode, pub(super) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let html = match self.1.render() {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(error = %Chain(&error), "a page cannot be rendered");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        guarded((self.0, Html(html)).into_response())
    }
}

/// Tells browsers what to keep and to run: nothing, and only ours.
pub(super) fn guarded(mut response: Response) -> Response {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What templates do with values.
#[expect(
    unreachable_pub,
    clippy::inline_always,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "made so by the macro"
)]
pub(super) mod filters {
    use std::fmt::Display;

    use askama::{Result, Values};

    use crate::web::assets;

    /// Where a file of `static/` is served.
    #[askama::filter_fn]
    pub(crate) fn asset(name: impl Display, _: &dyn Values) -> Result<String> {
        Ok(assets::url(&name.to_string()))
    }
}
