//! Cancels an order.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use order_core::{Command, Refusal};
use serde_json::{Map, Value};

use super::error::ApiError;
use super::orders::show;
use super::path::Id;
use super::views::OrderView;
use super::{Api, openapi};
use crate::orchestrator::CommandError;

/// All examples of the description, with those of a cancellation.
pub(super) fn with_examples(mut all: Value) -> Value {
    let own = serde_json::from_str::<Map<_, _>>(include_str!("cancel_examples.json"));
    if let (Some(all), Ok(own)) = (all.as_object_mut(), own) {
        all.extend(own);
    }
    all
}

/// Cancel an order
///
/// Possible until the drone is on its way. What runs is stopped first, then the order is CANCELLED.
#[utoipa::path(
    post, path = "/api/orders/{orderId}/cancel", operation_id = "cancelOrder", tag = "Orders",
    params(openapi::OrderIdParam),
    responses(
        (status = 200, description = "The cancellation was asked for before.",
            body = OrderView),
        (status = 202, description = "The order will be cancelled, or is already.",
            body = OrderView),
    ),
)]
pub(super) async fn cancel(State(api): State<Api>, Id(id): Id) -> Result<Response, ApiError> {
    let status = match api.orders.command(id, Command::Cancel).await {
        Ok(_) => StatusCode::ACCEPTED,
        Err(CommandError::Refused(Refusal::AlreadyRequested)) => StatusCode::OK,
        Err(error) => return Err(error.into()),
    };
    Ok((status, show(&api, id).await?).into_response())
}
