//! Whatever stands in a request's headers, query or body, the answer is one of the documented, and
//! what is accepted can be read back.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use proptest::prelude::*;
use proptest::sample::select;
use reqwest::Method;
use serde_json::{Value, json};
use tower::ServiceExt;
use url::form_urlencoded;

use super::{json, near, on_many, text};
use crate::http_pies::{MemoryCatalog, Mode};
use crate::support::{Setup, Shop, TOKEN, new_order};

#[test]
fn an_idempotency_key_is_taken_when_it_is_one_and_then_names_one_order() {
    let keys = header().prop_map(|value| (value, new_order().to_string()));
    on_many(200, &keys, Shop::open, async |shop, (key, body)| {
        let visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
        let fits = visible && (1..=255).contains(&key.len());
        let place = async || {
            let request = request("POST", "/api/orders")
                .header("idempotency-key", &key)
                .header("content-type", "application/json");
            answer(shop, request.body(body.clone().into()).unwrap()).await
        };
        let (status, order) = place().await;
        assert_eq!(if fits { 201 } else { 400 }, status, "{order}");
        assert_eq!((status, order), place().await);
    });
}

#[test]
fn only_the_orders_own_tag_matches() {
    let tags = prop_oneof![header(), "\"[0-9]{0,3}\"".prop_map(|tag| tag.try_into().unwrap())];
    let world = async || {
        let shop = Shop::open().await;
        let order = format!("/api/orders/{}", shop.order().await);
        (shop, order)
    };
    let edit = json!({"customer": new_order()["customer"]}).to_string();
    on_many(300, &tags, world, async |(shop, order), tag| {
        let shown = shop.get(order).send().await;
        let current = shown.header("etag") == tag;
        let request = request("PATCH", order)
            .header("if-match", &tag)
            .header("content-type", "application/json");
        let (status, body) = answer(shop, request.body(edit.clone().into()).unwrap()).await;
        assert_eq!(if current { 200 } else { 412 }, status, "{tag:?}: {body}");
    });
}

#[test]
fn the_last_events_id_is_one_or_is_refused() {
    let ids = prop_oneof![
        header(),
        "[+-]?[0-9]{0,25}".prop_map(|id| id.try_into().unwrap()),
        "[+-]?[0-9]{0,25}-[+-]?[0-9]{0,25}".prop_map(|id| id.try_into().unwrap()),
    ];
    let world = async || {
        let shop = Shop::open().await;
        let order = format!("/api/orders/{}/events", shop.order().await);
        (shop, order)
    };
    on_many(300, &ids, world, async |(shop, order), id| {
        for path in [order, "/api/orders/events"] {
            let request = request("GET", path).header("last-event-id", &id);
            let status = respond(shop, request.body(Body::empty()).unwrap()).await.status();
            assert!([200, 400].contains(&status.as_u16()), "{path} {id:?}: {status}");
        }
    });
}

#[test]
fn any_query_is_answered_in_sqlite() {
    on_many(400, &query(), Shop::open, queried);
}

#[test]
fn any_query_is_answered_in_postgres() {
    on_many(200, &query(), Shop::on_postgres, queried);
}

async fn queried(shop: &Shop, query: String) {
    let (status, body) = get(shop, &format!("/api/orders?{query}")).await;
    match status {
        200 => assert!(body["orders"].is_array(), "{query}: {body}"),
        _ => assert_refused(status, &body, &query),
    }
}

#[test]
fn any_path_is_answered() {
    let paths = prop::collection::vec(prop_oneof![encoded(), "[a-z]{1,6}"], 1..5)
        .prop_map(|parts| format!("/{}", parts.join("/")));
    let under = (select(vec!["/api/orders/", "/api/pies/", "/api/docs/", "/"]), encoded())
        .prop_map(|(parent, name)| format!("{parent}{name}"));
    on_many(400, &prop_oneof![paths, under], Shop::open, async |shop, path| {
        let response = respond(shop, request("GET", &path).body(Body::empty()).unwrap()).await;
        assert!(response.status() < StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    });
}

#[test]
fn an_order_near_the_contract_is_refused_or_shown_as_it_was_placed() {
    on_many(300, &near(new_order()), Shop::open, placed);
}

#[test]
fn an_order_near_the_contract_is_kept_to_the_letter_in_postgres() {
    on_many(100, &near(new_order()), Shop::on_postgres, placed);
}

#[test]
fn an_orders_texts_are_shown_as_they_were_given() {
    let texts = [text(), text(), text()].prop_map(|[name, street, city]| {
        let mut order = new_order();
        order["customer"]["name"] = json!(name);
        order["deliveryAddress"]["street"] = json!(street);
        order["deliveryAddress"]["city"] = json!(city);
        order
    });
    on_many(300, &texts, Shop::open, placed);
}

async fn placed(shop: &Shop, order: Value) {
    let answer = shop.post("/api/orders").json(&order).send().await;
    if answer.status != 201 {
        return assert_refused(answer.status, &answer.body, &order.to_string());
    }
    let shown = shop.shown(answer.body["orderId"].as_str().unwrap()).await.body;
    for field in ["pieType", "customer", "deliveryAddress"] {
        assert_eq!(trimmed(&order[field]), shown[field]);
    }
}

#[test]
fn any_json_is_answered_wherever_json_is_taken() {
    let filter = json!({"status": "ERROR", "pieType": "apple", "q": "jane@", "from": "2025-12-17"});
    let recovery = json!({"action": "skip", "note": "by hand", "filter": filter});
    let edit = json!({"customer": new_order()["customer"], "deliveryAddress": new_order()["deliveryAddress"]});
    let bodies = prop_oneof![json(), near(recovery), near(edit)];
    let world = async || {
        let shop = Shop::open().await;
        let order = format!("/api/orders/{}", shop.order().await);
        (shop, order)
    };
    on_many(300, &bodies, world, async |(shop, order), body| {
        for (method, path) in [
            (Method::POST, "/api/orders"),
            (Method::PATCH, order),
            (Method::POST, &format!("{order}/recovery")),
            (Method::POST, "/api/orders/recovery"),
            (Method::PUT, "/api/pies/apple"),
        ] {
            let call = shop.call(method.clone(), path).admin().header("if-match", "\"0\"");
            let answer = call.json(&body).send().await;
            assert!(answer.status < 500, "{method} {path} {body}: {}", answer.body);
        }
    });
}

#[test]
fn a_recipe_near_the_contract_is_refused_or_shown_as_it_was_put() {
    let apple = json!({
        "type": "apple", "name": "Apple Pie", "description": "Sweet.", "bakingTime": 45,
        "bakingTemp": 375, "ingredients": [{"item": "apples", "quantity": 6.0, "unit": "pieces"}],
        "prepSteps": ["wash_fruit"], "difficulty": "easy",
        "pick": {"fruitType": "apple", "quantity": 6, "quality": "premium"},
    });
    let world = async || {
        let catalog = Arc::new(MemoryCatalog::new(Mode::Works));
        Shop::with(Setup { catalog, ..Setup::default() }).await
    };
    let recipes = prop_oneof![9 => near(apple.clone()), 1 => Just(apple)];
    on_many(300, &recipes, world, async |shop, recipe| {
        let put = shop.call(Method::PUT, "/api/pies/apple").admin().json(&recipe).send().await;
        if put.status != 200 {
            return assert_refused(put.status, &put.body, &recipe.to_string());
        }
        assert_eq!(put.body, shop.get("/api/pies/apple").send().await.body);
    });
}

/// A refusal names what is wrong.
fn assert_refused(status: u16, body: &Value, given: &str) {
    assert_eq!(400, status, "{given}: {body}");
    let named = body["fields"].as_array().is_some_and(|fields| !fields.is_empty());
    assert!(named || body["error"] == "INVALID_PIE_TYPE", "{given}: {body}");
}

fn trimmed(value: &Value) -> Value {
    match value {
        Value::String(text) => text.trim().into(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), trimmed(value))).collect()
        }
        other => other.clone(),
    }
}

/// What may stand in a header at all.
fn header() -> impl Strategy<Value = HeaderValue> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "[!-~]{0,300}".prop_map(String::into_bytes),
        "W?/?\"?[0-9*]{0,12}\"?".prop_map(String::into_bytes),
    ];
    bytes.prop_filter_map("no header", |bytes| HeaderValue::from_bytes(&bytes).ok())
}

/// Fields of the list with anything in them, and anything at all.
fn query() -> impl Strategy<Value = String> {
    let names = vec!["status", "pieType", "from", "to", "q", "attention", "limit", "cursor", "x"];
    let times = prop_oneof![
        "[+-]?[0-9]{1,9}-[0-9]{1,2}-[0-9]{1,2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2}))?",
        select(vec![
            "9999-12-31",
            "+262142-12-31",
            "-262143-01-01",
            "0000-00-00",
            "2016-12-31T23:59:60Z"
        ])
        .prop_map(str::to_owned),
    ];
    let values = prop_oneof![
        encoded(),
        times.prop_map(|time| time.replace('+', "%2B")),
        "-?[0-9]{1,22}",
        "ord_[0-7][0-9a-hjkmnp-tv-z]{25}",
        select(vec![
            "BAKING", "ERROR", "apple", "late", "retrying", "error", "jane@", "%00", "%ff"
        ])
        .prop_map(str::to_owned),
    ];
    let pair = (select(names), values).prop_map(|(name, value)| format!("{name}={value}"));
    let pairs = prop::collection::vec(pair, 1..5).prop_map(|pairs| pairs.join("&"));
    prop_oneof![9 => pairs, 1 => encoded()]
}

/// Any text as it stands in a URL.
fn encoded() -> impl Strategy<Value = String> {
    text().prop_map(|text| form_urlencoded::byte_serialize(text.as_bytes()).collect())
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    let token = format!("Bearer {TOKEN}");
    Request::builder().method(method).uri(path).header("authorization", token)
}

async fn get(shop: &Shop, path: &str) -> (u16, Value) {
    answer(shop, request("GET", path).body(Body::empty()).unwrap()).await
}

async fn answer(shop: &Shop, request: Request<Body>) -> (u16, Value) {
    let response = respond(shop, request).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn respond(shop: &Shop, request: Request<Body>) -> Response<Body> {
    shop.router.clone().oneshot(request).await.unwrap()
}
