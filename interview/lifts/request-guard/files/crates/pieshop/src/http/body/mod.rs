//! Reads a request's body: JSON of bounded size.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde_json::Value;

use super::Api;
use super::error::ApiError;

/// Bytes that a body may have.
pub(super) const LIMIT: usize = 65_536;

/// A JSON body of any shape; what it must hold is said field by field by `validate`.
pub(super) struct JsonBody(pub(super) Value);

impl FromRequest<Api> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        let media_type = request.headers().get(header::CONTENT_TYPE);
        if !media_type.is_some_and(|it| it.as_bytes().starts_with(b"application/json")) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let bytes = Bytes::from_request(request, api).await;
        let bytes = bytes.map_err(|_| ApiError::TooLarge { limit: LIMIT })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| ApiError::MalformedJson {
            line: error.line(),
            column: error.column(),
        })
    }
}
