//! What holds for every request: who may, how long, under which id.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, raw_sql};

use crate::database::TestDatabase;
use crate::http_pies::{MemoryCatalog, Mode};
use crate::support::{Answer, Setup, Shop, TOKEN, new_order};

#[tokio::test]
async fn the_administrators_endpoints_need_the_token() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    for (method, path) in [
        (Method::GET, "/api/orders"),
        (Method::GET, "/api/orders?limit=0"),
        (Method::PATCH, &format!("/api/orders/{id}")),
        (Method::PATCH, "/api/orders/absent"),
        (Method::POST, &format!("/api/orders/{id}/recovery")),
        (Method::POST, "/api/orders/recovery"),
        (Method::GET, "/api/orders/events"),
        (Method::PUT, "/api/pies/apple"),
        (Method::DELETE, "/api/pies/apple"),
        (Method::GET, "/api/stats"),
    ] {
        let upper = TOKEN.to_uppercase();
        let cut = &TOKEN[..TOKEN.len() - 1];
        for authorization in [
            None,
            Some(String::new()),
            Some("Bearer".into()),
            Some("Bearer ".into()),
            Some(format!("Bearer {upper}")),
            Some(format!("Bearer {cut}")),
            Some(format!("Bearer {TOKEN}{TOKEN}")),
            Some(format!("Basic {TOKEN}")),
            Some(TOKEN.to_owned()),
        ] {
            let call = shop.call(method.clone(), path);
            let call = match &authorization {
                Some(value) => call.header("authorization", value),
                None => call,
            };
            let answer = call.send().await;
            let what = format!("{method} {path} with {authorization:?}");
            assert_eq!((401, "UNAUTHENTICATED"), answer.error(), "{what}");
            assert_eq!("Bearer", answer.header("www-authenticate"), "{what}");
        }
    }
    let scheme = format!("bearer {TOKEN}");
    let answer = shop.get("/api/stats").header("authorization", &scheme).send().await;
    assert_eq!(200, answer.status);
}

#[tokio::test]
async fn an_answer_carries_the_requests_own_id_or_a_new_one() {
    let shop = Shop::open().await;
    let id = |answer: Answer| answer.header("x-request-id").to_owned();
    let call = || shop.get("/healthz");
    assert_eq!("trace-1.A_b", id(call().header("x-request-id", "trace-1.A_b").send().await));
    let long = "x".repeat(65);
    let mut made = vec![id(call().send().await)];
    for odd in ["", "two words", "<script>", "a\tb", "é", &long] {
        made.push(id(call().header("x-request-id", odd).send().await));
    }
    assert!(made.iter().all(|id| id.len() == 32), "{made:?}");
    let count = made.len();
    made.sort_unstable();
    made.dedup();
    assert_eq!(count, made.len());
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json_too() {
    let shop = Shop::open().await;
    for path in ["/api/", "/api/orders/", "/api/nothing", "/api/docs/nothing", "/api/%00"] {
        let answer = shop.get(path).undocumented().send().await;
        assert_eq!((404, "NOT_FOUND"), answer.error(), "{path}");
    }
    for (method, path, allowed) in [
        (Method::DELETE, "/api/orders", vec!["GET", "HEAD", "POST"]),
        (Method::PUT, "/api/orders/ord_1", vec!["GET", "HEAD", "PATCH"]),
        (Method::GET, "/api/orders/ord_1/cancel", vec!["POST"]),
        (Method::POST, "/healthz", vec!["GET", "HEAD"]),
        (Method::TRACE, "/api/pies", vec!["GET", "HEAD"]),
    ] {
        let answer = shop.call(method.clone(), path).undocumented().send().await;
        assert_eq!((405, "METHOD_NOT_ALLOWED"), answer.error(), "{method} {path}");
        let mut allow: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allowed, allow, "{method} {path}");
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_the_service_goes_on() {
    let catalog = Arc::new(MemoryCatalog::new(Mode::Panics));
    let shop = Shop::with(Setup { catalog, ..Setup::default() }).await;
    for _ in 0..2 {
        let answer = shop.get("/api/pies").undocumented().send().await;
        let expected = json!({"error": "INTERNAL", "message": "Something went wrong on our side"});
        assert_eq!((500, expected), (answer.status, answer.body));
    }
    assert_eq!(200, shop.get("/healthz").send().await.status);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_nevertheless() {
    let request_timeout = Duration::from_millis(50);
    let shop = Shop::with(Setup { request_timeout, ..Setup::default() }).await;
    let half = "POST /api/orders HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
                content-length: 100\r\nconnection: close\r\n\r\n{";
    let answer = shop.spoken_to(half.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("TIMEOUT"), "{answer}");
}

#[tokio::test]
async fn a_write_that_is_not_settled_in_time_is_answered_as_unknown() {
    let database = TestDatabase::migrated().await;
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    let lock = "begin; lock table orders in share mode";
    raw_sql(lock).execute(&mut other).await.unwrap();
    let commit_deadline = Duration::from_millis(50);
    let shop = Shop::on(&database.url, Setup { commit_deadline, ..Setup::default() }).await;
    let answer = shop.post("/api/orders").json(&new_order()).send().await;
    assert_eq!((503, "OUTCOME_UNKNOWN"), answer.error());
    assert_eq!("1", answer.header("retry-after"));
}

#[tokio::test]
async fn a_database_that_is_away_is_said_so_in_neutral_words() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    shop.store.close().await;
    let edit = json!({"customer": new_order()["customer"]});
    let recovery = json!({"action": "retry"});
    let bulk = json!({"action": "retry", "filter": {"status": "ERROR"}});
    let order = format!("/api/orders/{id}");
    for (call, what) in [
        (shop.post("/api/orders").json(&new_order()), "place"),
        (shop.get(&order), "show"),
        (shop.get("/api/orders").admin(), "list"),
        (shop.call(Method::PATCH, &order).admin().header("if-match", "\"0\"").json(&edit), "edit"),
        (shop.post(&format!("{order}/cancel")), "cancel"),
        (shop.post(&format!("{order}/recovery")).admin().json(&recovery), "recover"),
        (shop.post("/api/orders/recovery").admin().json(&bulk), "recover all"),
        (shop.get(&format!("{order}/events")), "follow"),
        (shop.get("/api/orders/events").admin(), "follow all"),
    ] {
        let answer = call.send().await;
        assert_eq!((503, "UNAVAILABLE"), answer.error(), "{what}");
        assert_eq!("1", answer.header("retry-after"), "{what}");
        for internal in ["sqlite", "SQL", "pool", "sqlx", ".db"] {
            assert!(!answer.text.contains(internal), "{what}: {}", answer.text);
        }
    }
    let ready = shop.get("/readyz").send().await;
    let expected = json!({
        "status": "unavailable",
        "database": "does not answer or takes no writes",
        "catalog": "ok",
    });
    assert_eq!((503, expected), (ready.status, ready.body));
    assert_eq!(200, shop.get("/healthz").send().await.status);
    assert_eq!(200, shop.get("/api/pies").send().await.status);
}

#[tokio::test]
async fn a_service_that_can_work_is_ready() {
    let shop = Shop::open().await;
    let ready = shop.get("/readyz").send().await;
    let expected = json!({"status": "ready", "database": "ok", "catalog": "ok"});
    assert_eq!((200, expected), (ready.status, ready.body));
}

#[tokio::test]
async fn the_documentation_works_without_any_other_site() {
    let shop = Shop::open().await;
    let page = shop.get("/api/docs").undocumented().send().await;
    assert_eq!((200, "text/html; charset=utf-8"), (page.status, page.header("content-type")));
    let document = shop.get("/api/openapi.json").undocumented().send().await;
    assert_eq!("3.1.0", document.body["openapi"]);
    let places = ["src=\"", "rel=\"stylesheet\" href=\""];
    let linked = places.iter().flat_map(|place| page.text.split(place).skip(1));
    let linked: Vec<_> = linked.map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(linked.contains(&"/api/docs/swagger-ui-bundle.js"), "{linked:?}");
    let mut files = String::new();
    for path in linked {
        assert!(path.starts_with('/') && !path.starts_with("//"), "{path}");
        let file = shop.get(path).undocumented().send().await;
        assert_eq!(200, file.status, "{path}");
        files.push_str(&file.text);
    }
    assert!(files.contains("/api/openapi.json"));
}
