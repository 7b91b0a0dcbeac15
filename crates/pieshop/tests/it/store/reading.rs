//! What was written is what is read: orders, histories, the feed of all histories, counters.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use chrono::TimeDelta;
use order_core::{Command, OrderId, RecoveryAction, Status};
use pieshop::store::{Change, FeedCursor, FeedRow, SharedStore};
use tokio::task::JoinSet;

use super::orders::{begun, commanded, failed, keyed_order, new_order, start, token, whole_way};
use super::support::{Db, on_both};

on_both!(
    an_order_survives_every_state_as_it_is,
    an_unknown_order_is_not_found,
    the_next_process_finds_what_this_one_wrote,
    the_feed_shows_every_row_once_under_concurrent_writers,
    the_feed_goes_on_from_any_position,
    counters_equal_a_live_count_after_concurrent_changes,
    counters_catch_up_with_a_long_history,
    old_keys_are_forgotten_and_no_others,
    a_store_that_takes_writes_answers_a_ping,
);

async fn an_order_survives_every_state_as_it_is(db: Db) {
    let orders = db.with_orders(3).await;
    let mut seen = BTreeSet::from([orders[0].status()]);
    let error = failed(&begun(&orders[1]).order);
    let stopped = error[3].order.clone();
    let ways = [
        whole_way(&orders[0]),
        [vec![begun(&orders[1])], error, vec![retried(&stopped)]].concat(),
        vec![commanded(&orders[2], Command::Cancel)],
    ];
    for way in ways {
        let mut entries = 1;
        for change in way {
            assert_eq!(db.store.change(slice::from_ref(&change)).await.unwrap(), [true]);
            entries += usize::from(change.entry.is_some());
            let id = change.order.id;
            let (order, history) = db.store.order_with_history(id).await.unwrap().unwrap();
            assert_eq!((&order, history.len()), (&change.order, entries));
            if change.entry.is_some() {
                assert_eq!(history.last(), change.entry.as_ref());
            }
            seen.insert(order.status());
        }
    }
    assert_eq!(seen, BTreeSet::from(Status::ALL));
}

async fn an_unknown_order_is_not_found(db: Db) {
    assert!(db.store.order(OrderId(token(9))).await.unwrap().is_none());
    assert!(db.store.order_with_history(OrderId(token(9))).await.unwrap().is_none());
}

async fn the_next_process_finds_what_this_one_wrote(db: Db) {
    let order = db.with_orders(1).await.remove(0);
    let store = db.restarted().await;
    assert_eq!(store.order(order.id).await.unwrap().unwrap().order, order);
}

async fn the_feed_shows_every_row_once_under_concurrent_writers(db: Db) {
    let before = db.store.feed_end().await.unwrap();
    let mut writers = write_concurrently(&db).await;
    let mut cursor = before;
    let mut seen = Vec::new();
    loop {
        let over = writers.is_empty();
        if over {
            db.settle().await;
        }
        let rows = db.store.feed(cursor, 50).await.unwrap();
        assert!(rows.is_sorted_by_key(|row| row.cursor));
        cursor = rows.last().map_or(cursor, |row| row.cursor);
        if over && rows.is_empty() {
            break;
        }
        seen.extend(rows);
        while writers.try_join_next().map(Result::unwrap).is_some() {}
    }
    let mut numbers: Vec<(OrderId, i32)> =
        seen.iter().map(|row| (row.order, row.entry.seq)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), seen.len(), "none twice");
    assert_eq!(numbers.len(), WRITERS * ORDERS * 3, "none skipped");
    assert_eq!(i64::try_from(numbers.len()).unwrap(), db.rows("state_history").await);
}

async fn the_feed_goes_on_from_any_position(db: Db) {
    let orders = db.with_orders(3).await;
    db.settle().await;
    let all = db.store.feed(FeedCursor::default(), 100).await.unwrap();
    assert_eq!(all.len(), 3);
    let order = |row: &FeedRow| row.order;
    assert_eq!(
        all.iter().map(order).collect::<BTreeSet<_>>(),
        orders.iter().map(|order| order.id).collect()
    );
    assert_eq!(db.store.feed(all[0].cursor, 1).await.unwrap(), all[1..2]);
    let end = db.store.feed_end().await.unwrap();
    assert_eq!(db.store.feed(end, 100).await.unwrap(), []);
    let change = begun(&orders[0]);
    db.store.change(slice::from_ref(&change)).await.unwrap();
    db.settle().await;
    let news = db.store.feed(end, 100).await.unwrap();
    assert_eq!(news.iter().map(|row| &row.entry).collect::<Vec<_>>(), [&change.entry.unwrap()]);
}

async fn counters_equal_a_live_count_after_concurrent_changes(db: Db) {
    let other = db.another().await;
    let mut writers = write_concurrently(&db).await;
    while let Some(written) = writers.join_next().await {
        written.unwrap();
        let (one, two) = tokio::join!(db.store.count(), other.count());
        for counts in [one.unwrap(), two.unwrap()] {
            assert!(counts.values().all(|orders| *orders >= 0), "{counts:?}");
        }
    }
    let expected = Status::ALL.map(|status| match status {
        Status::Prepping => (status, i64::try_from(WRITERS * ORDERS).unwrap()),
        _ => (status, 0),
    });
    db.settle().await;
    assert_eq!(db.store.count().await.unwrap(), BTreeMap::from(expected));
}

async fn counters_catch_up_with_a_long_history(db: Db) {
    // Three rows an order: more than are counted in one step.
    let orders = db.with_orders(4_000).await;
    let ways: Vec<Vec<Change>> = orders.iter().map(whole_way).collect();
    for step in 0..3 {
        for batch in ways.chunks(1000) {
            let changes: Vec<Change> = batch.iter().map(|way| way[step].clone()).collect();
            assert_eq!(db.store.change(&changes).await.unwrap(), vec![true; batch.len()]);
        }
    }
    assert!(db.rows("state_history").await > 10_000);
    db.settle().await;
    let counts = db.store.count().await.unwrap();
    assert_eq!(counts[&Status::Prepping], 4_000, "{counts:?}");
    assert_eq!(counts.values().sum::<i64>(), 4_000, "{counts:?}");
}

async fn old_keys_are_forgotten_and_no_others(db: Db) {
    let batch = [keyed_order(1, 1, 1), keyed_order(2, 2, 1), keyed_order(3, 3, 1), new_order(4)];
    db.store.place(&batch).await.unwrap();
    let before = start() + TimeDelta::seconds(3);
    assert_eq!(db.store.forget_keys(before, 1).await.unwrap(), 1, "at most as many");
    assert_eq!(db.store.forget_keys(before, 9).await.unwrap(), 1);
    assert_eq!(db.store.forget_keys(before, 9).await.unwrap(), 0);
    let again = [keyed_order(5, 1, 2), keyed_order(6, 3, 1)];
    let placed = format!("{:?}", db.store.place(&again).await.unwrap());
    assert!(placed.starts_with("[Created, Replayed("), "{placed}");
}

async fn a_store_that_takes_writes_answers_a_ping(db: Db) {
    db.store.ping().await.unwrap();
    db.store.close().await;
    assert!(db.store.ping().await.is_err());
}

const WRITERS: usize = 4;
const ORDERS: usize = 60;

/// Several writers that each place orders and take them two states further.
async fn write_concurrently(db: &Db) -> JoinSet<()> {
    let stores = [db.store.clone(), db.another().await];
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(stores[writer % 2].clone(), writer * 1000));
    }
    writers
}

async fn write(store: SharedStore, first: usize) {
    for batch in 0..ORDERS / 4 {
        let number = |order| u64::try_from(first + batch * 4 + order).unwrap();
        let orders: Vec<_> = (1..=4).map(|order| new_order(number(order))).collect();
        store.place(&orders).await.unwrap();
        let ways: Vec<_> = orders.iter().map(|new| whole_way(&new.order)).collect();
        for step in 0..3 {
            let changes: Vec<Change> = ways.iter().map(|way| way[step].clone()).collect();
            store.change(&changes).await.unwrap();
        }
    }
}

fn retried(order: &order_core::Order) -> Change {
    let action = RecoveryAction::Retry;
    commanded(order, Command::Recover { action, note: Some("the orchard has apples".into()) })
}
