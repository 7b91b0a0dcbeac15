//! Processes on one database, and orders for them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::TimeDelta;
use order_core::{
    Address, Command, Customer, Moment, Order, OrderId, Outcome, Policy, Recipe, Status,
};
use pieshop::app;
use pieshop::catalog::{Catalog, EmbeddedCatalog};
use pieshop::clock::{Ambient, Clock, Entropy};
use pieshop::config::{Config, Sources};
use pieshop::orchestrator::{CommandError, Orchestrator, Settings};
use pieshop::robots::Robots;
use pieshop::store::{Change, NewOrder, SharedStore};

use super::kitchen::Kitchen;
use super::store::Memory;
use super::tables::Database;

/// Every state of an order with which nothing goes wrong.
pub(super) const WHOLE_WAY: &[Status] = Status::ALL.split_at(6).0;
/// How long an apple pie is prepared.
pub(super) const PREP: TimeDelta = TimeDelta::minutes(1);
/// How long a claimed order belongs to its claimer.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How often a lane looks for due orders.
pub(super) const POLL: TimeDelta = TimeDelta::seconds(1);

pub(super) struct World {
    pub(super) db: Arc<Database>,
    pub(super) kitchen: Kitchen,
    pub(super) settings: Settings,
    processes: AtomicU64,
}

/// One `pieshop serve`.
pub(super) struct Process {
    pub(super) store: Arc<Memory>,
    pub(super) orchestrator: Orchestrator,
}

impl World {
    pub(super) fn new() -> Self {
        let db = Database::new();
        let settings = Settings {
            lease: LEASE.to_std().unwrap(),
            poll_interval: POLL.to_std().unwrap(),
            sweep_interval: Duration::from_secs(1),
            commit_deadline: Duration::from_secs(5),
            idempotency_keep: Duration::from_hours(24),
            calls: [64, 64, 64],
        };
        Self { kitchen: Kitchen::beside(&db), db, settings, processes: AtomicU64::new(0) }
    }

    pub(super) fn start(&self) -> Process {
        self.start_with(|robots, _| Some(Arc::new(robots)))
    }

    /// A process that takes orders and commands, and brings nothing forward.
    pub(super) fn start_without_lanes(&self) -> Process {
        self.start_with(|_, _| None)
    }

    pub(super) fn start_with(
        &self,
        robots: impl FnOnce(Kitchen, Arc<Clock>) -> Option<Arc<dyn Robots>>,
    ) -> Process {
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        let store = Memory::on(&self.db);
        let clock = Arc::new(Clock::starting_at(self.db.now()));
        let ambient = Ambient { clock, entropy: Arc::new(Entropy::seeded(number)) };
        let robots = robots(self.kitchen.clone(), ambient.clock.clone());
        let shared: SharedStore = store.clone();
        let orchestrator =
            Orchestrator::start(&shared, robots.as_ref(), &ambient, &POLICY, &self.settings);
        Process { store, orchestrator }
    }
}

impl Process {
    pub(super) async fn order(&self) -> OrderId {
        let placing = self.orchestrator.orders.place(customer(), address(), RECIPE.clone(), None);
        placing.await.unwrap().id
    }

    pub(super) async fn orders(&self, number: usize) -> Vec<OrderId> {
        let mut ids = Vec::with_capacity(number);
        for _ in 0..number {
            ids.push(self.order().await);
        }
        ids
    }

    pub(super) async fn command(
        &self,
        id: OrderId,
        command: Command,
    ) -> Result<Order, CommandError> {
        self.orchestrator.orders.command(id, command).await
    }
}

/// Lets the paused clock run.
pub(super) async fn pass(time: TimeDelta) {
    tokio::time::sleep(time.to_std().unwrap()).await;
}

/// The new order with this number.
pub(super) fn new_order(db: &Database, number: u64) -> NewOrder {
    let id = Entropy::seeded(number).order_id(db.now());
    let placed = Order::place(id, customer(), address(), RECIPE.clone(), db.now(), &POLICY);
    NewOrder { order: placed.order, entry: placed.entry.unwrap(), key: None }
}

/// The change that `outcome` makes.
pub(super) fn after(db: &Database, order: &Order, outcome: Outcome) -> Change {
    let at = Moment { now: db.now(), jitter: 0.5 };
    let next = order.apply(outcome, at, &POLICY).unwrap();
    Change { order: next.order, entry: next.entry, lease: None }
}

/// The customer's wish to be called otherwise.
pub(super) fn rename(seen: i32, name: &str) -> Command {
    let customer = Customer { name: name.into(), ..customer() };
    Command::Edit { seen, customer: Some(customer), address: None }
}

pub(super) fn customer() -> Customer {
    let (name, email, phone) = ("Jane Doe", "jane@example.com", "+1-555-0123");
    Customer { name: name.into(), email: email.into(), phone: phone.into() }
}

pub(super) fn address() -> Address {
    let (street, city) = ("123 Main St".into(), "Springfield".into());
    Address { street, city, state: "IL".into(), zip: "62701".into() }
}

/// The policy of the default configuration, but for a faster kitchen.
pub(super) static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let mut policy = app::policy(&Config::load(&Sources::default()).unwrap());
    policy.prep.values_mut().for_each(|time| *time = *time / 10);
    Arc::new(policy)
});

static RECIPE: LazyLock<Arc<Recipe>> =
    LazyLock::new(|| EmbeddedCatalog::default().find("apple").unwrap());
