//! The public form of an order's id: a `TypeID`, `ord_` and the UUID in base32.

use order_core::OrderId;
use type_safe_id::{StaticType, TypeSafeId};
use uuid::Uuid;

/// The prefix of order ids.
#[derive(Default)]
struct Prefix;

impl StaticType for Prefix {
    const TYPE: &'static str = "ord";
}

/// What people and logs see of an order's id.
pub fn public(id: OrderId) -> String {
    TypeSafeId::<Prefix>::from_uuid(id.0).to_string()
}

/// The order that `text` names; `None` for anything that this service never gave out.
pub fn parse(text: &str) -> Option<OrderId> {
    let uuid: Uuid = text.parse::<TypeSafeId<Prefix>>().ok()?.uuid();
    Some(OrderId(uuid)).filter(|id| public(*id) == text)
}
