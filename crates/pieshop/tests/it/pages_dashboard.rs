//! The dashboard, as a browser without scripts sees it.

use chrono::Days;
use order_core::Status;
use pieshop::clock::system_time;
use serde_json::json;

use crate::pages_admin::{hidden, page, send, session};
use crate::support::{PASSWORD, Setup, Shop, new_order};

#[tokio::test]
async fn the_dashboard_shows_the_orders_and_what_they_need() {
    let shop = Shop::open().await;
    let cookie = session(&shop).await;
    let empty = ok(&shop, "/admin", &cookie).await;
    assert!(empty.contains("No orders yet"), "{empty}");
    let id = shop.order().await;
    let burnt = shop.order().await;
    shop.bring(&burnt, Status::Error).await;
    let shown = ok(&shop, "/admin", &cookie).await;
    assert_eq!(2, rows(&shown).len());
    for text in ["All 2 orders", "Jane Doe", "Apple", "Ordered", "BURNT", "Needs attention"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(shown.contains(&format!("href=\"/admin/orders/{id}\"")));
    for (attribute, value) in [("sse-connect", "/admin/live"), ("href", "/admin?live=off")] {
        assert!(shown.contains(&format!("{attribute}=\"{value}\"")), "{value}: {shown}");
    }
    assert!(!shown.contains("Faults"), "these robots let nobody break them");
}

#[tokio::test]
async fn filters_in_the_address_show_what_matches_in_sqlite() {
    filters(Shop::open().await).await;
}

#[tokio::test]
async fn filters_in_the_address_show_what_matches_in_postgres() {
    filters(Shop::on_postgres().await).await;
}

async fn filters(shop: Shop) {
    let mut cherry = new_order();
    cherry["pieType"] = json!("cherry");
    cherry["customer"]["email"] = json!("joe@example.com");
    let (apple, cherry) = (shop.order().await, shop.order_of(&cherry).await);
    let burnt = shop.order().await;
    shop.bring(&burnt, Status::Error).await;
    let cookie = session(&shop).await;
    let (apple, cherry, burnt) = (apple.as_str(), cherry.as_str(), burnt.as_str());
    let today = system_time().date_naive();
    let tomorrow = today + Days::new(1);
    for (query, title, expected) in [
        ("status=ORDERED", "Ordered orders", vec![apple, cherry]),
        ("status=ERROR", "Orders in error", vec![burnt]),
        ("attention=error&pieType=apple", "Orders in error, apple", vec![burnt]),
        ("attention=retrying", "Retrying orders", vec![]),
        ("pieType=cherry", "Orders, cherry", vec![cherry]),
        ("q=JOE@", "“JOE@”", vec![cherry]),
        (&format!("q={apple}"), apple, vec![apple]),
        (&format!("from={today}&to={tomorrow}"), "from", vec![apple, cherry, burnt]),
        (&format!("from={tomorrow}"), "from", vec![]),
        // As a form sends it that nobody filled in.
        ("status=&pieType=&attention=&from=&to=&q=", "All orders", vec![apple, cherry, burnt]),
        ("status=&pieType=cherry&attention=&from=&to=&q=+", "Orders, cherry", vec![cherry]),
        // A pie that is not on offer any more.
        ("pieType=plum", "Orders, plum", vec![]),
    ] {
        let shown = ok(&shop, &format!("/admin?{query}"), &cookie).await;
        let (mut seen, mut expected) = (rows(&shown), expected);
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(expected, seen, "{query}");
        assert!(heading(&shown).contains(title), "{query}: {}", heading(&shown));
        if expected.is_empty() {
            assert!(shown.contains("No order matches this filter"), "{query}");
        }
    }
    let shown = ok(&shop, "/admin?pieType=plum&q=jane@&status=ERROR", &cookie).await;
    for kept in ["value=\"plum\" selected", "value=\"jane@\"", "value=\"ERROR\" selected"] {
        assert!(shown.contains(kept), "{kept}: {shown}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_used_says_so_at_its_field() {
    let shop = Shop::open().await;
    shop.order().await;
    let cookie = session(&shop).await;
    let long = format!("q={}", "a".repeat(256));
    for (query, field) in [
        ("status=baking", "status"),
        ("attention=everything", "attention"),
        ("from=yesterday", "from"),
        ("to=2025-02-30", "to"),
        ("from=2025-12-18&to=2025-12-16", "to"),
        ("q=a%00b", "q"),
        (long.as_str(), "q"),
        ("pieType=%1b", "pieType"),
    ] {
        let answer = page(&shop, &format!("/admin?{query}"), &cookie).await;
        assert_eq!(422, answer.status, "{query}");
        assert!(answer.text.contains("<title>Error: "), "{query}");
        assert!(answer.text.contains(&format!("href=\"#{field}\"")), "{query}: {}", answer.text);
        assert!(answer.text.contains(&format!("id=\"{field}-error\"")), "{query}");
        let described = format!("aria-describedby=\"{field}-error\"");
        assert!(answer.text.contains(&described), "{query}");
        assert_eq!(Vec::<&str>::new(), rows(&answer.text), "{query}");
    }
    for query in
        ["page=2", "Status=ERROR", "cursor=broken", "limit=0", "status=ERROR&status=BAKING"]
    {
        let answer = page(&shop, &format!("/admin?{query}"), &cookie).await;
        assert_eq!(422, answer.status, "{query}");
        assert!(answer.text.contains("This filter cannot be used"), "{query}");
    }
}

#[tokio::test]
async fn pages_lead_to_every_order_and_back_to_the_newest() {
    let shop = Shop::open().await;
    let mut placed = Vec::new();
    for _ in 0..7 {
        placed.push(shop.order().await);
    }
    placed.sort_unstable();
    placed.reverse();
    let cookie = session(&shop).await;
    let (mut seen, mut captions) = (Vec::new(), Vec::new());
    let mut path = "/admin?limit=3&live=off".to_owned();
    loop {
        let shown = ok(&shop, &path, &cookie).await;
        seen.extend(rows(&shown).iter().map(|id| (*id).to_owned()));
        captions.push(between(&shown, "id=\"orders-caption\">", "<").to_owned());
        assert!(
            !shown.contains("sse-connect") && !shown.contains("hx-get"),
            "a pause goes on from page to page"
        );
        assert_eq!(captions.len() > 1, shown.contains("id=\"newest\""), "{path}");
        let Some(older) = link(&shown, "older") else { break };
        path = older;
    }
    assert_eq!(placed, seen);
    assert!(captions[0].starts_with("The 3 newest"), "{captions:?}");
    assert_eq!("3 orders, newest first; there are older ones", captions[1]);
    assert_eq!("The last 1: no older orders match", captions[2]);
    let beyond = ok(&shop, &format!("/admin?cursor={}", placed[6]), &cookie).await;
    assert!(beyond.contains("There are no older orders"));
}

#[tokio::test]
async fn names_are_shown_and_not_obeyed() {
    let shop = Shop::open().await;
    let mut order = new_order();
    order["customer"]["name"] = json!("<script>alert('Zoë')</script> محمد 🥧");
    let id = shop.order_of(&order).await;
    shop.bring(&id, Status::Error).await;
    let cookie = session(&shop).await;
    let paths = ["/admin?status=ERROR", "/admin/recovery?status=ERROR&action=retry"];
    for path in paths.into_iter().chain([format!("/admin/rows?ids={id}").as_str()]) {
        let shown = ok(&shop, path, &cookie).await;
        assert!(!shown.contains("<script>alert"), "{path}: {shown}");
        assert!(shown.contains("Zoë") && shown.contains("محمد 🥧"), "{path}: {shown}");
    }
    let hostile = "/admin?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&pieType=%3Cb%3E";
    let shown = ok(&shop, hostile, &cookie).await;
    assert!(!shown.contains("<script>alert") && !shown.contains("<b>"), "{shown}");
}

#[tokio::test]
async fn rows_are_asked_after_by_their_ids() {
    let shop = Shop::open().await;
    let (one, two) = (shop.order().await, shop.order().await);
    let cookie = session(&shop).await;
    let asked = format!("/admin/rows?ids={two},{one}");
    let mut newest_first = vec![one.as_str(), two.as_str()];
    newest_first.sort_unstable();
    newest_first.reverse();
    let shown = ok(&shop, &asked, &cookie).await;
    assert_eq!(newest_first, rows(&shown));
    assert!(!shown.contains("<table"), "only the rows");
    let many = vec![one.as_str(); 201].join(",");
    for ids in ["", "nonsense", &format!("{one},"), many.as_str()] {
        let refused = page(&shop, &format!("/admin/rows?ids={ids}"), &cookie).await;
        assert_eq!(422, refused.status, "{ids}");
    }
}

#[tokio::test]
async fn news_counts_what_is_newer_and_matches() {
    let shop = Shop::open().await;
    let first = shop.order().await;
    let cookie = session(&shop).await;
    let news = async |query: &str| ok(&shop, &format!("/admin/news?{query}"), &cookie).await;
    assert_eq!("", news(&format!("after={first}")).await.trim());
    let mut cherry = new_order();
    cherry["pieType"] = json!("cherry");
    shop.order_of(&cherry).await;
    let told = news(&format!("pieType=cherry&after={first}")).await;
    assert!(told.contains("One new order") && told.contains("href=\"/admin?pieType=cherry\""));
    assert_eq!("", news(&format!("pieType=pecan&after={first}")).await.trim());
    assert!(news("pieType=apple").await.contains("One new order"), "on a page without any");
    shop.stock(500).await;
    // Another address: what was told a moment ago is kept for a moment.
    let told = news(&format!("status=ORDERED&after={first}")).await;
    assert!(told.contains("100+ new orders"), "{told}");
    for wrong in ["after=nonsense", "status=x", "page=2"] {
        assert_eq!(422, page(&shop, &format!("/admin/news?{wrong}"), &cookie).await.status);
    }
}

#[tokio::test]
async fn many_are_put_right_after_one_more_question() {
    let shop = Shop::open().await;
    for _ in 0..7 {
        let id = shop.order().await;
        shop.bring(&id, Status::Error).await;
    }
    let other = shop.order().await;
    let cookie = session(&shop).await;
    let asked = ok(&shop, "/admin/recovery?pieType=apple&action=retry", &cookie).await;
    for text in ["Retry 7 orders?", "The five newest of them", "Apple", "BURNT", "Retry 7 orders<"]
    {
        assert!(asked.contains(text) || text == "Apple", "{text}: {asked}");
    }
    let (csrf, most) = (hidden(&asked, "csrf"), hidden(&asked, "most"));
    let form = format!("csrf={csrf}&pieType=apple&action=retry&note=&most={most}");
    let done = send(&shop, "/admin/recovery", &cookie, &form).await;
    assert_eq!((303, "/admin?pieType=apple&done=recovered-7-0"), at(&done));
    let shown = ok(&shop, done.header("location"), &cookie).await;
    assert!(shown.contains("7 orders were put right."), "{shown}");
    assert!(!between(&shown, "id=\"refresh\"", ">").contains("done="), "it is said once");
    assert_eq!("ORDERED", shop.shown(&other).await.body["status"]);
    let again = send(&shop, "/admin/recovery", &cookie, &form).await;
    let shown = ok(&shop, again.header("location"), &cookie).await;
    assert!(shown.contains("Nothing was changed"), "{shown}");
    let nothing = ok(&shop, "/admin/recovery?pieType=apple&action=retry", &cookie).await;
    assert!(
        nothing.contains("Nothing to put right")
            && !nothing.contains("method=\"post\" action=\"/admin/recovery\"")
    );
}

#[tokio::test]
async fn no_more_orders_are_changed_than_were_named() {
    let shop = Shop::open().await;
    for _ in 0..3 {
        let id = shop.order().await;
        shop.bring(&id, Status::Error).await;
    }
    let cookie = session(&shop).await;
    let asked = ok(&shop, "/admin/recovery?status=ERROR&action=retry", &cookie).await;
    let csrf = hidden(&asked, "csrf");
    let form = format!("csrf={csrf}&status=ERROR&action=retry&most=2");
    let done = send(&shop, "/admin/recovery", &cookie, &form).await;
    assert_eq!((303, "/admin?status=ERROR&done=recovered-2-0"), at(&done));
}

#[tokio::test]
async fn closing_and_skipping_need_a_note() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    shop.bring(&id, Status::Error).await;
    let cookie = session(&shop).await;
    let asked = ok(&shop, "/admin/recovery?attention=error&action=close", &cookie).await;
    assert!(asked.contains("Close 1 order?") && asked.contains("cannot be undone"), "{asked}");
    let csrf = hidden(&asked, "csrf");
    for action in ["close", "skip"] {
        let form = format!("csrf={csrf}&attention=error&most=1&action={action}");
        let refused = send(&shop, "/admin/recovery", &cookie, &form).await;
        assert_eq!(422, refused.status);
        assert!(refused.text.contains(&format!("Note is required to {action}")));
        assert!(refused.text.contains("href=\"#note\"") && refused.text.contains("note-error"));
    }
    assert_eq!("ERROR", shop.shown(&id).await.body["status"]);
    let form = format!("csrf={csrf}&attention=error&most=1&action=close&note=gave+up");
    let done = send(&shop, "/admin/recovery", &cookie, &form).await;
    assert_eq!(303, done.status, "{}", done.text);
    assert_eq!("CANCELLED", shop.shown(&id).await.body["status"]);
}

#[tokio::test]
async fn nothing_is_ever_done_to_all_orders_nor_by_a_form_of_another_session() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    shop.bring(&id, Status::Error).await;
    let cookie = session(&shop).await;
    let csrf = hidden(&ok(&shop, "/admin", &cookie).await, "csrf");
    for (form, status) in [
        (format!("csrf={csrf}&action=retry&most=1"), 422),
        (format!("csrf={csrf}&status=x&action=retry&most=1"), 422),
        (format!("csrf={csrf}&status=ERROR&action=destroy&most=1"), 422),
        (format!("csrf={csrf}&status=PICKING&action=retry&most=1"), 422),
        ("csrf=guess&status=ERROR&action=retry&most=1".into(), 403),
        ("status=ERROR&action=retry&most=1".into(), 403),
    ] {
        let refused = send(&shop, "/admin/recovery", &cookie, &form).await;
        assert_eq!(status, refused.status, "{form}: {}", refused.text);
    }
    for query in ["action=retry", "status=PICKING&action=retry", "status=ERROR"] {
        let asked = page(&shop, &format!("/admin/recovery?{query}"), &cookie).await;
        assert!(!asked.text.contains("name=\"most\""), "{query}: {}", asked.text);
    }
    assert_eq!(403, send(&shop, "/admin/faults", &cookie, "robot=baker&mode=down").await.status);
    assert_eq!("ERROR", shop.shown(&id).await.body["status"]);
}

#[tokio::test]
async fn whose_session_ends_within_a_recovery_comes_back_to_the_question() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    shop.bring(&id, Status::Error).await;
    let question = "/admin/recovery?status=ERROR&action=retry";
    let referer = format!("{}{question}", shop.base);
    let form = "csrf=old&status=ERROR&action=retry&most=1";
    let call = shop.post("/admin/recovery").header("referer", &referer).undocumented();
    let call = call.raw("application/x-www-form-urlencoded", form);
    let expired = call.send().await;
    assert_eq!(303, expired.status);
    let sign_in = shop.get(expired.header("location")).undocumented().send().await;
    let next = hidden(&sign_in.text, "next").replace("&#38;", "&").replace("&amp;", "&");
    assert_eq!(question, next);
    let next = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
    let signed =
        send(&shop, "/admin/sign-in", "", &format!("password={PASSWORD}&next={next}")).await;
    assert_eq!((303, question), at(&signed));
    assert_eq!("ERROR", shop.shown(&id).await.body["status"], "nothing was done yet");
}

#[tokio::test]
async fn a_part_of_a_page_leads_the_whole_page_to_the_sign_in() {
    let shop = Shop::open().await;
    let here = format!("{}/admin?status=ERROR", shop.base);
    let call = shop.get("/admin/news").header("hx-request", "true").header("referer", &here);
    let answer = call.undocumented().send().await;
    let sign_in = "/admin/sign-in?expired&next=%2Fadmin%3Fstatus%3DERROR";
    assert_eq!((401, sign_in), (answer.status, answer.header("hx-redirect")));
    for path in ["/admin", "/admin/live", "/admin/rows?ids=", "/admin/recovery"] {
        assert_eq!(303, page(&shop, path, "").await.status, "{path}");
    }
}

#[tokio::test]
async fn an_order_leads_back_to_the_list_that_it_was_found_in() {
    let shop = Shop::open().await;
    let path = format!("/admin/orders/{}", shop.order().await);
    let cookie = session(&shop).await;
    for (came_from, back) in [
        ("/admin?status=ORDERED", "/admin?status=ORDERED"),
        ("/admin/sign-in?next=x", "/admin"),
        ("/elsewhere", "/admin"),
    ] {
        let call = shop.get(&path).header("cookie", &cookie).undocumented();
        let answer = call.header("referer", &format!("{}{came_from}", shop.base)).send().await;
        assert!(answer.text.contains(&format!("<a href=\"{back}\">All orders</a>")), "{came_from}");
    }
}

#[tokio::test]
async fn without_a_database_the_dashboard_says_so() {
    let shop = Shop::with(Setup::default()).await;
    let cookie = session(&shop).await;
    let id = shop.order().await;
    shop.store.close().await;
    let rows = format!("/admin/rows?ids={id}");
    for path in ["/admin", "/admin/news", &rows, "/admin/recovery?status=ERROR&action=retry"] {
        let answer = page(&shop, path, &cookie).await;
        assert_eq!((503, "5"), (answer.status, answer.header("retry-after")), "{path}");
    }
}

/// A page or a part of one that is answered as it should be.
async fn ok(shop: &Shop, path: &str, cookie: &str) -> String {
    let answer = page(shop, path, cookie).await;
    assert_eq!(200, answer.status, "{path}: {}", answer.text);
    answer.text
}

fn at(answer: &crate::support::Answer) -> (u16, &str) {
    (answer.status, answer.header("location"))
}

/// The ids of the rows, in their order.
fn rows(page: &str) -> Vec<&str> {
    page.split("<tr id=\"row-").skip(1).filter_map(|row| row.split('"').next()).collect()
}

fn heading(page: &str) -> &str {
    between(page, "<h2 id=\"list-title\">", "</h2>")
}

/// The address of the link with this id.
fn link(page: &str, id: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("id=\"{id}\""))?;
    Some(between(rest, "href=\"", "\"").replace("&#38;", "&").replace("&amp;", "&"))
}

fn between<'p>(page: &'p str, begin: &str, end: &str) -> &'p str {
    let (_, rest) = page.split_once(begin).unwrap();
    rest.split(end).next().unwrap()
}
