//! What an administrator does.

use reqwest::{Method, StatusCode};

use crate::shop::{Shop, an_apple_pie};

#[tokio::test]
async fn the_orders_are_listed_newest_first() {
    let shop = Shop::open();
    let first = shop.order(&an_apple_pie()).await;
    // Two orders of one millisecond may stand in either order.
    shop.until(&first, "COMPLETED").await;
    let second = shop.order(&an_apple_pie()).await;
    let (status, body) = shop.call_as_administrator(Method::GET, "/api/orders", None).await;
    assert_eq!(StatusCode::OK, status);
    let ids: Vec<_> =
        body["orders"].as_array().unwrap().iter().map(|it| it["orderId"].clone()).collect();
    assert_eq!(ids, [second, first]);
}

#[tokio::test]
async fn the_list_is_filtered_by_status() {
    let shop = Shop::open();
    let id = shop.order(&an_apple_pie()).await;
    shop.until(&id, "COMPLETED").await;
    let list = |status: &str| format!("/api/orders?status={status}");
    let (_, none) = shop.call_as_administrator(Method::GET, &list("ERROR"), None).await;
    assert_eq!(0, none["orders"].as_array().unwrap().len());
    let (_, one) = shop.call_as_administrator(Method::GET, &list("COMPLETED"), None).await;
    assert_eq!(1, one["orders"].as_array().unwrap().len());
}

#[tokio::test]
async fn the_dashboard_leads_to_the_sign_in() {
    let shop = Shop::open();
    let page = reqwest::get(format!("{}/admin", shop.base)).await.unwrap();
    assert_eq!(StatusCode::OK, page.status());
    assert!(page.url().path().ends_with("/sign-in"), "{}", page.url());
}
