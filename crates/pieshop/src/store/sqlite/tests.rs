//! Faults that only the store's own connection can be given.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use order_core::{Address, Backoff, Customer, Pick, Policy, Recipe};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use super::*;

#[tokio::test]
async fn a_full_disk_is_told_and_the_store_goes_on_when_there_is_room() {
    let (_folder, store) = store().await;
    store.place(&[new_order(0)]).await.unwrap();
    let batch: Vec<NewOrder> = (1..100).map(new_order).collect();
    for _ in 0..3 {
        let pages = sqlx::query_scalar("pragma page_count").fetch_one(&store.writer).await;
        set(&store, "max_page_count", pages.unwrap()).await;
        let refused = store.place(&batch).await;
        assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
        let listed = store.list(&OrderFilter::default(), None, 200).await.unwrap();
        assert_eq!(listed.len(), 1, "nothing of the batch is there");
    }
    assert_eq!(store.place(&batch).await.unwrap(), vec![Placed::Created; 99]);
}

#[tokio::test]
async fn a_file_that_a_tool_has_locked_is_a_conflict() {
    let (folder, store) = store().await;
    let tool = SqlitePool::connect(folder.path().join("pies.db").to_str().unwrap()).await.unwrap();
    let mut locked = tool.begin_with(BEGIN).await.unwrap();
    sqlx::query("delete from recipes").execute(&mut *locked).await.unwrap();
    // Nothing is gained by waiting for it here.
    set(&store, "busy_timeout", 0).await;
    let refused = store.place(&[new_order(1)]).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    locked.rollback().await.unwrap();
    assert_eq!(store.place(&[new_order(1)]).await.unwrap(), [Placed::Created]);
}

async fn store() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let clock = || DateTime::from_timestamp(1_765_987_200, 0).unwrap();
    let store = SqliteStore::open(&folder.path().join("pies.db"), Arc::new(clock)).await.unwrap();
    (folder, store)
}

/// Sets a pragma of the writer's connection.
async fn set(store: &SqliteStore, pragma: &str, value: i64) {
    let pragma = AssertSqlSafe(format!("pragma {pragma} = {value}"));
    sqlx::query(pragma).fetch_all(&store.writer).await.unwrap();
}

fn new_order(number: u128) -> NewOrder {
    let text = || "x".repeat(100);
    let customer = Customer { name: text(), email: text(), phone: "1".into() };
    let address = Address { street: text(), city: text(), state: "IL".into(), zip: "1".into() };
    let recipe = Recipe {
        pie_type: "apple".into(),
        name: text(),
        description: text(),
        baking_time: 45,
        baking_temp: 375,
        ingredients: Vec::new(),
        prep_steps: Vec::new(),
        difficulty: "easy".into(),
        pick: Pick { fruit_type: "apple".into(), quantity: 6, quality: "premium".into() },
    };
    let (none, some) = (TimeDelta::zero(), TimeDelta::minutes(1));
    let policy = Policy {
        tries: 1,
        backoff: Backoff { base: some, cap: some },
        poll_floor: some,
        picking_limit: some,
        baking_limit: some,
        prep: BTreeMap::new(),
        picking: some,
        baking: some,
        delivery: some,
        margin: none,
        window: some,
    };
    let now = DateTime::from_timestamp(1_765_987_200, 0).unwrap();
    let id = OrderId(Uuid::from_u128(number));
    let placed = Order::place(id, customer, address, Arc::new(recipe), now, &policy);
    NewOrder { order: placed.order, entry: placed.entry.unwrap(), key: None }
}
