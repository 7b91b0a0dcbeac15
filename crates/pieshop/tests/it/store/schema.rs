//! The schema: brought up to date once, by whoever comes first, and refused where it does not fit.

use order_core::Status;
use pieshop::store::FeedCursor;

use super::orders::{begun, new_order};
use super::support::{Db, advice, on_both};

on_both!(
    a_schema_that_is_up_to_date_fits_every_statement,
    migrating_again_changes_nothing,
    a_newer_schema_that_admits_this_release_is_used,
    a_newer_schema_that_does_not_is_refused,
    a_schema_without_a_column_is_refused_at_the_start,
    a_migration_that_was_changed_afterwards_is_refused,
);

async fn a_schema_that_is_up_to_date_fits_every_statement(db: Db) {
    db.store.check().await.unwrap();
}

async fn migrating_again_changes_nothing(db: Db) {
    db.with_orders(2).await;
    let other = db.another().await;
    let (one, two) = tokio::join!(db.store.migrate(), other.migrate());
    one.and(two).unwrap();
    assert_eq!(db.rows("orders").await, 2);
}

async fn a_newer_schema_that_admits_this_release_is_used(db: Db) {
    db.sql("alter table orders add column flour text").await;
    db.sql(NEWER).await;
    let store = db.restarted().await;
    store.check().await.unwrap();
    store.migrate().await.unwrap();
    store.place(&[new_order(1)]).await.unwrap();
}

async fn a_newer_schema_that_does_not_is_refused(db: Db) {
    db.sql(NEWER).await;
    db.sql("update schema_release set oldest = 99").await;
    for refused in [db.store.check().await, db.store.migrate().await] {
        let advice = advice(refused);
        assert!(advice.contains("this release is older than the database"), "{advice}");
    }
}

async fn a_schema_without_a_column_is_refused_at_the_start(db: Db) {
    db.sql("alter table orders drop column estimated_delivery").await;
    let advice = advice(db.store.check().await);
    assert!(advice.contains("pieshop migrate"), "{advice}");
}

async fn a_migration_that_was_changed_afterwards_is_refused(db: Db) {
    let other = if db.url().starts_with("sqlite") { "x'00'" } else { r"'\x00'" };
    db.sql(&format!("update _sqlx_migrations set checksum = {other}")).await;
    let advice = advice(db.store.migrate().await);
    assert!(advice.contains("migration 1 was changed"), "{advice}");
}

#[tokio::test]
async fn a_database_without_a_schema_says_to_migrate() {
    let db = Db::empty_postgres().await;
    for refused in [db.store.check().await, db.store.place(&[new_order(1)]).await.map(drop)] {
        let advice = advice(refused);
        assert!(advice.contains("run `pieshop migrate`"), "{advice}");
    }
}

#[tokio::test]
async fn processes_that_migrate_at_once_get_along() {
    let db = Db::empty_postgres().await;
    let (a, b, c) = (db.another().await, db.another().await, db.another().await);
    let done = tokio::join!(db.store.migrate(), a.migrate(), b.migrate(), c.migrate());
    done.0.and(done.1).and(done.2).and(done.3).unwrap();
    assert_eq!(db.rows("order_counts").await, 8);
}

#[tokio::test]
async fn a_database_from_another_server_is_adopted_by_migrating() {
    let db = Db::postgres().await;
    let orders = db.with_orders(3).await;
    db.settle().await;
    db.store.count().await.unwrap();
    // As a dump of a server that has seen more transactions than this one.
    db.sql("update state_history set transaction = '900000000000'").await;
    db.sql("update counted set transaction = '900000000000', history_id = 2").await;
    let advice = advice(db.store.check().await);
    assert!(advice.contains("comes from another server"), "{advice}");

    db.store.migrate().await.unwrap();
    db.store.change(&[begun(&orders[0])]).await.unwrap();
    db.settle().await;
    let counts = db.store.count().await.unwrap();
    assert_eq!((counts[&Status::Ordered], counts[&Status::Picking]), (2, 1));
    let feed = db.store.feed(FeedCursor::default(), 10).await.unwrap();
    let numbers: Vec<i32> = feed.iter().map(|row| row.entry.seq).collect();
    assert_eq!(numbers, [1, 1, 1, 2]);
}

const NEWER: &str = "insert into _sqlx_migrations \
    (version, description, success, checksum, execution_time) values (99, 'later', true, 'x', 0)";
