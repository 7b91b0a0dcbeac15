//! The administrator's list of orders.

use order_core::Status;
use serde_json::json;

use crate::support::{Answer, Setup, Shop, new_order};

#[tokio::test]
async fn pages_show_every_order_once_newest_first_in_sqlite() {
    pages(Shop::open().await).await;
}

#[tokio::test]
async fn pages_show_every_order_once_newest_first_in_postgres() {
    pages(Shop::on_postgres().await).await;
}

async fn pages(shop: Shop) {
    let mut placed = Vec::new();
    for _ in 0..7 {
        placed.push(shop.order().await);
    }
    // Ids made within one millisecond are in no particular order.
    placed.sort_unstable();
    placed.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    let mut pages = 0;
    loop {
        let page = list(&shop, &format!("limit=3{cursor}")).await;
        pages += 1;
        seen.extend(ids(&page));
        let Some(next) = page.body["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((3, placed), (pages, seen));
    let exact = list(&shop, "limit=7").await;
    assert_eq!((7, &json!(null)), (ids(&exact).len(), &exact.body["nextCursor"]));
}

#[tokio::test]
async fn filters_show_what_matches_and_nothing_else_in_sqlite() {
    filters(Shop::open().await).await;
}

#[tokio::test]
async fn filters_show_what_matches_and_nothing_else_in_postgres() {
    filters(Shop::on_postgres().await).await;
}

async fn filters(shop: Shop) {
    let mut cherry = new_order();
    cherry["pieType"] = json!("cherry");
    cherry["customer"]["email"] = json!("Joe_100%@example.com");
    let apple = shop.order().await;
    let cherry = shop.order_of(&cherry).await;
    let burnt = shop.order().await;
    shop.bring(&burnt, Status::Error).await;
    let year = &shop.shown(&apple).await.body["createdAt"].as_str().unwrap()[..4].to_owned();
    let next: u32 = year.parse::<u32>().unwrap() + 1;
    let (apple, cherry, burnt) = (apple.as_str(), cherry.as_str(), burnt.as_str());
    for (query, expected) in [
        ("", vec![apple, cherry, burnt]),
        ("status=ORDERED", vec![apple, cherry]),
        ("status=ERROR", vec![burnt]),
        ("status=COMPLETED", vec![]),
        ("pieType=cherry", vec![cherry]),
        ("pieType=cherry&status=ERROR", vec![]),
        (&format!("from={year}-01-01&to={year}-12-31"), vec![apple, cherry, burnt]),
        (&format!("from={next}-01-01"), vec![]),
        ("to=1969-12-31", vec![]),
        ("from=0001-01-01T00:00:00Z", vec![apple, cherry, burnt]),
        ("from=2000-01-01T01:00:00%2B01:00", vec![apple, cherry, burnt]),
        ("to=2000-01-01", vec![]),
        (&format!("q={apple}"), vec![apple]),
        ("q=ord_01kcq8k0g0e8gs1x5yv8m3n7qf", vec![]),
        ("q=JANE@EX", vec![apple, burnt]),
        ("q=%20jane%20", vec![apple, burnt]),
        ("q=joe_100%25", vec![cherry]),
        ("q=%25", vec![]),
        ("q=_oe", vec![]),
        ("attention=error", vec![burnt]),
        ("attention=late", vec![]),
        ("attention=retrying", vec![]),
    ] {
        let mut seen = ids(&list(&shop, query).await);
        let mut expected = expected;
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(expected, seen, "{query}");
    }
    for hostile in ["'", "' OR 1=1 --", "\"; DROP TABLE orders; --", "\\", "$1", "{{7*7}}", "%27"] {
        for field in ["q", "pieType"] {
            let query = [(field, hostile)];
            let query =
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            assert_eq!(Vec::<String>::new(), ids(&list(&shop, &query).await), "{query}");
        }
    }
    assert_eq!(3, ids(&list(&shop, "").await).len());
}

#[tokio::test]
async fn an_item_says_who_ordered_what_and_how_it_stands() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    shop.bring(&id, Status::Baking).await;
    let page = list(&shop, "").await;
    let item = &page.body["orders"][0];
    assert_eq!(json!(id), item["orderId"]);
    assert_eq!(new_order()["customer"], item["customer"]);
    assert_eq!(
        json!(["apple", "BAKING", 1, false]),
        json!([item["pieType"], item["status"], item["attempt"], item["late"],])
    );
    shop.bring(&id, Status::Error).await;
    let page = list(&shop, "").await;
    let failure = json!({"code": "BURNT", "message": "Your pie was burnt in the oven."});
    assert_eq!(failure, page.body["orders"][0]["failure"]);
}

#[tokio::test]
async fn an_order_past_its_promise_is_late() {
    let shop = Shop::with(Setup { pace: 1_000_000, ..Setup::default() }).await;
    let id = shop.order().await;
    // At this pace a pie is promised within milliseconds.
    let page = loop {
        let page = list(&shop, "attention=late").await;
        if !ids(&page).is_empty() {
            break page;
        }
    };
    assert_eq!((vec![id], &json!(true)), (ids(&page), &page.body["orders"][0]["late"]));
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let shop = Shop::open().await;
    for (query, field, code) in [
        ("limit=0", "limit", "INVALID"),
        ("limit=201", "limit", "INVALID"),
        ("limit=100000", "limit", "INVALID"),
        ("limit=-1", "limit", "INVALID"),
        ("limit=ten", "limit", "INVALID"),
        ("limit=1e2", "limit", "INVALID"),
        ("cursor=broken", "cursor", "INVALID"),
        ("cursor=' OR 1=1", "cursor", "INVALID"),
        ("status=baking", "status", "INVALID"),
        ("status=DELIVERED", "status", "INVALID"),
        ("attention=everything", "attention", "INVALID"),
        ("from=yesterday", "from", "INVALID"),
        ("from=2025-02-30", "from", "INVALID"),
        ("to=2025-13-01", "to", "INVALID"),
        ("to=1765987200", "to", "INVALID"),
        ("from=2025-12-18&to=2025-12-16", "to", "INVALID"),
        ("from=2025-12-17T12:00:00Z&to=2025-12-17T11:59:59Z", "to", "INVALID"),
        ("q=", "q", "INVALID"),
        ("q=%20", "q", "INVALID"),
        ("q=a%00b", "q", "CONTROL_CHARACTERS"),
        ("pieType=%1b%5B31m", "pieType", "CONTROL_CHARACTERS"),
        (&format!("q={}", "a".repeat(256)), "q", "TOO_LONG"),
        ("status=ERROR&status=BAKING", "status", "DUPLICATE"),
        ("page=2", "page", "UNKNOWN_FIELD"),
        ("Status=ERROR", "Status", "UNKNOWN_FIELD"),
    ] {
        let answer = shop.get(&format!("/api/orders?{query}")).admin().send().await;
        assert_eq!((400, "VALIDATION_FAILED"), answer.error(), "{query}");
        assert_eq!(vec![(field, code)], answer.fields(), "{query}");
    }
    let answer = shop.get("/api/orders?limit=0&status=x&page=2").admin().send().await;
    let all = [("status", "INVALID"), ("limit", "INVALID"), ("page", "UNKNOWN_FIELD")];
    assert_eq!(all.as_slice(), answer.fields());
}

async fn list(shop: &Shop, query: &str) -> Answer {
    let answer = shop.get(&format!("/api/orders?{query}")).admin().send().await;
    assert_eq!(200, answer.status, "{query}: {}", answer.body);
    answer
}

fn ids(page: &Answer) -> Vec<String> {
    let orders = page.body["orders"].as_array().unwrap();
    orders.iter().map(|order| order["orderId"].as_str().unwrap().to_owned()).collect()
}
