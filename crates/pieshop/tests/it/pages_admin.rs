//! The administrator's pages: signing in, and one order.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use order_core::Status;
use tower::ServiceExt;

use crate::support::{Answer, PASSWORD, Shop};

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_and_goes_on_where_they_were() {
    let shop = Shop::open().await;
    let path = format!("/admin/orders/{}", shop.order().await);
    let refused = shop.get(&path).undocumented().send().await;
    assert_eq!(303, refused.status);
    let sign_in = refused.header("location").to_owned();
    let form = shop.get(&sign_in).undocumented().send().await;
    assert_eq!(200, form.status);
    assert!(form.text.contains(&format!("value=\"{path}\"")), "{}", form.text);

    let wrong = send(&shop, "/admin/sign-in", "", &format!("password=guess&next={path}")).await;
    assert_eq!(422, wrong.status);
    assert!(wrong.text.contains("This is not the password"));
    assert!(wrong.headers.get("set-cookie").is_none());

    let right = format!("password={PASSWORD}&next={path}");
    let right = send(&shop, "/admin/sign-in", "", &right).await;
    assert_eq!((303, path.as_str()), (right.status, right.header("location")));
    let cookie = right.header("set-cookie");
    for attribute in ["__Host-", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
}

#[tokio::test]
async fn a_link_to_the_sign_in_leads_nowhere_else() {
    let shop = Shop::open().await;
    for next in ["https://example.com", "//example.com", "/admin\\@example.com", "/administrate"] {
        let form = format!("password={PASSWORD}&next={next}");
        let answer = send(&shop, "/admin/sign-in", "", &form).await;
        assert_eq!("/admin", answer.header("location"), "{next}");
    }
}

#[tokio::test]
async fn too_many_wrong_passwords_are_not_even_looked_at() {
    let shop = Shop::open().await;
    // However long a password takes to be checked, the wait of two seconds only just begins.
    tokio::time::pause();
    let sign_in = async |password: &str| {
        let request = Request::post("/admin/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("password={password}")));
        shop.router.clone().oneshot(request.unwrap()).await.unwrap()
    };
    for _ in 0..6 {
        assert_eq!(422, sign_in("guess").await.status());
    }
    tokio::time::advance(Duration::from_millis(1)).await;
    let last = sign_in("guess").await;
    assert_eq!(
        (429, "2"),
        (last.status().as_u16(), last.headers()["retry-after"].to_str().unwrap())
    );
    assert_eq!(429, sign_in(PASSWORD).await.status());
}

#[tokio::test]
async fn a_session_that_nobody_signed_is_none() {
    let shop = Shop::open().await;
    let path = format!("/admin/orders/{}", shop.order().await);
    let cookie = session(&shop).await;
    assert_eq!(200, page(&shop, &path, &cookie).await.status);
    let forged = cookie.replace('=', "=x");
    for cookie in [forged.as_str(), "__Host-pieshop=4102444800.abc"] {
        assert_eq!(303, page(&shop, &path, cookie).await.status, "{cookie}");
    }
    let out = send(&shop, "/admin/sign-out", &cookie, "").await;
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
}

#[tokio::test]
async fn a_form_of_another_session_changes_nothing() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let cookie = session(&shop).await;
    let path = format!("/admin/orders/{id}/cancel");
    for csrf in ["", "csrf=guess"] {
        let refused = send(&shop, &path, &cookie, csrf).await;
        assert_eq!(403, refused.status);
    }
    let expired = send(&shop, &path, "", "csrf=guess").await;
    assert_eq!((303, true), (expired.status, expired.header("location").contains("sign-in")));
    assert_eq!("ORDERED", shop.shown(&id).await.body["status"]);
}

#[tokio::test]
async fn an_order_in_error_is_shown_with_everything_and_put_right() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    shop.bring(&id, Status::Error).await;
    let cookie = session(&shop).await;
    let path = format!("/admin/orders/{id}");
    let shown = page(&shop, &path, &cookie).await.text;
    for text in ["BURNT", "it waits for you", "Baking", "black", "jane@example.com", "Put it right"]
    {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let csrf = hidden(&shown, "csrf");
    let skip =
        send(&shop, &format!("{path}/recovery"), &cookie, &format!("csrf={csrf}&action=skip"))
            .await;
    assert_eq!(422, skip.status);
    assert!(skip.text.contains("Note is required to skip"), "{}", skip.text);
    let retry = format!("csrf={csrf}&action=retry&note=new+oven");
    let done = send(&shop, &format!("{path}/recovery"), &cookie, &retry).await;
    assert_eq!(303, done.status);
    let after = page(&shop, done.header("location"), &cookie).await.text;
    assert!(after.contains("The order goes on."));
    assert!(after.contains("retry: new oven"));
    let again = send(&shop, &format!("{path}/recovery"), &cookie, &retry).await;
    assert_eq!(409, again.status);
    assert!(again.text.contains("not in error any more"));
}

#[tokio::test]
async fn contact_and_address_are_changed_unless_somebody_else_was_quicker() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let cookie = session(&shop).await;
    let path = format!("/admin/orders/{id}");
    let csrf = hidden(&page(&shop, &path, &cookie).await.text, "csrf");
    let edit = |zip: &str| {
        format!(
            "csrf={csrf}&version=0&name=Janet+Doe&email=janet%40example.com&phone=5550123\
             &street=1+Pie+Ave&city=Reno&state=NV&zip={zip}"
        )
    };
    let wrong = send(&shop, &path, &cookie, &edit("1")).await;
    assert_eq!(422, wrong.status);
    assert!(wrong.text.contains("value=\"Janet Doe\""));
    assert_eq!(303, send(&shop, &path, &cookie, &edit("89501")).await.status);
    assert_eq!("Reno", shop.shown(&id).await.body["deliveryAddress"]["city"]);
    let late = send(&shop, &path, &cookie, &edit("89502")).await;
    assert_eq!(409, late.status);
    assert!(late.text.contains("Somebody else changed the order meanwhile"));
    assert!(late.text.contains("value=\"89502\""), "what was typed is kept");
}

/// Signs in.
pub(crate) async fn session(shop: &Shop) -> String {
    let answer = send(shop, "/admin/sign-in", "", &format!("password={PASSWORD}")).await;
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

pub(crate) async fn page(shop: &Shop, path: &str, cookie: &str) -> Answer {
    shop.get(path).header("cookie", cookie).undocumented().send().await
}

pub(crate) async fn send(shop: &Shop, path: &str, cookie: &str, form: &str) -> Answer {
    let call = shop.post(path).header("cookie", cookie).undocumented();
    call.raw("application/x-www-form-urlencoded", form.to_owned()).send().await
}

pub(crate) fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}
