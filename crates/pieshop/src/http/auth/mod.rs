//! Who may do what: the administrator's endpoints take a bearer token (RFC 6750).

use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use sha2::{Digest, Sha256};

use super::Api;
use super::error::ApiError;

/// SHA-256 of a token: all that is kept of it.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

/// A text that is no hash of a token.
#[derive(Debug, thiserror::Error)]
#[error("a token's hash has 64 hexadecimal digits")]
pub struct InvalidHash;

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Result<Self, InvalidHash> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidHash);
        }
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| InvalidHash)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidHash)?;
        }
        Ok(Self(hash))
    }

    /// Compares in constant time, so that the time taken tells nothing about the token.
    fn matches(&self, token: &str) -> bool {
        let other = Self::of(token);
        let difference = self.0.iter().zip(other.0).fold(0, |sum, (a, b)| sum | (a ^ b));
        std::hint::black_box(difference) == 0
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
