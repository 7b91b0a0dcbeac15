//! A deterministic simulator: the real orchestrator and the real state machine on virtual time,
//! one thread a run, every draw of chance from the run's seed.
//!
//! Several workers share a database and three robots that are models; what they reach them by
//! breaks in every way that a network, a process or a person can. After a while the faults stop.
//! A witness holds every commit and every call against the invariants, and the end too.

mod database;
mod fate;
mod kitchen;
mod panics;
mod people;
mod weather;
mod witness;
mod worker;
mod world;

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use chrono::TimeDelta;
use order_core::{OrderId, Policy, Status};
use pieshop::app;
use pieshop::config::{Config, Sources};
use tokio::runtime::Builder;
use tokio::time::sleep;

pub use fate::{Fault, Strikes};

use world::World;

/// After the faults have stopped, every order comes to its end within this time.
const CONVERGENCE: TimeDelta = TimeDelta::hours(4);
/// How often is looked whether everything has come to its end.
const LOOK: Duration = Duration::from_mins(1);
/// By then, whoever listens has heard everything.
const AFTERMATH: Duration = Duration::from_mins(3);

/// The policy of the default configuration.
static POLICY: LazyLock<Option<Arc<Policy>>> = LazyLock::new(|| {
    let config = Config::load(&Sources::default()).ok()?;
    Some(Arc::new(app::policy(&config)))
});

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Decides everything.
    pub seed: u64,
    /// Orders that customers place, at most.
    pub orders: u32,
    /// Workers at once.
    pub workers: u32,
    /// Whether the run is to be told line by line.
    pub trace: bool,
    /// Whether anything goes wrong at all.
    pub faults: bool,
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// The first rule that was broken.
    pub violation: Option<Violation>,
    /// The virtual time that it took.
    pub time: TimeDelta,
    /// Things that happened.
    pub events: u64,
    /// How often each fault struck.
    pub strikes: Strikes,
    /// Orders at the end: completed, cancelled, in ERROR.
    pub ended: [usize; 3],
    /// Jobs that the robots made.
    pub jobs: usize,
    /// What happened, if that was asked for.
    pub lines: Vec<Line>,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule, in a sentence.
    pub rule: String,
    /// The order that it concerns.
    pub order: Option<OrderId>,
}

/// A line of a trace.
#[derive(Clone, Debug)]
pub struct Line {
    /// The time since the beginning.
    pub at: TimeDelta,
    /// Who did it.
    pub who: String,
    /// The order that it concerns; `None`: any.
    pub order: Option<OrderId>,
    /// What was done.
    pub what: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.at.num_seconds(), self.at.subsec_millis());
        let order = self.order.map(|order| order.0.simple().to_string());
        // The end of an id is what differs.
        let order = order.as_deref().map_or("", |id| &id[id.len() - 6..]);
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        write!(f, "{hours}:{minutes:02}:{:02}.{millis:03}", seconds % 60)?;
        write!(f, " {:13} {order:6} {}", self.who, self.what)
    }
}

/// Runs one seed. The same plan always gives the same run.
///
/// # Errors
/// When the runtime cannot be built, or the default configuration cannot be read.
pub fn run(plan: Plan) -> anyhow::Result<Run> {
    let policy = POLICY.clone().ok_or_else(|| anyhow::anyhow!("no default configuration"))?;
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let panics = panics::Watch::begin();
    Ok(runtime.block_on(async {
        let world = World::new(plan, &policy);
        live(&world).await;
        account(&world, panics.seen())
    }))
}

async fn live(world: &Arc<World>) {
    for slot in 0..world.plan.workers {
        tokio::spawn(worker::keep(world.clone(), slot));
    }
    let stormy = world.fate.secs(1800..9000);
    for number in 1..=world.plan.orders {
        tokio::spawn(people::customer(world.clone(), number, stormy.mul_f64(0.7)));
    }
    tokio::spawn(people::administer(world.clone()));
    tokio::spawn(weather::weather(world.clone()));
    let all = async {
        sleep(stormy).await;
        world.fate.calm();
        world.tell(world::Who::World, None, || "the faults stop".into());
        come_to_an_end(world).await;
    };
    tokio::select! {
        biased;
        () = world.over.notified() => {}
        () = all => {}
    }
}

async fn come_to_an_end(world: &World) {
    let begin = world.age();
    let mut quiet = false;
    // Twice in a row: a request that was under way may have made a new order.
    while !quiet {
        sleep(LOOK).await;
        quiet = world.witness().all_rest() && !world.is_anything_under_way();
        if world.age() - begin > CONVERGENCE {
            let stuck = world.witness().restless();
            world.hold(stuck, false, "every order comes to its end when the faults have stopped");
            return;
        }
        if quiet {
            sleep(AFTERMATH).await;
            quiet = world.witness().all_rest() && !world.is_anything_under_way();
        }
    }
    let ids = world.witness().orders();
    for id in ids {
        let database = world.database();
        world.watch(Some(id), |witness, kitchen| witness.ends(id, &database, kitchen, world.now()));
    }
    let database = world.database();
    world.watch(None, |witness, _| witness.acknowledged_are_there(&database));
    world.watch(None, |witness, _| witness.missed_nothing(&database.feed));
    for worker in (0..world.plan.workers as usize).filter_map(|slot| world.worker(slot)) {
        let who = worker.process.who();
        world.watch(None, |witness, _| witness.has_heard_all(who, &database.feed));
        let counted = worker.orchestrator.observer.activity(|activity| activity.counts.clone());
        world.watch(None, |witness, _| witness.counted(&counted));
    }
}

fn account(world: &World, panicked: bool) -> Run {
    world.hold(None, !panicked, "nothing panics");
    world.dismiss();
    let ended = [Status::Completed, Status::Cancelled, Status::Error];
    let counts = world.witness().counts();
    Run {
        violation: world.take_violation(),
        time: world.age(),
        events: world.events.load(std::sync::atomic::Ordering::Relaxed),
        strikes: world.fate.so_far(),
        ended: ended.map(|status| {
            counts.get(&status).map_or(0, |count| usize::try_from(*count).unwrap_or_default())
        }),
        jobs: world.kitchen().number(),
        lines: world.take_lines(),
    }
}
