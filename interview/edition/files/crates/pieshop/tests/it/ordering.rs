//! What a customer does.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::shop::{Shop, an_apple_pie};

#[tokio::test]
async fn a_pie_is_picked_prepped_baked_and_delivered() {
    let shop = Shop::open();
    let id = shop.order(&an_apple_pie()).await;
    let order = shop.until(&id, "COMPLETED").await;
    let states: Vec<_> =
        order["history"].as_array().unwrap().iter().map(|it| it["state"].clone()).collect();
    let way = ["ORDERED", "PICKING", "PREPPING", "BAKING", "DELIVERING", "COMPLETED"];
    assert_eq!(states, way);
}

#[tokio::test]
async fn an_unknown_pie_is_refused_and_the_known_ones_are_named() {
    let shop = Shop::open();
    let mut order = an_apple_pie();
    order["pieType"] = json!("mud");
    let (status, body) = shop.call(Method::POST, "/api/orders", Some(&order)).await;
    assert_eq!(StatusCode::BAD_REQUEST, status);
    assert_eq!("INVALID_PIE_TYPE", body["error"]);
    assert_eq!(5, body["availableTypes"].as_array().unwrap().len());
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let shop = Shop::open();
    let mut order = an_apple_pie();
    order["customer"]["email"] = json!("nobody");
    order["deliveryAddress"]["zip"] = json!("six");
    let (status, body) = shop.call(Method::POST, "/api/orders", Some(&order)).await;
    assert_eq!(StatusCode::BAD_REQUEST, status);
    let fields: Vec<_> =
        body["fields"].as_array().unwrap().iter().map(|it| it["field"].clone()).collect();
    assert_eq!(fields, ["customer.email", "deliveryAddress.zip"]);
}

#[tokio::test]
async fn an_order_that_does_not_exist_is_not_found() {
    let shop = Shop::open();
    let (status, body) = shop.call(Method::GET, "/api/orders/nonsense", None).await;
    assert_eq!(StatusCode::NOT_FOUND, status);
    assert_eq!("ORDER_NOT_FOUND", body["error"]);
}
