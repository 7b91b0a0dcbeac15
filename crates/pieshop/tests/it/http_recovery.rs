//! Putting orders in ERROR right.

use order_core::Status;
use serde_json::{Value, json};

use crate::support::{Answer, Shop, new_order};

#[tokio::test]
async fn each_action_takes_an_order_in_error_where_it_says() {
    let shop = Shop::open().await;
    for (action, note, status) in [
        ("retry", Value::Null, "BAKING"),
        ("retry", json!("oven repaired"), "BAKING"),
        ("skip", json!("baked by hand"), "DELIVERING"),
        ("close", json!("refunded"), "CANCELLED"),
    ] {
        let id = failed(&shop).await;
        assert_eq!("BURNT", shop.shown(&id).await.body["failure"]["code"]);
        let answer = recover(&shop, &id, &json!({"action": action, "note": note})).await;
        assert_eq!((200, &json!(status)), (answer.status, &answer.body["status"]), "{action}");
        assert_eq!(Value::Null, answer.body["failure"]);
        let (_, history) = shop
            .store
            .order_with_history(pieshop::order_id::parse(&id).unwrap())
            .await
            .unwrap()
            .unwrap();
        let noted = history.last().unwrap().note.clone().unwrap();
        let expected = note.as_str().map_or(action.to_owned(), |note| format!("{action}: {note}"));
        assert_eq!(expected, noted);
    }
}

#[tokio::test]
async fn an_order_that_is_not_in_error_needs_no_recovery() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let answer = recover(&shop, &id, &json!({"action": "retry"})).await;
    assert_eq!((409, "STATE_CONFLICT"), answer.error());
    let message = "This cannot be done now: an order in ORDERED needs no recovery";
    assert_eq!(message, answer.body["message"]);
    let absent = "ord_01kcq8k0g0e8gs1x5yv8m3n7qf";
    let answer = recover(&shop, absent, &json!({"action": "retry"})).await;
    assert_eq!((404, "ORDER_NOT_FOUND"), answer.error());
}

#[tokio::test]
async fn a_recovery_must_say_what_to_do_and_why() {
    let shop = Shop::open().await;
    let id = failed(&shop).await;
    let long = "x".repeat(501);
    for (body, expected) in [
        (json!({}), vec![("action", "REQUIRED")]),
        (json!({"action": "RETRY"}), vec![("action", "INVALID")]),
        (json!({"action": "drop table orders"}), vec![("action", "TOO_LONG")]),
        (json!({"action": 1}), vec![("action", "INVALID_TYPE")]),
        (json!({"action": "skip"}), vec![("note", "REQUIRED")]),
        (json!({"action": "skip", "note": "  "}), vec![("note", "REQUIRED")]),
        (json!({"action": "close", "note": null}), vec![("note", "REQUIRED")]),
        (json!({"action": "retry", "note": long}), vec![("note", "TOO_LONG")]),
        (json!({"action": "retry", "note": "a\u{0}"}), vec![("note", "CONTROL_CHARACTERS")]),
        (json!({"action": "retry", "note": 7}), vec![("note", "INVALID_TYPE")]),
        (json!({"action": "retry", "filter": {}}), vec![("filter", "UNKNOWN_FIELD")]),
    ] {
        let answer = recover(&shop, &id, &body).await;
        assert_eq!((400, "VALIDATION_FAILED"), answer.error(), "{body}");
        assert_eq!(expected, answer.fields(), "{body}");
    }
}

#[tokio::test]
async fn a_bulk_recovery_recovers_what_matches_and_counts_the_rest() {
    let shop = Shop::open().await;
    let mut cherry = new_order();
    cherry["pieType"] = json!("cherry");
    let healthy = shop.order().await;
    let (first, second) = (failed(&shop).await, failed(&shop).await);
    let other = shop.order_of(&cherry).await;
    shop.bring(&other, Status::Error).await;

    let body = json!({"action": "retry", "filter": {"pieType": "apple"}});
    let answer = shop.post("/api/orders/recovery").admin().json(&body).send().await;
    assert_eq!(json!({"matched": 3, "changed": 2, "skipped": 1}), answer.body);
    for (id, status) in
        [(&healthy, "ORDERED"), (&first, "BAKING"), (&second, "BAKING"), (&other, "ERROR")]
    {
        assert_eq!(status, shop.shown(id).await.body["status"]);
    }
    let body =
        json!({"action": "close", "note": "over", "filter": {"status": "ERROR", "q": "jane"}});
    let answer = shop.post("/api/orders/recovery").admin().json(&body).send().await;
    assert_eq!(json!({"matched": 1, "changed": 1, "skipped": 0}), answer.body);
    let none = json!({"action": "retry", "filter": {"attention": "error"}});
    let answer = shop.post("/api/orders/recovery").admin().json(&none).send().await;
    assert_eq!(json!({"matched": 0, "changed": 0, "skipped": 0}), answer.body);
}

#[tokio::test]
async fn a_bulk_recovery_without_a_proper_filter_is_refused() {
    let shop = Shop::open().await;
    for (filter, expected) in [
        (Value::Null, ("filter", "REQUIRED")),
        (json!({}), ("filter", "REQUIRED")),
        (json!("ERROR"), ("filter", "REQUIRED")),
        (json!({"status": ""}), ("filter.status", "INVALID")),
        (json!({"status": null}), ("filter.status", "INVALID_TYPE")),
        (json!({"status": "error"}), ("filter.status", "INVALID")),
        (json!({"limit": 5}), ("filter.limit", "INVALID_TYPE")),
        (json!({"limit": "5"}), ("filter.limit", "UNKNOWN_FIELD")),
        (json!({"from": "2025-12-18", "to": "2025-12-16"}), ("filter.to", "INVALID")),
    ] {
        let body = json!({"action": "retry", "filter": filter});
        let answer = shop.post("/api/orders/recovery").admin().json(&body).send().await;
        assert_eq!((400, "VALIDATION_FAILED"), answer.error(), "{filter}");
        assert_eq!(vec![expected], answer.fields(), "{filter}");
    }
}

async fn failed(shop: &Shop) -> String {
    let id = shop.order().await;
    shop.bring(&id, Status::Error).await;
    id
}

async fn recover(shop: &Shop, id: &str, body: &Value) -> Answer {
    shop.post(&format!("/api/orders/{id}/recovery")).admin().json(body).send().await
}
