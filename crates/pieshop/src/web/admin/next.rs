//! Where somebody goes on after the sign-in: where the session ended.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::byte_serialize;

/// Why somebody comes to the sign-in, and where they want to go on.
#[derive(Deserialize)]
pub(super) struct Next {
    expired: Option<String>,
    #[serde(default)]
    next: String,
}

impl Next {
    /// Whether a session has ended that goes on after the sign-in.
    pub(super) fn goes_on(&self) -> bool {
        self.expired.is_some() && self.url() != "/admin"
    }

    /// A page of this site, or the dashboard: nobody is led elsewhere by a link to the sign-in.
    pub(super) fn url(&self) -> &str {
        let next = self.next.as_str();
        let ours = next == "/admin" || next.starts_with("/admin/") || next.starts_with("/admin?");
        if ours && !next.contains(['\\', '\r', '\n']) { next } else { "/admin" }
    }
}

/// The page that a request without a session was for.
pub(super) fn asked_for(parts: &Parts) -> Option<String> {
    match parts.method {
        Method::GET => parts.uri.path_and_query().map(ToString::to_string),
        _ => came_from(&parts.headers),
    }
}

/// Where a session begins that goes on at `next`.
pub(super) fn sign_in(next: Option<String>) -> String {
    let next = next.unwrap_or_else(|| "/admin".into());
    let next: String = byte_serialize(next.as_bytes()).collect();
    format!("/admin/sign-in?expired&next={next}")
}

/// The page of this site that holds the form or the link that was used.
pub(super) fn came_from(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let page = Url::parse(referer).ok()?;
    let query = page.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{}{query}", page.path()))
}
