//! The storefront and the page of an order, as a browser without scripts sees them.

use order_core::Status;

use crate::support::{Answer, Setup, Shop};

const FORM: &str = "pieType=apple&name=Jane+Doe&email=jane%40example.com&phone=%2B1-555-0123\
                    &street=123+Main+St&city=Springfield&state=il&zip=62701";

#[tokio::test]
async fn a_pie_that_is_ordered_on_the_storefront_is_confirmed_by_its_own_page() {
    let shop = Shop::open().await;
    let key = hidden_key(&page(&shop, "/?pie=cherry").await);
    let sent = send(&shop, "/", &format!("key={key}&{FORM}")).await;
    assert_eq!(303, sent.status, "{}", sent.text);
    let order = page(&shop, sent.header("location")).await;
    let id = sent.header("location").rsplit('/').next().unwrap();
    for text in [id, "Classic Apple Pie", "We have your order", "seconds to go", "Jane Doe", "IL"] {
        assert!(order.text.contains(text), "{text}: {}", order.text);
    }
    assert_eq!("no-store", order.header("cache-control"));
    let found = shop.get(&format!("/track?id=+{}", id.to_uppercase())).undocumented().send().await;
    assert_eq!((303, sent.header("location")), (found.status, found.header("location")));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_orders_one_pie() {
    let shop = Shop::open().await;
    let form = format!("key={}&{FORM}", hidden_key(&page(&shop, "/").await));
    let (first, second) = tokio::join!(send(&shop, "/", &form), send(&shop, "/", &form));
    assert_eq!((303, 303), (first.status, second.status));
    assert_eq!(first.header("location"), second.header("location"));
    let changed = send(&shop, "/", &form.replace("Springfield", "Chicago")).await;
    assert_eq!(409, changed.status);
    assert!(changed.text.contains("value=\"Chicago\""));
    let again = format!("key={}&{FORM}", hidden_key(&changed));
    assert_ne!(first.header("location"), send(&shop, "/", &again).await.header("location"));
}

#[tokio::test]
async fn a_form_without_a_key_is_a_new_order_each_time() {
    let shop = Shop::open().await;
    let [first, second] = [send(&shop, "/", FORM).await, send(&shop, "/", FORM).await];
    assert_eq!((303, 303), (first.status, second.status));
    assert_ne!(first.header("location"), second.header("location"));
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said_and_what_was_typed_is_kept() {
    let shop = Shop::open().await;
    let typed = "key=k&pieType=apple&name=%3Cb%3EJane%3C%2Fb%3E&email=jane&phone=&zip=1";
    let answer = send(&shop, "/", typed).await;
    assert_eq!(422, answer.status);
    for text in [
        "<title>Error: ",
        "href=\"#email\"",
        "E-mail takes an e-mail address",
        "id=\"email-error\"",
        "value=\"jane\"",
        "href=\"#phone\"",
        "Street and number is required",
        "value=\"apple\" selected",
        "value=\"k\"",
    ] {
        assert!(answer.text.contains(text), "{text}: {}", answer.text);
    }
    assert!(!answer.text.contains("<b>"), "markup is shown, not obeyed");
    assert!(!answer.text.contains("href=\"#name\""), "a name may look like that");
}

#[tokio::test]
async fn an_order_can_be_cancelled_on_its_page_until_the_drone_takes_off() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let path = format!("/orders/{id}");
    assert!(page(&shop, &path).await.text.contains("Yes, cancel my order"));
    assert_eq!(303, send(&shop, &format!("{path}/cancel"), "").await.status);
    let cancelled = page(&shop, &path).await.text;
    assert!(cancelled.contains("Nothing of this order is under way any more"));
    assert!(!cancelled.contains("Yes, cancel my order"));

    let id = shop.order().await;
    shop.bring(&id, Status::Delivering).await;
    let path = format!("/orders/{id}");
    assert!(!page(&shop, &path).await.text.contains("Yes, cancel my order"));
    assert_eq!(303, send(&shop, &format!("{path}/cancel"), "").await.status);
    assert!(page(&shop, &path).await.text.contains("Your pie is in the air"));
}

#[tokio::test]
async fn every_state_of_an_order_is_told_in_words() {
    let shop = Shop::open().await;
    for (status, words) in [
        (Status::Picking, "Your fruit is being picked"),
        (Status::Prepping, "Your pie is being made"),
        (Status::Baking, "Your pie is in the oven"),
        (Status::Error, "Your pie was burnt in the oven."),
        (Status::Completed, "Enjoy your pie."),
    ] {
        let id = shop.order().await;
        shop.bring(&id, status).await;
        let shown = page(&shop, &format!("/orders/{id}")).await.text;
        assert!(shown.contains(words), "{status}: {shown}");
    }
}

#[tokio::test]
async fn a_page_is_kept_up_to_date_until_the_order_is_over() {
    let setup = Setup { lanes: true, pace: 1_000_000, ..Setup::default() };
    let shop = Shop::with(setup).await;
    let id = shop.order().await;
    let told = shop.get(&format!("/orders/{id}/live")).undocumented().send().await.text;
    let names: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(Some(&"order"), names.first(), "{names:?}");
    assert!(names.ends_with(&["order", "actions", "announcement", "end"]), "{names:?}");
    assert!(told.contains("Enjoy your pie."));
}

#[tokio::test]
async fn what_does_not_exist_has_a_page_that_says_so() {
    let shop = Shop::open().await;
    let unknown = "/orders/ord_01jx0000000000000000000000";
    for path in [unknown, "/orders/nonsense", "/nothing/here"] {
        let answer = shop.get(path).undocumented().send().await;
        assert_eq!(404, answer.status);
        assert!(answer.text.contains("<h1>"), "{path}: {}", answer.text);
    }
    assert_eq!(404, send(&shop, &format!("{unknown}/cancel"), "").await.status);
    let asked = shop.get("/track?id=ord_1").undocumented().send().await;
    assert_eq!(422, asked.status);
    assert!(asked.text.contains("value=\"ord_1\""));
}

#[tokio::test]
async fn without_a_database_a_page_says_so_and_keeps_what_was_typed() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    shop.store.close().await;
    let answer = send(&shop, "/", &format!("key=k&{FORM}")).await;
    assert_eq!(503, answer.status);
    assert!(answer.text.contains("value=\"Jane Doe\""));
    let path = format!("/orders/{id}");
    let answer = shop.get(&path).undocumented().send().await;
    assert_eq!((503, "5"), (answer.status, answer.header("retry-after")));
    assert!(answer.text.contains("Your order is safe"));
}

#[tokio::test]
async fn files_are_kept_by_browsers_as_long_as_they_do_not_change() {
    let shop = Shop::open().await;
    let front = page(&shop, "/").await.text;
    let (_, rest) = front.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let path = rest.split('"').next().unwrap();
    let style = shop.get(path).undocumented().send().await;
    assert_eq!((200, "text/css"), (style.status, style.header("content-type")));
    assert!(style.header("cache-control").contains("immutable"));
    let name = path.rsplit('/').next().unwrap();
    let older = shop.get(&format!("/static/0/{name}")).undocumented().send().await;
    assert_eq!("no-store", older.header("cache-control"));
    let none = shop.get("/static/0/none.css").undocumented().send().await;
    assert_eq!(404, none.status);
}

async fn page(shop: &Shop, path: &str) -> Answer {
    let answer = shop.get(path).undocumented().send().await;
    assert_eq!(200, answer.status, "{path}: {}", answer.text);
    answer
}

async fn send(shop: &Shop, path: &str, form: &str) -> Answer {
    let call = shop.post(path).undocumented();
    call.raw("application/x-www-form-urlencoded", form.to_owned()).send().await
}

fn hidden_key(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("name=\"key\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}
