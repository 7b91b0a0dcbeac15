//! What a path names. What is no name of ours does not exist.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use order_core::OrderId;

use super::Api;
use super::error::ApiError;
use crate::order_id;

/// The order that the path names.
pub(super) struct Id(pub(super) OrderId);

impl FromRequestParts<Api> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let text = parameter(parts).await;
        order_id::parse(&text).map(Self).ok_or(ApiError::OrderNotFound(text))
    }
}

/// The pie type that the path names; it need not exist.
pub(super) struct PieType(pub(super) String);

impl FromRequestParts<Api> for PieType {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        Ok(Self(parameter(parts).await))
    }
}

/// The path's only parameter; where it is no UTF-8, a text that names nothing.
async fn parameter(parts: &mut Parts) -> String {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let text = params.ok().and_then(|params| Some(params.iter().next()?.1.to_owned()));
    text.unwrap_or_else(|| "?".into())
}
