//! Places orders, and shows one or many.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order_core::OrderId;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::auth::Administrator;
use super::body::JsonBody;
use super::error::ApiError;
use super::if_match::etag;
use super::path::Id;
use super::views::{AddressView, CustomerView, OrderItem, OrderPage, OrderView, PlacedOrder};
use super::{Api, filter, openapi};
use crate::filter::Fields;
use crate::order_id;
use crate::store::IdempotencyKey;
use crate::validate::{ANY, Check, order_digest};

/// A new order.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `validate` takes apart field by field")]
pub(super) struct NewOrder {
    /// One of `GET /api/pies`.
    #[schema(min_length = 1, max_length = 50, example = "apple")]
    pie_type: String,
    customer: CustomerView,
    delivery_address: AddressView,
}

/// Order a pie
///
/// Repeating the request with the same `Idempotency-Key` and body answers the first answer again
/// and orders nothing, for 24 hours.
#[utoipa::path(
    post, path = "/api/orders", operation_id = "placeOrder", tag = "Orders",
    params(openapi::IdempotencyKeyParam),
    request_body = NewOrder,
    responses((status = 201, description = "The order is stored and will be carried out.",
        headers(("Location" = String, description = "The order's path")),
        body = PlacedOrder)),
)]
pub(super) async fn place(
    State(api): State<Api>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let mut check = Check::default();
    let root = check.root(&body, &["pieType", "customer", "deliveryAddress"]);
    let key = idempotency_key(&headers, &mut check);
    let pie_type = check.text(&root, "pieType", 50, ANY);
    let customer = check.customer(&root);
    let address = check.address(&root);
    check.end()?;
    let Some(recipe) = api.catalog.find(&pie_type) else {
        let available = api.catalog.pies().iter().map(|pie| pie.pie_type.clone()).collect();
        return Err(ApiError::InvalidPieType { pie_type, available });
    };
    let key =
        key.map(|key| IdempotencyKey { key, body: order_digest(&pie_type, &customer, &address) });
    let placed = PlacedOrder::from(api.orders.place(customer, address, recipe, key).await?);
    let location = HeaderValue::try_from(format!("/api/orders/{}", placed.order_id))
        .map_err(|_| ApiError::Internal)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(placed)).into_response())
}

/// Look up an order
///
/// The `ETag` counts the edits of contact and address; `PATCH` takes it as `If-Match`.
#[utoipa::path(
    get, path = "/api/orders/{orderId}", operation_id = "getOrder", tag = "Orders",
    params(openapi::OrderIdParam),
    responses((status = 200, description = "The order.",
        headers(("ETag" = String, description = "For `If-Match`")),
        body = OrderView)),
)]
pub(super) async fn get(State(api): State<Api>, Id(id): Id) -> Result<Response, ApiError> {
    show(&api, id).await
}

/// List orders, newest first
#[utoipa::path(
    get, path = "/api/orders", operation_id = "listOrders", tag = "Administration",
    params(filter::FilterFields, filter::PageFields),
    responses((status = 200, description = "A page of orders.",
        body = OrderPage)),
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

/// The answer that shows an order as it is now.
pub(super) async fn show(api: &Api, id: OrderId) -> Result<Response, ApiError> {
    let found = api.orders.store.order_with_history(id).await?;
    let (order, entries) = found.ok_or_else(|| ApiError::OrderNotFound(order_id::public(id)))?;
    let etag = HeaderValue::try_from(etag(order.edits)).map_err(|_| ApiError::Internal)?;
    let view = OrderView::new(order, &entries, api.orders.ambient.clock.now());
    // The answer holds contact data, and the estimate changes from second to second.
    let no_store = HeaderValue::from_static("no-store");
    Ok(([(header::ETAG, etag), (header::CACHE_CONTROL, no_store)], Json(view)).into_response())
}

fn idempotency_key(headers: &HeaderMap, check: &mut Check) -> Option<[u8; 32]> {
    const NAME: &str = "Idempotency-Key";
    let key = headers.get(NAME)?.as_bytes();
    let fits = (1..=255).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    if !fits || headers.get_all(NAME).iter().nth(1).is_some() {
        check.fail(NAME, "INVALID", "takes 1 to 255 visible ASCII characters, once");
    }
    Some(Sha256::digest(key).into())
}
