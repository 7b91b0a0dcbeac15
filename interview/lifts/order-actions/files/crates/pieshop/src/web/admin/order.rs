//! Everything about one order.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use order_core::{Entry, Order};

use super::session::Session;
use crate::order_id;
use crate::web::Web;
use crate::web::order::find;
use crate::web::page::Page;
use crate::web::words::{Badge, late};

#[derive(Template)]
#[template(path = "admin_detail.html")]
struct Detail {
    order_id: String,
    status: Badge,
    late: String,
    order: Order,
    history: Vec<Entry>,
}

/// `GET /admin/orders/{id}`
pub(super) async fn show(
    _: Session,
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Response {
    let (order, history) = match find(&web, &id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let page = Detail {
        order_id: order_id::public(order.id),
        status: order.status().into(),
        late: late(&order, web.orders.ambient.clock.now()),
        order,
        history,
    };
    Page(StatusCode::OK, page).into_response()
}
