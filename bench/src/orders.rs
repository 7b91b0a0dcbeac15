//! The orders that are measured with: as requests, and as rows in any state.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use order_core::{
    Address, Customer, Effect, Entry, Job, JobReport, JobStatus, Moment, Order, OrderId, Outcome,
    Recipe, Request, Status, Transition,
};
use pieshop::catalog::{Catalog as _, EmbeddedCatalog};
use pieshop::clock::system_time;
use pieshop::config::{Config, Sources};
use pieshop::store::{IdempotencyKey, NewOrder};
use pieshop::{app, order_id};
use uuid::Uuid;

/// The beginning of the ids of prepared orders; the number follows.
pub(crate) const ID_PREFIX: &str = "01900000-0000-7000-8000-";
const ID_BASE: u128 = 0x0190_0000_0000_7000_8000_0000_0000_0000;

/// The configuration of the defaults.
pub(crate) fn config(flags: &[(&str, &str)]) -> Result<Config> {
    let flags = flags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    Ok(Config::load(&Sources { flags, ..Sources::default() })?)
}

/// The body of a request for a pie.
pub(crate) fn body(number: u64) -> String {
    format!(
        r#"{{"pieType":"apple","customer":{{"name":"Jane Doe","email":"customer{number}@example.com","phone":"+1-555-0123"}},"deliveryAddress":{{"street":"123 Main St","city":"Springfield","state":"IL","zip":"62701"}}}}"#
    )
}

/// The id of the prepared order of that number.
pub(crate) fn id(number: u64) -> OrderId {
    OrderId(Uuid::from_u128(ID_BASE | u128::from(number)))
}

/// The path of the prepared order of that number.
pub(crate) fn path(number: u64) -> String {
    format!("/api/orders/{}", order_id::public(id(number)))
}

/// The steps of an order from its creation to the doorstep: what prepared orders are copied from.
pub(crate) struct Way {
    pub(crate) steps: Vec<Transition>,
    first: Entry,
}

impl Way {
    /// Walks one order to its end at pace 1, beginning two hours ago.
    pub(crate) fn walk() -> Result<Self> {
        let policy = app::policy(&config(&[])?);
        let now = system_time() - TimeDelta::hours(2);
        let placed = Order::place(id(0), customer(0), address(), apple()?, now, &policy);
        let first = placed.entry.clone().context("a creation without an entry")?;
        let mut steps = vec![placed];
        while let Some(Transition { order, .. }) = steps.last()
            && let Some(wake_at) = order.wake_at
        {
            let now = wake_at.max(order.updated_at);
            let outcome = match order.next_effect(now) {
                Effect::Advance => Outcome::Due,
                Effect::Submit { request, .. } => accepted(&request, "job_0".into(), now),
                Effect::Poll(_) => done(),
                effect => bail!("an order that goes well has {effect:?}"),
            };
            let next = order.apply(outcome, Moment { now, jitter: 0.5 }, &policy)?;
            steps.push(next);
        }
        Ok(Self { steps, first })
    }

    /// The order after its last step in `status`: with a robot, that is the one with a job.
    pub(crate) fn at(&self, status: Status) -> Result<&Order> {
        let mut steps = self.steps.iter().rev().map(|step| &step.order);
        let step = steps.find(|order| order.status() == status);
        step.with_context(|| format!("the order's way has no {status}"))
    }

    /// An order whose picker refused it.
    pub(crate) fn failed(&self) -> Result<Order> {
        let calling = self.steps.iter().map(|step| &step.order);
        let mut calling = calling.filter(|order| order.status() == Status::Picking);
        let order = calling.next().context("the order's way has no picking")?;
        let (code, reason) = ("INVALID_VALUE".into(), "told to refuse it".into());
        let (now, policy) = (order.updated_at, app::policy(&config(&[])?));
        let refused = Outcome::Rejected { code, reason };
        Ok(order.apply(refused, Moment { now, jitter: 0.5 }, &policy)?.order)
    }

    /// A copy of `order` with an identity of its own.
    pub(crate) fn copy(&self, order: &Order, number: u64) -> NewOrder {
        let order = Order { id: id(number), customer: customer(number), ..order.clone() };
        // Keys are hashes, so they come in no order.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&scatter(number).to_be_bytes());
        key[8..16].copy_from_slice(&number.to_be_bytes());
        let key = Some(IdempotencyKey { key, body: [7; 32] });
        NewOrder { order, entry: self.first.clone(), key }
    }
}

/// A robot's answer to `request`: it has the job and is done `at`.
pub(crate) fn accepted(request: &Request, id: String, eta: DateTime<Utc>) -> Outcome {
    let job = match request {
        Request::Pick(_) => Job::Pick { id },
        Request::Bake { .. } => Job::Bake { id, oven: "oven-1".into() },
        Request::Deliver { .. } => Job::Deliver { id, drone: "drone-1".into() },
    };
    Outcome::Accepted { job, eta }
}

/// A robot's answer to the question after a job that is done.
pub(crate) fn done() -> Outcome {
    Outcome::Report(JobReport { status: JobStatus::Completed, eta: None })
}

/// Who orders.
pub(crate) fn customer(number: u64) -> Customer {
    Customer {
        name: "Jane Doe".into(),
        email: format!("customer{number}@example.com"),
        phone: "+1-555-0123".into(),
    }
}

/// Where the pies go.
pub(crate) fn address() -> Address {
    Address {
        street: "123 Main St".into(),
        city: "Springfield".into(),
        state: "IL".into(),
        zip: "62701".into(),
    }
}

/// The pie that is ordered.
pub(crate) fn apple() -> Result<Arc<Recipe>> {
    pie("apple")
}

/// A pie of the built-in catalog.
pub(crate) fn pie(key: &str) -> Result<Arc<Recipe>> {
    EmbeddedCatalog::default().find(key).with_context(|| format!("the catalog has no {key} pie"))
}

/// A number that looks random (the finalizer of `SplitMix64`); no two are the same.
pub(crate) fn scatter(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
