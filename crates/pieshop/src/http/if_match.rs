//! Nobody changes an order that they have not seen as it is: its entity tag counts its edits
//! (RFC 9110, sections 8.8.3 and 13.1.1).

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};

use super::Api;
use super::error::ApiError;

/// The number of edits that the client has seen, by its `If-Match`.
pub(super) struct IfMatch(pub(super) i32);

impl FromRequestParts<Api> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let header = parts.headers.get(header::IF_MATCH).ok_or(ApiError::PreconditionRequired)?;
        let tag = header.to_str().ok().and_then(|it| it.strip_prefix('"')?.strip_suffix('"'));
        let seen = tag.and_then(|tag| tag.parse().ok()).filter(|seen| *header == etag(*seen));
        seen.map(Self).ok_or(ApiError::VersionMismatch)
    }
}

/// The entity tag of an order that was edited so many times.
pub(super) fn etag(edits: i32) -> String {
    format!("\"{edits}\"")
}
