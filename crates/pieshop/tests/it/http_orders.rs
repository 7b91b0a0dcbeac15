//! Ordering a pie, and looking at the order.

use serde_json::{Value, json};

use crate::support::{Shop, new_order};

#[tokio::test]
async fn a_placed_order_is_answered_and_shown_as_the_specification_has_it() {
    let shop = Shop::open().await;
    let placed = shop.post("/api/orders").json(&new_order()).send().await;
    assert_eq!(201, placed.status);
    let id = placed.body["orderId"].as_str().unwrap();
    assert_eq!(format!("/api/orders/{id}"), placed.header("location"));
    assert_eq!(4, placed.body.as_object().unwrap().len());
    assert_eq!("ORDERED", placed.body["status"]);

    let shown = shop.shown(id).await;
    assert_eq!((r#""0""#, "no-store"), (shown.header("etag"), shown.header("cache-control")));
    let mut body = shown.body.clone();
    let fields = body.as_object_mut().unwrap();
    let remaining = fields.remove("secondsRemaining").unwrap().as_i64().unwrap();
    assert!((4200..=4260).contains(&remaining), "{remaining}");
    let mut expected = new_order();
    expected.as_object_mut().unwrap().extend(
        [
            ("orderId", json!(id)),
            ("status", json!("ORDERED")),
            ("createdAt", placed.body["createdAt"].clone()),
            ("updatedAt", placed.body["createdAt"].clone()),
            ("estimatedDelivery", placed.body["estimatedDelivery"].clone()),
            ("progress", json!(0)),
            ("cancelRequested", json!(false)),
            ("history", json!([{"state": "ORDERED", "timestamp": placed.body["createdAt"]}])),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    assert_eq!(expected, body);
}

#[tokio::test]
async fn values_are_trimmed_and_otherwise_kept_to_the_letter() {
    let shop = Shop::open().await;
    let mut order = new_order();
    let name = "Robert'); DROP TABLE orders;-- \u{1f967} $1 %s {{x}} \\ \"ÆØ\"";
    order["customer"]["name"] = json!(format!("  {name}\u{2003} "));
    order["deliveryAddress"]["zip"] = json!(" 62701-1234 ");
    let body = order.to_string();
    let placed = shop.post("/api/orders").raw("application/json", body).send().await;
    let shown = shop.shown(placed.body["orderId"].as_str().unwrap()).await;
    assert_eq!(name, shown.body["customer"]["name"]);
    assert_eq!("62701-1234", shown.body["deliveryAddress"]["zip"]);
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_with_its_reason() {
    let shop = Shop::open().await;
    let long = |length| json!("é".repeat(length));
    for text in ["name", "email", "phone"].map(|it| format!("customer.{it}")).into_iter().chain(
        ["street", "city", "state", "zip"].map(|it| format!("deliveryAddress.{it}")).into_iter(),
    ) {
        refuse(&shop, &text, &Value::Null, &text, "REQUIRED").await;
        refuse(&shop, &text, &json!(""), &text, "REQUIRED").await;
        refuse(&shop, &text, &json!(" \u{2003} "), &text, "REQUIRED").await;
        refuse(&shop, &text, &json!(" \t "), &text, "CONTROL_CHARACTERS").await;
        refuse(&shop, &text, &json!("a\n"), &text, "CONTROL_CHARACTERS").await;
        refuse(&shop, &text, &json!("a\u{0}b"), &text, "CONTROL_CHARACTERS").await;
        refuse(&shop, &text, &json!("a\u{9b}b"), &text, "CONTROL_CHARACTERS").await;
        refuse(&shop, &text, &json!("line\nbreak"), &text, "CONTROL_CHARACTERS").await;
        refuse(&shop, &text, &json!(7), &text, "INVALID_TYPE").await;
        refuse(&shop, &text, &json!(true), &text, "INVALID_TYPE").await;
        refuse(&shop, &text, &json!(["x"]), &text, "INVALID_TYPE").await;
        refuse(&shop, &text, &json!({"x": "y"}), &text, "INVALID_TYPE").await;
        refuse(&shop, &text, &long(256), &text, "TOO_LONG").await;
    }
    for (field, value, code) in [
        ("pieType", Value::Null, "REQUIRED"),
        ("pieType", json!("  "), "REQUIRED"),
        ("pieType", json!(7), "INVALID_TYPE"),
        ("pieType", long(51), "TOO_LONG"),
        ("customer", Value::Null, "REQUIRED"),
        ("customer", json!("Jane"), "INVALID_TYPE"),
        ("customer", json!([]), "INVALID_TYPE"),
        ("deliveryAddress", Value::Null, "REQUIRED"),
        ("deliveryAddress", json!(62701), "INVALID_TYPE"),
        ("deliveryAddress.city", long(101), "TOO_LONG"),
        ("customer.phone", json!("1".repeat(21)), "TOO_LONG"),
        ("quantity", json!(2), "UNKNOWN_FIELD"),
        ("customer.fax", json!("x"), "UNKNOWN_FIELD"),
        ("deliveryAddress.country", json!("US"), "UNKNOWN_FIELD"),
    ] {
        refuse(&shop, field, &value, field, code).await;
    }
}

#[tokio::test]
async fn what_cannot_be_an_address_phone_state_or_zip_is_refused() {
    let shop = Shop::open().await;
    let table: [(&str, &[&str]); 4] = [
        (
            "customer.email",
            &[
                "jane",
                "@example.com",
                "jane@",
                "jane@example",
                "jane@@example.com",
                "jane doe@example.com",
                "jane@exa mple.com",
                "jane@-example.com",
                "jane@example..com",
                ".jane@example.com",
                "jane@example.com.",
                "jane@1.2.3.4",
                "<jane@example.com>",
                "jane@example.com,joe@example.com",
            ],
        ),
        (
            "customer.phone",
            &["123456", "1234567890123456", "555-CALL-PIE", "+", "1+5550123", "555\u{a0}0123"],
        ),
        ("deliveryAddress.state", &["il", "XX", "ZZ", "I", "1L"]),
        (
            "deliveryAddress.zip",
            &["1234", "123456", "1234a", "12345-", "12345-678", "12345 6789", "१२३४५"],
        ),
    ];
    for (field, values) in table {
        for value in values {
            refuse(&shop, field, &json!(value), field, "INVALID").await;
        }
    }
}

#[tokio::test]
async fn what_can_be_one_is_accepted() {
    let shop = Shop::open().await;
    let table: [(&str, &[&str]); 6] = [
        ("customer.name", &["X", "李"]),
        ("customer.email", &["j@x.io", "o'neil+pie@sub.example.co.uk", "jürgen@bücher.example"]),
        ("customer.phone", &["5550123", "+1 (555) 012.3456", "+123456789012345"]),
        ("deliveryAddress.state", &["DC", "WY", "AK"]),
        ("deliveryAddress.zip", &["00501", "99950-0001"]),
        ("pieType", &["cherry", "blueberry", " pecan "]),
    ];
    for (field, values) in table {
        for value in values {
            let answer = shop.post("/api/orders").json(&with(field, &json!(value))).send().await;
            assert_eq!(201, answer.status, "{field} = {value}: {}", answer.body);
        }
    }
    let longest = with("customer.name", &json!("é".repeat(255)));
    assert_eq!(201, shop.post("/api/orders").json(&longest).send().await.status);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let shop = Shop::open().await;
    let order = json!({
        "pieType": 7,
        "customer": {"name": "\u{7}", "email": "jane", "extra": 1},
        "tip": "0.50",
    });
    let answer = shop.post("/api/orders").header("idempotency-key", "a b").json(&order).send();
    let answer = answer.await;
    assert_eq!((400, "VALIDATION_FAILED"), answer.error());
    let expected = [
        ("tip", "UNKNOWN_FIELD"),
        ("Idempotency-Key", "INVALID"),
        ("pieType", "INVALID_TYPE"),
        ("customer.extra", "UNKNOWN_FIELD"),
        ("customer.name", "CONTROL_CHARACTERS"),
        ("customer.email", "INVALID"),
        ("customer.phone", "REQUIRED"),
        ("deliveryAddress", "REQUIRED"),
    ];
    assert_eq!(expected.as_slice(), answer.fields());
}

#[tokio::test]
async fn an_unknown_pie_is_answered_with_what_there_is() {
    let shop = Shop::open().await;
    let answer = shop.post("/api/orders").json(&with("pieType", &json!("chocolate"))).send().await;
    let expected = json!({
        "error": "INVALID_PIE_TYPE",
        "message": "Pie type 'chocolate' is not available",
        "availableTypes": ["apple", "cherry", "pumpkin", "pecan", "blueberry"],
    });
    assert_eq!((400, expected), (answer.status, answer.body));
}

#[tokio::test]
async fn what_is_no_json_is_refused_with_the_place() {
    let shop = Shop::open().await;
    let deep = "[".repeat(200);
    let table: [(&str, &[u8], &str); 8] = [
        ("an empty body", b"", "line 1, column 0"),
        ("a cut one", b"{\n \"pieType\":", "line 2, column 11"),
        ("words", b"apple pie", "line 1, column 1"),
        ("a trailing comma", b"{\"pieType\":\"apple\",}", "line 1, column 20"),
        ("two values", b"{} {}", "line 1, column 4"),
        ("no UTF-8", b"{\"pieType\":\"\xff\"}", "line 1, column 13"),
        ("half a surrogate pair", br#"{"pieType":"\ud800"}"#, "line 1"),
        ("two hundred levels", deep.as_bytes(), "line 1, column 128"),
    ];
    for (what, body, place) in table {
        let answer = shop.post("/api/orders").raw("application/json", body.to_vec()).send().await;
        assert_eq!((400, "MALFORMED_JSON"), answer.error(), "{what}");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.contains(place), "{what}: {message}");
    }
    for body in ["null", "[]", "7", "\"apple\""] {
        let answer = shop.post("/api/orders").raw("application/json", body).send().await;
        assert_eq!(vec![("body", "INVALID_TYPE")], answer.fields(), "{body}");
    }
}

#[tokio::test]
async fn a_key_that_is_there_twice_is_refused_by_name() {
    let shop = Shop::open().await;
    let order = new_order().to_string();
    for (once, twice, key) in [
        (r#""pieType":"#, r#""pieType":"cherry","pieType":"#, "pieType"),
        (r#""email":"#, r#""email":"eve@example.com","email":"#, "email"),
        // However it is spelt, and whatever it holds.
        (r#""zip":"#, r#""z\u0069p":{"a":[{"b":1}]},"zip":"#, "zip"),
    ] {
        let body = order.replace(once, twice);
        assert_ne!(order, body);
        let answer = shop.post("/api/orders").raw("application/json", body).send().await;
        assert_eq!((400, "MALFORMED_JSON"), answer.error(), "{key}");
        let expected = format!("The body has the key '{key}' twice in one object");
        assert_eq!(expected, answer.body["message"]);
    }
    let list = shop.get("/api/orders").admin().send().await;
    assert_eq!(json!([]), list.body["orders"]);
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let shop = Shop::open().await;
    let body = new_order().to_string();
    for content_type in ["text/plain", "application/xml", "application/jsonp", "json", ""] {
        let answer = shop.post("/api/orders").raw(content_type, body.clone()).send().await;
        assert_eq!((415, "UNSUPPORTED_MEDIA_TYPE"), answer.error(), "{content_type}");
    }
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        let answer = shop.post("/api/orders").raw(content_type, body.clone()).send().await;
        assert_eq!(201, answer.status, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
    let shop = Shop::open().await;
    let mut body = new_order().to_string();
    body.push_str(&" ".repeat(65536 - body.len()));
    let fits = shop.post("/api/orders").raw("application/json", body.clone()).send().await;
    assert_eq!(201, fits.status);
    for more in [1, 2 << 20, 20 << 20] {
        let longer = body.clone() + &" ".repeat(more);
        let answer = shop.post("/api/orders").raw("application/json", longer).send().await;
        assert_eq!((413, "PAYLOAD_TOO_LARGE"), answer.error(), "{more} bytes more");
    }
}

#[tokio::test]
async fn a_chunked_body_of_two_megabytes_is_refused_too() {
    let shop = Shop::open().await;
    let mut request = b"POST /api/orders HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
        content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for _ in 0..32 {
        request.extend(format!("10000\r\n{}\r\n", " ".repeat(65536)).bytes());
    }
    request.extend(b"0\r\n\r\n");
    let answer = shop.spoken_to(&request).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("PAYLOAD_TOO_LARGE"), "{answer}");
}

#[tokio::test]
async fn what_is_no_order_of_ours_does_not_exist() {
    let shop = Shop::open().await;
    let ours = shop.order().await;
    let absent = "ord_01kcq8k0g0e8gs1x5yv8m3n7qf";
    let upper = ours.to_uppercase();
    let foreign = ours.replace("ord_", "pie_");
    let cut = &ours[..ours.len() - 1];
    let overflowing = format!("ord_8{}", "0".repeat(25));
    let long = format!("{}…", "a".repeat(64));
    for (path, shown) in [
        (absent, absent),
        ("ord_abc123", "ord_abc123"),
        (&upper, &upper),
        (&foreign, &foreign),
        (cut, cut),
        (&overflowing, &overflowing),
        ("1", "1"),
        ("' OR '1'='1", "' OR '1'='1"),
        ("%00", "\u{fffd}"),
        ("%ff", "?"),
        (&"a".repeat(3000), &long),
    ] {
        let answer = shop.get(&format!("/api/orders/{path}")).send().await;
        assert_eq!((404, "ORDER_NOT_FOUND"), answer.error(), "{path}");
        assert_eq!(format!("Order '{shown}' does not exist"), answer.body["message"]);
    }
}

mod idempotency {
    use super::*;

    #[tokio::test]
    async fn the_same_request_again_gets_the_first_answer_and_orders_nothing() {
        let shop = Shop::open().await;
        let order = new_order();
        let keyed = |body: &str| {
            let call = shop.post("/api/orders").header("idempotency-key", "one-pie");
            call.raw("application/json", body.to_owned()).send()
        };
        let first = keyed(&order.to_string()).await;
        let id = first.body["orderId"].as_str().unwrap();
        shop.bring(id, order_core::Status::Baking).await;
        let spelled_otherwise = serde_json::to_string_pretty(&order).unwrap();
        for body in [order.to_string(), spelled_otherwise.replace("Jane Doe", " Jane Doe ")] {
            let again = keyed(&body).await;
            assert_eq!((201, &first.body), (again.status, &again.body));
            assert_eq!(first.header("location"), again.header("location"));
        }
        let listed = shop.get("/api/orders").admin().send().await;
        assert_eq!(1, listed.body["orders"].as_array().unwrap().len());
    }

    #[tokio::test]
    async fn the_same_key_for_another_request_is_a_conflict() {
        let shop = Shop::open().await;
        let keyed =
            |body| shop.post("/api/orders").header("idempotency-key", "k").json(&body).send();
        assert_eq!(201, keyed(new_order()).await.status);
        for field in ["pieType", "customer.phone", "deliveryAddress.street"] {
            let value = if field == "pieType" { "cherry" } else { "5550199" };
            let answer = keyed(with(field, &json!(value))).await;
            assert_eq!((409, "IDEMPOTENCY_CONFLICT"), answer.error(), "{field}");
        }
    }

    #[tokio::test]
    async fn a_key_that_is_none_is_refused() {
        let shop = Shop::open().await;
        let long = "k".repeat(256);
        for key in ["", " ", "two words", "café", &long] {
            let call = shop.post("/api/orders").header("idempotency-key", key);
            let answer = call.json(&new_order()).send().await;
            assert_eq!(vec![("Idempotency-Key", "INVALID")], answer.fields(), "{key}");
        }
        let twice = shop.post("/api/orders").header("idempotency-key", "a");
        let twice = twice.header("idempotency-key", "b").json(&new_order()).send().await;
        assert_eq!(vec![("Idempotency-Key", "INVALID")], twice.fields());
        let longest = shop.post("/api/orders").header("idempotency-key", &long[1..]);
        assert_eq!(201, longest.json(&new_order()).send().await.status);
    }

    #[tokio::test]
    async fn of_requests_that_race_with_one_key_one_orders_in_sqlite() {
        race(Shop::open().await).await;
    }

    #[tokio::test]
    async fn of_requests_that_race_with_one_key_one_orders_in_postgres() {
        race(Shop::on_postgres().await).await;
    }

    async fn race(shop: Shop) {
        let order = new_order();
        let calls = (0..20).map(|_| {
            shop.post("/api/orders").header("idempotency-key", "race").json(&order).send()
        });
        let answers = futures::future::join_all(calls).await;
        for answer in &answers {
            assert_eq!((201, &answers[0].body), (answer.status, &answer.body));
        }
        let listed = shop.get("/api/orders").admin().send().await;
        assert_eq!(1, listed.body["orders"].as_array().unwrap().len());
    }
}

/// The usual order with another value at a dotted path.
fn with(path: &str, value: &Value) -> Value {
    let mut order = new_order();
    let place = path.split('.').fold(&mut order, |at, name| &mut at[name]);
    *place = value.clone();
    order
}

async fn refuse(shop: &Shop, path: &str, value: &Value, field: &str, code: &str) {
    let answer = shop.post("/api/orders").json(&with(path, value)).send().await;
    assert_eq!((400, "VALIDATION_FAILED"), answer.error(), "{path} = {value}");
    assert_eq!(vec![(field, code)], answer.fields(), "{path} = {value}");
}
