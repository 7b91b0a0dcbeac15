//! Example data of the API's documentation.

use serde_json::{Value, json};

/// The id of the example order.
pub(super) const ORDER_ID: &str = "ord_01kcq8k0g0e8gs1x5yv8m3n7qf";

pub(super) fn new_order() -> Value {
    json!({"pieType": "apple", "customer": customer(), "deliveryAddress": address()})
}

pub(super) fn placed() -> Value {
    json!({
        "orderId": ORDER_ID,
        "status": "ORDERED",
        "estimatedDelivery": "2025-12-17T18:30:00Z",
        "createdAt": "2025-12-17T16:00:00Z",
    })
}

pub(super) fn order() -> Value {
    json!({
        "orderId": ORDER_ID,
        "pieType": "apple",
        "customer": customer(),
        "deliveryAddress": address(),
        "status": "BAKING",
        "createdAt": "2025-12-17T16:00:00Z",
        "updatedAt": "2025-12-17T16:45:00Z",
        "estimatedDelivery": "2025-12-17T18:30:00Z",
        "progress": 30,
        "secondsRemaining": 6300,
        "cancelRequested": false,
        "history": [
            {"state": "ORDERED", "timestamp": "2025-12-17T16:00:00Z"},
            {"state": "PICKING", "timestamp": "2025-12-17T16:05:00Z"},
            {"state": "PREPPING", "timestamp": "2025-12-17T16:35:00Z"},
            {"state": "BAKING", "timestamp": "2025-12-17T16:45:00Z"},
        ],
    })
}

pub(super) fn readiness(ready: bool) -> Value {
    let (status, database) =
        if ready { ("ready", "ok") } else { ("unavailable", "does not answer or takes no writes") };
    json!({"status": status, "database": database, "catalog": "ok"})
}

pub(super) fn customer() -> Value {
    json!({"name": "Jane Doe", "email": "jane@example.com", "phone": "+1-555-0123"})
}

pub(super) fn address() -> Value {
    json!({"street": "123 Main St", "city": "Springfield", "state": "IL", "zip": "62701"})
}
