//! Databases of a test's own, and orders to put into them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Address, Backoff, Customer, Order, OrderId, Pick, Policy, Recipe};
use pieshop::store::{IdempotencyKey, NewOrder, SqliteStore};
use tempfile::TempDir;
use uuid::Uuid;

pub(super) struct Sqlite {
    pub(super) store: SqliteStore,
    _folder: TempDir,
}

impl Sqlite {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/pieshop.db");
        let store = SqliteStore::open(&path, Arc::new(start)).await.unwrap();
        Self { store, _folder: folder }
    }
}

pub(super) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 123_456_000).unwrap()
}

pub(super) fn new_order(number: u64, key: Option<IdempotencyKey>) -> NewOrder {
    let now = start();
    let millis = u128::try_from(now.timestamp_millis()).unwrap();
    let id = OrderId(Uuid::from_u128((millis << 80) | (7 << 76) | u128::from(number)));
    let placed = Order::place(id, customer(number), address(), recipe(), now, &policy());
    NewOrder { order: placed.order, entry: placed.entry.unwrap(), key }
}

fn customer(number: u64) -> Customer {
    Customer {
        name: "Jane Doe".into(),
        email: format!("jane{number}@example.com"),
        phone: "+1-555-0123".into(),
    }
}

fn address() -> Address {
    Address {
        street: "123 Main St".into(),
        city: "Springfield".into(),
        state: "IL".into(),
        zip: "62701".into(),
    }
}

fn recipe() -> Arc<Recipe> {
    Arc::new(Recipe {
        pie_type: "apple".into(),
        name: "Classic Apple Pie".into(),
        description: "Traditional American apple pie with cinnamon".into(),
        baking_time: 45,
        baking_temp: 375,
        ingredients: Vec::new(),
        prep_steps: vec!["assemble".into()],
        difficulty: "medium".into(),
        pick: Pick { fruit_type: "apple".into(), quantity: 6, quality: "premium".into() },
    })
}

pub(super) fn policy() -> Policy {
    Policy {
        tries: 3,
        backoff: Backoff { base: TimeDelta::seconds(1), cap: TimeDelta::seconds(30) },
        poll_floor: TimeDelta::seconds(1),
        picking_limit: TimeDelta::seconds(120),
        baking_limit: TimeDelta::minutes(30),
        prep: BTreeMap::from([("assemble".into(), TimeDelta::minutes(10))]),
        picking: TimeDelta::seconds(60),
        baking: TimeDelta::minutes(20),
        delivery: TimeDelta::minutes(30),
        margin: TimeDelta::minutes(5),
        window: TimeDelta::minutes(30),
    }
}
