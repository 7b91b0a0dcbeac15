//! What the API shows of orders: the specification's fields and a few more.

use chrono::{DateTime, Utc};
use order_core::{Address, Customer, Entry, Order, State, Status};
use serde::Serialize;
use utoipa::ToSchema;

use super::openapi;
use crate::order_id;
use crate::store::FirstAnswer;

/// The answer to a new order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlacedOrder {
    /// The order's id. Whoever knows it may see and cancel the order.
    pub(super) order_id: String,
    #[schema(value_type = OrderStatus)]
    pub(super) status: &'static str,
    /// When the pie is expected at the door.
    pub(super) estimated_delivery: DateTime<Utc>,
    pub(super) created_at: DateTime<Utc>,
}

impl From<FirstAnswer> for PlacedOrder {
    fn from(answer: FirstAnswer) -> Self {
        Self {
            order_id: order_id::public(answer.id),
            status: Status::Ordered.as_str(),
            estimated_delivery: answer.promised_delivery,
            created_at: answer.created_at,
        }
    }
}

/// One order with everything that is known of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Order)]
pub(super) struct OrderView {
    order_id: String,
    pie_type: String,
    #[schema(value_type = CustomerView)]
    customer: Customer,
    #[schema(value_type = AddressView)]
    delivery_address: Address,
    #[schema(value_type = OrderStatus)]
    status: &'static str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// When the pie is expected at the door, by what is known now.
    estimated_delivery: DateTime<Utc>,
    /// How much of the expected time has passed, in percent; 100 only at the door.
    #[schema(maximum = 100)]
    progress: u8,
    /// Seconds until the estimated delivery; missing when none is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false)]
    seconds_remaining: Option<i64>,
    /// What went wrong; only in ERROR.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
    /// Whether the order will end in CANCELLED as soon as nothing of it runs any more.
    cancel_requested: bool,
    /// The states that the order went through, oldest first.
    history: Vec<HistoryEntry>,
}

impl OrderView {
    /// What is shown of an order `now`.
    pub(super) fn new(order: Order, entries: &[Entry], now: DateTime<Utc>) -> Self {
        Self {
            order_id: order_id::public(order.id),
            pie_type: order.recipe.pie_type.clone(),
            status: order.status().as_str(),
            created_at: order.created_at,
            updated_at: order.updated_at,
            estimated_delivery: order.estimated_delivery,
            progress: order.progress(now),
            seconds_remaining: order.seconds_remaining(now),
            failure: FailureView::of(&order),
            cancel_requested: order.workflow.cancel_requested,
            history: entries.iter().filter(|entry| changes_state(entry)).map(Into::into).collect(),
            customer: order.customer,
            delivery_address: order.address,
        }
    }
}

/// Whether an entry is a change of state, which the customer sees.
pub(super) fn changes_state(entry: &Entry) -> bool {
    entry.from != Some(entry.to)
}

/// One order of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderItem {
    order_id: String,
    #[schema(value_type = CustomerView)]
    customer: Customer,
    pie_type: String,
    #[schema(value_type = OrderStatus)]
    status: &'static str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    estimated_delivery: DateTime<Utc>,
    /// The number of the robot's job that is under way, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    /// Whether the time promised at creation has passed without a delivery.
    late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureView>,
}

impl OrderItem {
    /// What a list shows of an order `now`.
    pub(super) fn new(order: Order, now: DateTime<Utc>) -> Self {
        Self {
            order_id: order_id::public(order.id),
            pie_type: order.recipe.pie_type.clone(),
            status: order.status().as_str(),
            created_at: order.created_at,
            updated_at: order.updated_at,
            estimated_delivery: order.estimated_delivery,
            attempt: order.state().work().map(|work| work.attempt),
            late: order.is_late(now),
            failure: FailureView::of(&order),
            customer: order.customer,
        }
    }
}

/// A page of orders, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderPage {
    pub(super) orders: Vec<OrderItem>,
    /// Asks for the next page as `cursor`; null on the last one.
    #[schema(required = true)]
    pub(super) next_cursor: Option<String>,
}

/// Who ordered.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Customer)]
#[expect(dead_code, reason = "describes order_core::Customer, which knows nothing of the API")]
pub(super) struct CustomerView {
    #[schema(min_length = 1, max_length = 255, example = "Jane Doe")]
    name: String,
    #[schema(format = "idn-email", max_length = 255, example = "jane@example.com")]
    email: String,
    /// 7 to 15 digits, with `+`, `-`, `(`, `)`, `.` and blanks between them.
    #[schema(
        max_length = 20,
        pattern = r"^\+?([-(). ]*[0-9]){7,15}[-(). ]*$",
        example = "+1-555-0123"
    )]
    phone: String,
}

/// Where the pie goes.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Address)]
#[expect(dead_code, reason = "describes order_core::Address, which knows nothing of the API")]
pub(super) struct AddressView {
    #[schema(min_length = 1, max_length = 255, example = "123 Main St")]
    street: String,
    #[schema(min_length = 1, max_length = 100, example = "Springfield")]
    city: String,
    /// A US state, or DC.
    #[schema(schema_with = openapi::us_state)]
    state: String,
    #[schema(pattern = "^[0-9]{5}(-[0-9]{4})?$", example = "62701")]
    zip: String,
}

/// What went wrong, in a customer's words.
#[derive(Serialize, ToSchema)]
#[schema(as = Failure)]
pub(super) struct FailureView {
    #[schema(example = "BURNT")]
    code: String,
    #[schema(example = "Your pie was burnt in the oven.")]
    message: String,
}

impl FailureView {
    fn of(order: &Order) -> Option<Self> {
        let State::Error(failure) = order.state() else { return None };
        Some(Self { code: failure.code.clone(), message: failure.message.clone() })
    }
}

/// One state that an order went through.
#[derive(Serialize, ToSchema)]
pub(super) struct HistoryEntry {
    #[schema(value_type = OrderStatus)]
    state: &'static str,
    /// When the order entered it.
    timestamp: DateTime<Utc>,
}

impl From<&Entry> for HistoryEntry {
    fn from(entry: &Entry) -> Self {
        Self { state: entry.to.as_str(), timestamp: entry.at }
    }
}

/// The states of an order.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE")]
#[expect(dead_code, reason = "describes order_core::Status, which knows nothing of the API")]
pub(super) enum OrderStatus {
    Ordered,
    Picking,
    Prepping,
    Baking,
    Delivering,
    Completed,
    Error,
    Cancelled,
}
