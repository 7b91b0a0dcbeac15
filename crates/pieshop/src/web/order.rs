//! The page of one order: where the pie is, when it comes, and what went wrong.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use order_core::{Entry, Order, OrderId};

use super::actions::Actions;
use super::page::Page;
use super::progress::Progress;
use super::trouble::{Trouble, trouble};
use super::{Web, assets};
use crate::order_id;
use crate::store::StoreError;

/// The whole page.
#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    order: Order,
    actions: Actions,
    progress: Progress,
}

/// `GET /orders/{id}`
pub(super) async fn show(
    State(web): State<Web>,
    Path(id): Path<String>,
    paused: super::live::Paused,
) -> Response {
    let (order, entries) = match find(&web, &id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let actions = Actions::of(&order, paused);
    let now = web.orders.ambient.clock.now();
    let progress = Progress::of(&order, &entries, now);
    let page = OrderPage { order, actions, progress };
    Page(StatusCode::OK, page).into_response()
}

pub(super) async fn find(web: &Web, id: &str) -> Result<(Order, Vec<Entry>), Response> {
    let id: OrderId = order_id::parse(id).ok_or_else(|| trouble(Trouble::NoOrder))?;
    let found = web.orders.store.order_with_history(id).await;
    let away = |error: StoreError| trouble(Trouble::Away(&error));
    found.map_err(away)?.ok_or_else(|| trouble(Trouble::NoOrder))
}
