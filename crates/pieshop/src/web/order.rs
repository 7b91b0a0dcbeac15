//! The page of one order: where the pie is, when it comes, what went wrong, and how to cancel.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use order_core::{Command, Entry, Order, OrderId, Refusal, Status};

use super::live::{Live, Paused};
use super::page::{Page, filters};
use super::progress::Progress;
use super::trouble::{Trouble, trouble};
use super::words::Time;
use super::{Web, shop};
use crate::orchestrator::CommandError;
use crate::order_id;
use crate::store::StoreError;

/// The whole page.
#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    title: String,
    order_id: String,
    pie: String,
    picture: String,
    name: String,
    street: String,
    city: String,
    state: String,
    zip: String,
    email: String,
    phone: String,
    created: Time,
    promised: Time,
    actions: Actions,
    progress: Progress,
}

/// What the customer can do about the order.
#[derive(Template)]
#[template(path = "order_actions.html")]
pub(super) struct Actions {
    order_id: String,
    live: Live,
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

/// `GET /orders/{id}`
pub(super) async fn show(
    State(web): State<Web>,
    Path(id): Path<String>,
    paused: Paused,
) -> Response {
    let (order, entries) = match find(&web, &id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let progress = Progress::of(&order, &entries, web.orders.ambient.clock.now());
    let actions = Actions::of(&order, paused);
    let page = OrderPage {
        title: format!("{}: {} – Pie Shop", progress.status.word, order.recipe.name),
        order_id: actions.order_id.clone(),
        picture: shop::picture(&order.recipe.pie_type),
        pie: order.recipe.name.clone(),
        name: order.customer.name,
        email: order.customer.email,
        phone: order.customer.phone,
        street: order.address.street,
        city: order.address.city,
        state: order.address.state,
        zip: order.address.zip,
        created: order.created_at.into(),
        promised: order.promised_delivery.into(),
        actions,
        progress,
    };
    Page(StatusCode::OK, page).into_response()
}

/// `POST /orders/{id}/cancel`
pub(super) async fn cancel(State(web): State<Web>, Path(id): Path<String>) -> Response {
    let Some(number) = order_id::parse(&id) else { return trouble(Trouble::NoOrder) };
    match web.orders.command(number, Command::Cancel).await {
        // The page says what became of it, also where the drone was quicker.
        Ok(_)
        | Err(CommandError::Refused(Refusal::AlreadyRequested | Refusal::NotCancellable(_))) => {
            Redirect::to(&format!("/orders/{id}")).into_response()
        }
        Err(CommandError::NotFound) => trouble(Trouble::NoOrder),
        Err(error) => trouble(Trouble::Away(&error)),
    }
}

pub(super) async fn find(web: &Web, id: &str) -> Result<(Order, Vec<Entry>), Response> {
    let id: OrderId = order_id::parse(id).ok_or_else(|| trouble(Trouble::NoOrder))?;
    let found = web.orders.store.order_with_history(id).await;
    let away = |error: StoreError| trouble(Trouble::Away(&error));
    found.map_err(away)?.ok_or_else(|| trouble(Trouble::NoOrder))
}

/// Whether it is not too late to cancel, and not done already.
pub(super) fn cancellable(order: &Order) -> bool {
    let over = matches!(order.status(), Status::Delivering | Status::Completed | Status::Cancelled);
    !over && !order.workflow.cancel_requested
}
