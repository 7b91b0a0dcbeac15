//! The dashboard, as a browser sees it.

use crate::pages_admin::{page, session};
use crate::support::Shop;

#[tokio::test]
async fn the_dashboard_shows_the_orders_newest_first() {
    let shop = Shop::open().await;
    let id = shop.order().await;
    let cookie = session(&shop).await;
    let shown = page(&shop, "/admin", &cookie).await;
    assert_eq!(200, shown.status, "{}", shown.text);
    assert!(shown.text.contains(&id), "{}", shown.text);
}
