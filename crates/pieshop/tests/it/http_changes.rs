//! Editing and cancelling orders.

use order_core::Status;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Shop, new_order};

#[tokio::test]
async fn an_edit_changes_what_it_names_and_the_etag() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let customer = json!({"name": "Joe", "email": "joe@example.org", "phone": "5550123"});
    let edited = edit(&shop, &id, "\"0\"", &json!({"customer": customer})).await;
    assert_eq!((200, "\"1\""), (edited.status, edited.header("etag")));
    assert_eq!(customer, edited.body["customer"]);
    assert_eq!(new_order()["deliveryAddress"], edited.body["deliveryAddress"]);
    assert_eq!(1, edited.body["history"].as_array().unwrap().len());
    let both = json!({"customer": customer, "deliveryAddress": address()});
    let edited = edit(&shop, &id, "\"1\"", &both).await;
    assert_eq!((200, "\"2\""), (edited.status, edited.header("etag")));
    let shown = shop.shown(&id).await;
    assert_eq!((address(), "\"2\""), (shown.body["deliveryAddress"].clone(), shown.header("etag")));
}

#[tokio::test]
async fn progress_of_the_order_does_not_stop_an_edit() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    for (status, etag) in
        [(Status::Picking, "\"0\""), (Status::Baking, "\"1\""), (Status::Error, "\"2\"")]
    {
        shop.bring(&id, status).await;
        let edited = edit(&shop, &id, etag, &json!({"deliveryAddress": address()})).await;
        assert_eq!(200, edited.status, "{status}");
    }
}

#[tokio::test]
async fn an_edit_must_say_which_version_it_has_seen() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let body = json!({"deliveryAddress": address()});
    let path = format!("/api/orders/{id}");
    let without = shop.call(Method::PATCH, &path).admin().json(&body).send().await;
    assert_eq!((428, "PRECONDITION_REQUIRED"), without.error());
    for etag in ["\"1\"", "W/\"0\"", "*", "0", "\"\"", "\"-0\"", "\"0\", \"1\"", "\"99999999999\""]
    {
        let answer = edit(&shop, &id, etag, &body).await;
        assert_eq!((412, "VERSION_MISMATCH"), answer.error(), "{etag}");
    }
    assert_eq!(200, edit(&shop, &id, "\"0\"", &body).await.status);
    assert_eq!((412, "VERSION_MISMATCH"), edit(&shop, &id, "\"0\"", &body).await.error());
}

#[tokio::test]
async fn of_two_edits_of_one_version_one_is_refused() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let body = json!({"deliveryAddress": address()});
    let (one, other) =
        tokio::join!(edit(&shop, &id, "\"0\"", &body), edit(&shop, &id, "\"0\"", &body));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!([200, 412], statuses);
}

#[tokio::test]
async fn an_order_on_its_way_or_over_is_not_edited_any_more() {
    let shop = Shop::open().await;
    for status in [Status::Delivering, Status::Completed] {
        let id = shop.order().await;
        shop.bring(&id, status).await;
        let answer = edit(&shop, &id, "\"0\"", &json!({"deliveryAddress": address()})).await;
        assert_eq!((409, "STATE_CONFLICT"), answer.error());
        let message =
            format!("This cannot be done now: an order in {status} cannot be changed any more");
        assert_eq!(message, answer.body["message"]);
    }
    let id = shop.order().await;
    cancel(&shop, &id).await;
    let answer = edit(&shop, &id, "\"0\"", &json!({"deliveryAddress": address()})).await;
    assert_eq!((409, "STATE_CONFLICT"), answer.error());
}

#[tokio::test]
async fn an_edit_is_checked_like_an_order() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    for (body, expected) in [
        (json!({}), vec![("body", "REQUIRED")]),
        (json!({"customer": null}), vec![("customer", "REQUIRED")]),
        (json!([]), vec![("body", "INVALID_TYPE")]),
        (json!({"status": "COMPLETED"}), vec![("status", "UNKNOWN_FIELD")]),
        (json!({"customer": "Joe"}), vec![("customer", "INVALID_TYPE")]),
        (
            json!({"deliveryAddress": {"street": "1 A St", "city": " ", "state": "XX"}}),
            vec![
                ("deliveryAddress.city", "REQUIRED"),
                ("deliveryAddress.state", "INVALID"),
                ("deliveryAddress.zip", "REQUIRED"),
            ],
        ),
    ] {
        let answer = edit(&shop, &id, "\"0\"", &body).await;
        assert_eq!((400, "VALIDATION_FAILED"), answer.error(), "{body}");
        assert_eq!(expected, answer.fields(), "{body}");
    }
    let absent = "ord_01kcq8k0g0e8gs1x5yv8m3n7qf";
    let answer = edit(&shop, absent, "\"0\"", &json!({"deliveryAddress": address()})).await;
    assert_eq!((404, "ORDER_NOT_FOUND"), answer.error());
    assert_eq!(format!("Order '{absent}' does not exist"), answer.body["message"]);
}

#[tokio::test]
async fn an_order_nothing_runs_for_is_cancelled_at_once() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let answer = cancel(&shop, &id).await;
    assert_eq!((202, "CANCELLED"), (answer.status, answer.body["status"].as_str().unwrap()));
    let again = cancel(&shop, &id).await;
    assert_eq!((200, "CANCELLED"), (again.status, again.body["status"].as_str().unwrap()));
    let states: Vec<_> =
        again.body["history"].as_array().unwrap().iter().map(|it| it["state"].clone()).collect();
    assert_eq!(vec!["ORDERED", "CANCELLED"], states);
}

#[tokio::test]
async fn an_order_a_robot_works_on_is_cancelled_once_the_robot_has_stopped() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    shop.bring(&id, Status::Baking).await;
    for status in [202, 200, 200] {
        let answer = cancel(&shop, &id).await;
        assert_eq!(status, answer.status);
        assert_eq!(
            json!(["BAKING", true]),
            json!([answer.body["status"], answer.body["cancelRequested"],])
        );
        assert_eq!(Value::Null, answer.body["secondsRemaining"]);
    }
}

#[tokio::test]
async fn it_can_be_too_late_to_cancel() {
    let shop = Shop::open().await;
    for status in [Status::Delivering, Status::Completed] {
        let id = shop.order().await;
        shop.bring(&id, status).await;
        let answer = cancel(&shop, &id).await;
        assert_eq!((409, "NOT_CANCELLABLE"), answer.error());
        let message = format!("It is too late to cancel: the order is {status}");
        assert_eq!(message, answer.body["message"]);
    }
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_cancelled() {
    let shop = Shop::open().await;
    for id in ["ord_01kcq8k0g0e8gs1x5yv8m3n7qf", "ord_1", "recovery"] {
        assert_eq!((404, "ORDER_NOT_FOUND"), cancel(&shop, id).await.error(), "{id}");
    }
}

async fn edit(shop: &Shop, id: &str, etag: &str, body: &Value) -> Answer {
    let call = shop.call(Method::PATCH, &format!("/api/orders/{id}")).admin();
    call.header("if-match", etag).json(body).send().await
}

async fn cancel(shop: &Shop, id: &str) -> Answer {
    shop.post(&format!("/api/orders/{id}/cancel")).send().await
}

fn address() -> Value {
    json!({"street": "1 Pie Ave", "city": "Reno", "state": "NV", "zip": "89501-0001"})
}
