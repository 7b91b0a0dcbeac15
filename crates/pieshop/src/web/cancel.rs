//! How a customer cancels an order.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use order_core::{Command, Order, Refusal, Status};

use super::Web;
use super::trouble::{Trouble, trouble};
use crate::orchestrator::CommandError;
use crate::order_id;

/// `POST /orders/{id}/cancel`
pub(super) async fn cancel(State(web): State<Web>, Path(id): Path<String>) -> Response {
    let Some(number) = order_id::parse(&id) else { return trouble(Trouble::NoOrder) };
    match web.orders.command(number, Command::Cancel).await {
        // The page says what became of it, also where the drone was quicker.
        Ok(_)
        | Err(CommandError::Refused(Refusal::AlreadyRequested | Refusal::NotCancellable(_))) => {
            Redirect::to(&format!("/orders/{id}")).into_response()
        }
        Err(CommandError::NotFound(_)) => trouble(Trouble::NoOrder),
        Err(error) => trouble(Trouble::Away(&error)),
    }
}

/// Whether it is not too late to cancel, and not done already.
pub(super) fn cancellable(order: &Order) -> bool {
    let over = matches!(order.status(), Status::Delivering | Status::Completed | Status::Cancelled);
    !over && !order.workflow.cancel_requested
}
