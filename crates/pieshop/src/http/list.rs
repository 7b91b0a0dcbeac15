//! Lists orders for the administrator.

use axum::Json;
use axum::extract::{RawQuery, State};

use super::auth::Administrator;
use super::error::ApiError;
use super::filter::{Fields, FilterFields, PageFields};
use super::validate::Check;
use super::views::{OrderItem, OrderPage};
use super::{Api, examples};
use crate::order_id;

/// List orders, newest first
#[utoipa::path(
    get, path = "/api/orders", operation_id = "listOrders", tag = "Administration",
    params(FilterFields, PageFields),
    responses((status = 200, description = "A page of orders.",
        body = OrderPage, example = json!(examples::page()))),
    security(("administrator" = [])),
)]
pub(super) async fn list(
    _: Administrator,
    State(api): State<Api>,
    RawQuery(query): RawQuery,
) -> Result<Json<OrderPage>, ApiError> {
    let now = api.orders.ambient.clock.now();
    let mut check = Check::default();
    let mut fields = Fields::of_query(query.as_deref(), &mut check);
    let filter = fields.filter(now, &mut check);
    let (limit, before) = fields.page(&mut check);
    fields.end(&mut check);
    check.end()?;
    // One more than is shown tells whether there is a next page.
    let mut orders = api.orders.store.list(&filter, before, limit + 1).await?;
    let more = orders.len() > usize::from(limit);
    orders.truncate(limit.into());
    let last = orders.last().filter(|_| more);
    let next_cursor = last.map(|order| order_id::public(order.id));
    let orders = orders.into_iter().map(|order| OrderItem::new(order, now)).collect();
    Ok(Json(OrderPage { orders, next_cursor }))
}
