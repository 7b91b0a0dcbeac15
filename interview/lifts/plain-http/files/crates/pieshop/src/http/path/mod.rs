//! What a path names. What is no name of ours does not exist.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use order_core::OrderId;

use super::Api;
use super::error::ApiError;
use crate::order_id;

/// The order that the path names.
pub(super) struct Id(pub(super) OrderId);

impl FromRequestParts<Api> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, api).await;
        let text = path.map_or_else(|_| "?".to_owned(), |Path(text)| text);
        order_id::parse(&text).map(Self).ok_or(ApiError::OrderNotFound(text))
    }
}
