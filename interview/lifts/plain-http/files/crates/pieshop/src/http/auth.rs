//! Who may do what: the administrator's endpoints take a bearer token (RFC 6750).

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use sha2::{Digest, Sha256};

use super::Api;
use super::error::ApiError;

/// SHA-256 of a token: all that is kept of it. How long two hashes take to compare tells nothing
/// about the tokens.
#[derive(Clone, Copy, PartialEq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether it is the hash of this token.
    pub(crate) fn matches(self, token: &str) -> bool {
        self == Self::of(token)
    }
}

/// Proof that the request carries the administrator's token.
pub(super) struct Administrator;

impl FromRequestParts<Api> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
        let (scheme, token) =
            header.and_then(|it| it.split_once(' ')).ok_or(ApiError::Unauthenticated)?;
        if scheme.eq_ignore_ascii_case("bearer") && api.admin.matches(token.trim()) {
            Ok(Self)
        } else {
            Err(ApiError::Unauthenticated)
        }
    }
}
