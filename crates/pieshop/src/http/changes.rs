//! What administrators change about an order: its contact and address.

use axum::extract::State;
use axum::response::Response;
use order_core::Command;
use utoipa::ToSchema;

use super::auth::Administrator;
use super::body::JsonBody;
use super::error::ApiError;
use super::if_match::IfMatch;
use super::orders::show;
use super::path::Id;
use super::views::{AddressView, CustomerView, OrderView};
use super::{Api, openapi};
use crate::validate::Check;

/// A new contact, a new address, or both; each complete.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
#[expect(dead_code, reason = "describes what `validate` takes apart field by field")]
pub(super) struct OrderEdit {
    #[schema(value_type = CustomerView, required = false)]
    customer: Option<CustomerView>,
    #[schema(value_type = AddressView, required = false)]
    delivery_address: Option<AddressView>,
}

/// Change an order's contact or address
///
/// Possible until the order is DELIVERING, and in ERROR.
#[utoipa::path(
    patch, path = "/api/orders/{orderId}", operation_id = "editOrder", tag = "Administration",
    params(openapi::OrderIdParam, openapi::IfMatchParam),
    request_body = OrderEdit,
    responses((status = 200, description = "The changed order.",
        headers(("ETag" = String, description = "For the next `If-Match`")),
        body = OrderView)),
    security(("administrator" = [])),
)]
pub(super) async fn edit(
    _: Administrator,
    State(api): State<Api>,
    Id(id): Id,
    IfMatch(seen): IfMatch,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let mut check = Check::default();
    let root = check.root(&body, &["customer", "deliveryAddress"]);
    let customer = root.get("customer").map(|_| check.customer(&root));
    let address = root.get("deliveryAddress").map(|_| check.address(&root));
    if customer.is_none() && address.is_none() && check.passes() {
        check.fail("body", "REQUIRED", "takes customer, deliveryAddress or both");
    }
    check.end()?;
    let command = Command::Edit { seen, customer, address };
    api.orders.command(id, command).await?;
    show(&api, id).await
}
