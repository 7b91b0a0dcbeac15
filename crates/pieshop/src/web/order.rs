//! The page of one order: where the pie is, when it comes, what went wrong, and how to cancel.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use order_core::{Command, Entry, Order, OrderId, Refusal, Status};
use serde::Deserialize;

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
    live_url: String,
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
    live_url: String,
    refresh_url: String,
    /// Leads to the page that pauses, or to the one that goes on.
    pause_url: String,
    ended: bool,
    cancellable: bool,
}

impl Actions {
    /// What can be done about `order`.
    pub(super) fn of(order: &Order, paused: bool) -> Self {
        let id = order_id::public(order.id);
        let (here, paused_here) = (format!("/orders/{id}"), format!("/orders/{id}?live=off"));
        let ended = matches!(order.status(), Status::Completed | Status::Cancelled);
        let live_url = if paused || ended { String::new() } else { format!("{here}/live") };
        let (refresh_url, pause_url) =
            if paused { (paused_here, here) } else { (here, paused_here) };
        let cancellable = cancellable(order);
        Self { order_id: id, live_url, refresh_url, pause_url, ended, cancellable }
    }
}

/// How the page is looked at.
#[derive(Deserialize)]
pub(super) struct View {
    live: Option<String>,
    done: Option<String>,
}

impl View {
    /// Whether nothing shall move.
    pub(super) fn paused(&self) -> bool {
        self.live.as_deref() == Some("off")
    }

    /// What was done just now, on the page before.
    pub(super) fn notice(&self) -> &'static str {
        match self.done.as_deref() {
            Some("saved") => "Contact and address are saved.",
            Some("recovered") => "The order goes on.",
            Some("cancelled") => "The order is being cancelled.",
            _ => "",
        }
    }
}

/// `GET /orders/{id}`
pub(super) async fn show(
    State(web): State<Web>,
    Path(id): Path<String>,
    Query(view): Query<View>,
) -> Response {
    match find(&web, &id).await {
        Ok((order, entries)) => {
            let now = web.orders.ambient.clock.now();
            page(&order, &entries, view.paused(), now)
        }
        Err(answer) => answer,
    }
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

fn page(order: &Order, entries: &[Entry], paused: bool, now: DateTime<Utc>) -> Response {
    let progress = Progress::of(order, entries, now);
    let actions = Actions::of(order, paused);
    let page = OrderPage {
        title: format!("{}: {} – Pie Shop", progress.status.word, order.recipe.name),
        live_url: actions.live_url.clone(),
        order_id: actions.order_id.clone(),
        pie: order.recipe.name.clone(),
        picture: shop::picture(&order.recipe.pie_type),
        name: order.customer.name.clone(),
        email: order.customer.email.clone(),
        phone: order.customer.phone.clone(),
        street: order.address.street.clone(),
        city: order.address.city.clone(),
        state: order.address.state.clone(),
        zip: order.address.zip.clone(),
        created: order.created_at.into(),
        promised: order.promised_delivery.into(),
        actions,
        progress,
    };
    Page(StatusCode::OK, page).into_response()
}

/// Whether it is not too late to cancel, and not done already.
pub(super) fn cancellable(order: &Order) -> bool {
    let over = matches!(order.status(), Status::Delivering | Status::Completed | Status::Cancelled);
    !over && !order.workflow.cancel_requested
}
