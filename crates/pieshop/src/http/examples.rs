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

pub(super) fn cancelling() -> Value {
    let mut order = order();
    order["cancelRequested"] = true.into();
    if let Some(order) = order.as_object_mut() {
        order.remove("secondsRemaining");
    }
    order
}

pub(super) fn cancelled() -> Value {
    let mut order = cancelling();
    order["status"] = "CANCELLED".into();
    if let Some(history) = order["history"].as_array_mut() {
        history.push(json!({"state": "CANCELLED", "timestamp": "2025-12-17T16:46:00Z"}));
    }
    order
}

pub(super) fn edit() -> Value {
    json!({"deliveryAddress": address()})
}

pub(super) fn recovery() -> Value {
    json!({"action": "retry", "note": "the oven is repaired"})
}

pub(super) fn recovery_of_many() -> Value {
    json!({"action": "retry", "note": "the oven is repaired", "filter": {"pieType": "apple"}})
}

pub(super) fn page() -> Value {
    json!({
        "orders": [{
            "orderId": ORDER_ID,
            "customer": customer(),
            "pieType": "apple",
            "status": "ERROR",
            "createdAt": "2025-12-17T16:00:00Z",
            "updatedAt": "2025-12-17T16:45:00Z",
            "estimatedDelivery": "2025-12-17T18:30:00Z",
            "late": false,
            "failure": {"code": "BURNT", "message": "Your pie was burnt in the oven."},
        }],
        "nextCursor": ORDER_ID,
    })
}

pub(super) fn pie() -> Value {
    json!({
        "type": "apple",
        "name": "Classic Apple Pie",
        "description": "Traditional American apple pie with cinnamon",
        "bakingTime": 45,
        "bakingTemp": 375,
        "ingredients": [
            {"item": "apples", "quantity": 6, "unit": "whole"},
            {"item": "sugar", "quantity": 0.75, "unit": "cup"},
        ],
        "prepSteps": ["wash_fruit", "peel_fruit", "slice_fruit", "make_dough", "assemble"],
        "difficulty": "medium",
        "pick": {"fruitType": "apple", "quantity": 6, "quality": "premium"},
    })
}

pub(super) fn stats() -> Value {
    json!({
        "orders": {
            "ORDERED": 0, "PICKING": 3, "PREPPING": 5, "BAKING": 8, "DELIVERING": 4,
            "COMPLETED": 1204, "ERROR": 2, "CANCELLED": 17,
        },
        "completed": {"lastMinute": 1, "lastHour": 64},
        "stages": {"PICKING": {"p50Seconds": 44.1, "p95Seconds": 59.0}},
        "robots": {"picker": {"breaker": "closed"}, "delivery": {"breaker": "half-open"}},
    })
}

/// The text of an event stream with one event.
pub(super) fn stream(id: &str) -> String {
    let data = json!({
        "orderId": ORDER_ID, "from": "PREPPING", "state": "BAKING",
        "timestamp": "2025-12-17T16:45:00Z",
    });
    format!("event: transition\nid: {id}\ndata: {data}\n\n")
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
