//! Orders to put into a store, and what happens to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{
    Address, Backoff, Command, Customer, Job, JobReport, JobStatus, Moment, Order, OrderId,
    Outcome, Pick, Policy, Recipe, Status,
};
use pieshop::store::{Change, Claim, IdempotencyKey, NewOrder};
use uuid::Uuid;

/// When every order is made: in the past of every server's clock.
pub(super) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_765_987_200, 123_456_000).unwrap()
}

/// What the embedded database takes for the present: late enough that every order is due.
pub(super) fn now() -> DateTime<Utc> {
    start() + TimeDelta::days(300)
}

/// A token.
pub(super) fn token(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A claim of orders in ORDERED, for a minute.
pub(super) fn claim(token: Uuid) -> Claim {
    Claim { status: Status::Ordered, limit: 100, lease: TimeDelta::minutes(1), token }
}

/// An order in ORDERED; made a second after the one with the number before.
pub(super) fn new_order(number: u64) -> NewOrder {
    let now = start() + TimeDelta::seconds(i64::try_from(number).unwrap());
    let millis = u128::try_from(now.timestamp_millis()).unwrap();
    let id = OrderId(Uuid::from_u128((millis << 80) | (7 << 76) | u128::from(number)));
    let placed = Order::place(id, customer(number), address(), recipe(), now, &policy());
    NewOrder { order: placed.order, entry: placed.entry.unwrap(), key: None }
}

/// An order with an idempotency key, for a request that says `body`.
pub(super) fn keyed_order(number: u64, key: u8, body: u8) -> NewOrder {
    NewOrder { key: Some(IdempotencyKey { key: [key; 32], body: [body; 32] }), ..new_order(number) }
}

/// What comes of `outcome` a minute after the order's latest change.
pub(super) fn after(order: &Order, outcome: Outcome) -> Change {
    let at = Moment { now: order.updated_at + TimeDelta::minutes(1), jitter: 0.5 };
    let transition = order.apply(outcome, at, &policy()).unwrap();
    Change { order: transition.order, entry: transition.entry, lease: None }
}

/// What comes of a person's wish.
pub(super) fn commanded(order: &Order, command: Command) -> Change {
    let at = Moment { now: order.updated_at + TimeDelta::minutes(1), jitter: 0.5 };
    let transition = order.command(command, at, &policy()).unwrap();
    Change { order: transition.order, entry: transition.entry, lease: None }
}

/// The first step of an order in ORDERED.
pub(super) fn begun(order: &Order) -> Change {
    after(order, Outcome::Due)
}

/// Every change on the way from ORDERED to the doorstep.
pub(super) fn whole_way(order: &Order) -> Vec<Change> {
    let eta = start() + TimeDelta::hours(1);
    let accepted = |job| Outcome::Accepted { job, eta };
    let done = || Outcome::Report(JobReport { status: JobStatus::Completed, eta: None });
    let outcomes = [
        Outcome::Due,
        accepted(Job::Pick { id: "pick_1".into() }),
        done(),
        Outcome::Due,
        accepted(Job::Bake { id: "bake_1".into(), oven: "oven-3".into() }),
        done(),
        accepted(Job::Deliver { id: "del_1".into(), drone: "drone-12".into() }),
        done(),
    ];
    let mut order = order.clone();
    let way = outcomes.into_iter().map(|outcome| {
        // The ten minutes of preparation are over.
        order.updated_at += TimeDelta::minutes(10);
        let change = after(&order, outcome);
        order = change.order.clone();
        change
    });
    way.collect()
}

/// The change of an order in PICKING whose fruit cannot be had, twice.
pub(super) fn failed(order: &Order) -> Vec<Change> {
    let failure = || {
        let (code, message) = ("INGREDIENT_SHORTAGE".into(), "no apples".into());
        Outcome::Report(JobReport { status: JobStatus::Failed { code, message }, eta: None })
    };
    let accepted = |id: &str| Outcome::Accepted {
        job: Job::Pick { id: id.into() },
        eta: start() + TimeDelta::hours(1),
    };
    let mut order = order.clone();
    let outcomes = [accepted("pick_1"), failure(), accepted("pick_2"), failure()];
    let way = outcomes.into_iter().map(|outcome| {
        let change = after(&order, outcome);
        order = change.order.clone();
        change
    });
    way.collect()
}

fn customer(number: u64) -> Customer {
    Customer {
        name: "Jane Doe".into(),
        email: format!("Jane{number}@example.com"),
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

fn policy() -> Policy {
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
