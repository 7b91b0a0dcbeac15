//! What every store must do, on both databases.

mod support;

use order_core::Status;
use pieshop::store::Store;
use support::{Sqlite, new_order, start};

#[tokio::test]
async fn an_order_is_found_as_it_was_placed() {
    let db = Sqlite::new().await;
    let store = &db.store;
    let new = new_order(1, None);
    let placed = store.place(std::slice::from_ref(&new)).await.unwrap();
    assert_eq!(placed, [pieshop::store::Placed::Created]);
    let (order, history) = store.order_with_history(new.order.id).await.unwrap().unwrap();
    assert_eq!(order, new.order);
    assert_eq!(history, [new.entry]);
    let claimed = store
        .claim(pieshop::store::Claim {
            status: Status::Ordered,
            limit: 10,
            lease: chrono::TimeDelta::seconds(10),
            token: uuid::Uuid::nil(),
        })
        .await
        .unwrap();
    assert_eq!(claimed.orders, [new.order]);
    assert!(claimed.now >= start());
}
