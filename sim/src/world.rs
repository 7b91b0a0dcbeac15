//! What everybody in a run shares: time, chance, the database, the robots, and who watches.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{OrderId, Policy, Robot};
use pieshop::orchestrator::Settings;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::database::Database;
use crate::fate::Fate;
use crate::kitchen::Kitchen;
use crate::people;
use crate::witness::{Broken, Witness};
use crate::worker::{Worker, settings};
use crate::{Line, Plan, Violation};

/// When every run begins: 2025-12-17, 16:00 UTC.
const BEGINNING: i64 = 1_765_987_200;

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Worker { slot: u32, life: u32 },
    Robot(Robot),
    Person(&'static str),
    World,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker { slot, life } => write!(f, "worker {slot}.{life}"),
            Self::Robot(robot) => f.write_str(robot.as_str()),
            Self::Person(who) => f.write_str(who),
            Self::World => f.write_str("world"),
        }
    }
}

/// One run.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) fate: Fate,
    pub(crate) policy: Arc<Policy>,
    pub(crate) settings: Settings,
    /// Something of this run is broken: it ends.
    pub(crate) over: Notify,
    pub(crate) events: AtomicU64,
    born: Instant,
    database: Mutex<Database>,
    kitchen: Mutex<Kitchen>,
    witness: Mutex<Witness>,
    workers: Mutex<Vec<Option<Arc<Worker>>>>,
    under_way: AtomicUsize,
    lines: Mutex<Vec<Line>>,
    violation: Mutex<Option<Violation>>,
    myself: std::sync::Weak<Self>,
}

impl World {
    pub(crate) fn new(plan: Plan, policy: &Arc<Policy>) -> Arc<Self> {
        let fate = Fate::of(plan.seed, plan.faults);
        let poll = fate.one_of(&[5, 10, 15]).unwrap_or(10);
        Arc::new_cyclic(|myself| Self {
            fate,
            policy: policy.clone(),
            settings: settings(Duration::from_secs(poll)),
            over: Notify::new(),
            events: AtomicU64::new(0),
            born: Instant::now(),
            database: Mutex::default(),
            kitchen: Mutex::default(),
            witness: Mutex::new(Witness::new(policy.tries)),
            workers: Mutex::new(vec![None; plan.workers as usize]),
            under_way: AtomicUsize::new(0),
            lines: Mutex::default(),
            violation: Mutex::default(),
            myself: myself.clone(),
            plan,
        })
    }

    /// The true time; no worker knows it exactly.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(BEGINNING, 0).unwrap_or_default() + self.age()
    }

    /// The time since the run began.
    pub(crate) fn age(&self) -> TimeDelta {
        TimeDelta::from_std(self.born.elapsed()).unwrap_or_default()
    }

    pub(crate) fn database(&self) -> MutexGuard<'_, Database> {
        lock(&self.database)
    }

    pub(crate) fn kitchen(&self) -> MutexGuard<'_, Kitchen> {
        lock(&self.kitchen)
    }

    pub(crate) fn witness(&self) -> MutexGuard<'_, Witness> {
        lock(&self.witness)
    }

    /// The worker that has this place, perhaps a dead one; `None` before the first.
    pub(crate) fn worker(&self, slot: usize) -> Option<Arc<Worker>> {
        lock(&self.workers).get(slot).cloned().flatten()
    }

    pub(crate) fn employ(&self, slot: u32, worker: Arc<Worker>) {
        if let Some(place) = lock(&self.workers).get_mut(slot as usize) {
            *place = Some(worker);
        }
    }

    /// Lets go of the workers, which hold the world.
    pub(crate) fn dismiss(&self) {
        lock(&self.workers).clear();
    }

    /// Something happened, for the trace.
    pub(crate) fn tell(&self, who: Who, order: Option<OrderId>, what: impl FnOnce() -> String) {
        self.events.fetch_add(1, Ordering::Relaxed);
        if self.plan.trace {
            let line = Line { at: self.age(), who: who.to_string(), order, what: what() };
            lock(&self.lines).push(line);
        }
    }

    /// Shows the witness what happened.
    pub(crate) fn watch(
        &self,
        order: Option<OrderId>,
        look: impl FnOnce(&mut Witness, &Kitchen) -> Result<(), Broken>,
    ) {
        let seen = look(&mut self.witness(), &self.kitchen());
        if let Err(Broken(rule)) = seen {
            self.broken(order, rule);
        }
    }

    /// What must be true.
    pub(crate) fn hold(&self, order: Option<OrderId>, truth: bool, rule: &str) {
        if !truth {
            self.broken(order, rule.into());
        }
    }

    fn broken(&self, order: Option<OrderId>, rule: String) {
        self.tell(Who::World, order, || format!("BROKEN: {rule}"));
        lock(&self.violation).get_or_insert(Violation { rule, order });
        self.over.notify_one();
    }

    /// A moment at which a person does most harm; now and then one does something.
    pub(crate) fn worst_moment(&self, order: OrderId) {
        let failed = self.witness().is_failed(order);
        let deed = people::temptation(&self.fate, failed);
        if let (Some(deed), Some(world)) = (deed, self.myself.upgrade()) {
            tokio::spawn(async move {
                let delay = world.fate.millis(0..40);
                tokio::time::sleep(delay).await;
                people::act(&world, order, deed).await;
            });
        }
    }

    /// Something that still happens after everybody has given it up; a run does not end before.
    pub(crate) fn later(self: &Arc<Self>, what: impl Future<Output = ()> + Send + 'static) {
        let world = self.clone();
        self.under_way.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            what.await;
            world.under_way.fetch_sub(1, Ordering::Relaxed);
        });
    }

    pub(crate) fn is_anything_under_way(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn take_violation(&self) -> Option<Violation> {
        lock(&self.violation).take()
    }

    pub(crate) fn take_lines(&self) -> Vec<Line> {
        std::mem::take(&mut lock(&self.lines))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
