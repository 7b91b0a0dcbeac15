//! Recording transitions: guarded by version and lease, with the history or not at all.

use order_core::Command;
use pieshop::store::{Change, StoreError};

use super::orders::{begun, claim, commanded, token, whole_way};
use super::support::{Db, on_both};

on_both!(
    a_change_of_another_version_is_not_made,
    a_change_needs_the_lease_that_it_names,
    a_change_gives_its_lease_back,
    a_change_without_a_lease_leaves_that_of_others,
    a_repeated_batch_reports_what_is_done_as_done,
    another_change_to_the_same_version_is_not_mistaken_for_a_repetition,
    a_state_without_its_history_is_not_written,
    a_change_may_have_no_history,
    of_two_changes_at_once_one_is_made,
);

async fn a_change_of_another_version_is_not_made(db: Db) {
    let order = db.with_orders(1).await.remove(0);
    let way = whole_way(&order);
    assert_eq!(db.store.change(&[way[1].clone()]).await.unwrap(), [false], "one was left out");
    assert_eq!(db.store.change(&[way[0].clone()]).await.unwrap(), [true]);
    assert_eq!(db.store.change(&[way[1].clone()]).await.unwrap(), [true]);
    assert_eq!(db.store.change(&[way[0].clone()]).await.unwrap(), [false], "it is past");
    assert_eq!(db.store.order(order.id).await.unwrap().unwrap().order, way[1].order);
}

async fn a_change_needs_the_lease_that_it_names(db: Db) {
    let orders = db.with_orders(2).await;
    db.store.claim(claim(token(1))).await.unwrap();
    let by = |number, order| Change { lease: Some(token(number)), ..begun(order) };
    let changed = db.store.change(&[by(2, &orders[0]), by(1, &orders[1])]).await.unwrap();
    assert_eq!(changed, [false, true]);
    let stored = db.store.order(orders[0].id).await.unwrap().unwrap();
    assert_eq!((stored.order, stored.lease), (orders[0].clone(), Some(token(1))));
}

async fn a_change_gives_its_lease_back(db: Db) {
    let order = db.with_orders(1).await.remove(0);
    db.store.claim(claim(token(1))).await.unwrap();
    let change = Change { lease: Some(token(1)), ..begun(&order) };
    assert_eq!(db.store.change(&[change]).await.unwrap(), [true]);
    assert_eq!(db.store.order(order.id).await.unwrap().unwrap().lease, None);
}

async fn a_change_without_a_lease_leaves_that_of_others(db: Db) {
    let order = db.with_orders(1).await.remove(0);
    db.store.claim(claim(token(1))).await.unwrap();
    let cancelled = commanded(&order, Command::Cancel);
    assert_eq!(db.store.change(&[cancelled]).await.unwrap(), [true]);
    let stored = db.store.order(order.id).await.unwrap().unwrap();
    assert_eq!((stored.order.version, stored.lease), (2, Some(token(1))));
    let late = Change { lease: Some(token(1)), ..begun(&order) };
    assert_eq!(db.store.change(&[late]).await.unwrap(), [false], "the version has moved");
}

async fn a_repeated_batch_reports_what_is_done_as_done(db: Db) {
    let orders = db.with_orders(3).await;
    db.store.claim(claim(token(1))).await.unwrap();
    let batch: Vec<Change> =
        orders.iter().map(|order| Change { lease: Some(token(1)), ..begun(order) }).collect();
    assert_eq!(db.store.change(&batch[..2]).await.unwrap(), [true, true]);
    assert_eq!(db.another().await.change(&batch).await.unwrap(), [true, true, true]);
    assert_eq!(db.rows("state_history").await, 6);
}

async fn another_change_to_the_same_version_is_not_mistaken_for_a_repetition(db: Db) {
    let order = db.with_orders(1).await.remove(0);
    let (first, second) = (begun(&order), commanded(&order, Command::Cancel));
    assert_eq!(first.order.updated_at, second.order.updated_at, "both at the same moment");
    assert_eq!(db.store.change(&[first]).await.unwrap(), [true]);
    assert_eq!(db.store.change(&[second]).await.unwrap(), [false]);
}

async fn a_state_without_its_history_is_not_written(db: Db) {
    let orders = db.with_orders(2).await;
    let mut batch = [begun(&orders[0]), begun(&orders[1])];
    batch[1].entry.as_mut().unwrap().seq = 1;
    let refused = db.store.change(&batch).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    for order in &orders {
        let (stored, history) = db.store.order_with_history(order.id).await.unwrap().unwrap();
        assert_eq!((&stored, history.len()), (order, 1));
    }
}

async fn a_change_may_have_no_history(db: Db) {
    let orders = db.with_orders(2).await;
    let mut quiet = begun(&orders[0]);
    quiet.entry = None;
    quiet.order.seq = 1;
    assert_eq!(db.store.change(&[quiet, begun(&orders[1])]).await.unwrap(), [true, true]);
    assert_eq!(db.rows("state_history").await, 3);
}

async fn of_two_changes_at_once_one_is_made(db: Db) {
    let orders = db.with_orders(50).await;
    let other = db.another().await;
    let go: Vec<Change> = orders.iter().map(begun).collect();
    let stop: Vec<Change> =
        orders.iter().rev().map(|order| commanded(order, Command::Cancel)).collect();
    let (gone, stopped) = tokio::join!(db.store.change(&go), other.change(&stop));
    for (gone, stopped) in gone.unwrap().into_iter().zip(stopped.unwrap().into_iter().rev()) {
        assert!(gone != stopped);
    }
    assert_eq!(db.rows("state_history").await, 100);
}
