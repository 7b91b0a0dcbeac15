//! Reads a request's body: JSON of bounded size.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use serde_json::Value;

use super::Api;
use super::error::ApiError;
use super::json;

/// A body beyond the limit is read on so far without being kept, so that the client gets to read
/// the answer instead of a broken connection.
const DISCARD: usize = 4 << 20;

/// A JSON body of any shape; what it must hold is said field by field by `validate`.
pub(super) struct JsonBody(pub(super) Value);

impl FromRequest<Api> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let bytes = read(request.into_body(), api.body_limit).await?;
        json::read(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut chunks = body.into_data_stream();
    let (mut whole, mut discarded) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        // A client that breaks off gets no answer anyway.
        let chunk = chunk.map_err(|_| ApiError::MalformedJson { line: 1, column: 1 })?;
        if discarded == 0 && whole.len() + chunk.len() <= limit {
            whole.extend_from_slice(&chunk);
            continue;
        }
        discarded += chunk.len();
        if discarded > DISCARD {
            break;
        }
    }
    if discarded == 0 { Ok(whole) } else { Err(ApiError::TooLarge { limit }) }
}
