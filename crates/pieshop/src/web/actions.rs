//! What the customer can do about an order, on its page.

use askama::Template;
use order_core::{Order, Status};

use super::cancel::cancellable;
use super::live::{Live, Paused};
use crate::order_id;

/// What the customer can do about the order.
#[derive(Template)]
#[template(path = "order_actions.html")]
pub(super) struct Actions {
    pub(super) order_id: String,
    pub(super) live: Live,
    ended: bool,
    cancellable: bool,
}

impl Actions {
    /// What can be done about `order`.
    pub(super) fn of(order: &Order, paused: Paused) -> Self {
        let order_id = order_id::public(order.id);
        Self {
            live: Live::of(order, format!("/orders/{order_id}"), paused),
            order_id,
            ended: matches!(order.status(), Status::Completed | Status::Cancelled),
            cancellable: cancellable(order),
        }
    }
}
