//! Workers: each is one orchestrator with its own clock, chance and connections.
//!
//! A worker that dies leaves its tasks behind, but none of its connections ever answers again.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use pieshop::clock::{Ambient, Clock, Entropy};
use pieshop::orchestrator::{Orchestrator, Settings};
use pieshop::robots::{BreakerSettings, Guarded, Robots};
use pieshop::store::{FeedRow, SharedStore};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::database::Connection;
use crate::fate::Fault;
use crate::kitchen::Network;
use crate::world::{Who, World};

/// How long a worker that is restarted in order may take to end.
const GRACE: Duration = Duration::from_secs(8);
/// The clocks of two workers differ by less than this many seconds.
const WIDEST_SKEW: u64 = 60;

/// How every worker works. Looking for due orders less often than the default makes no behaviour
/// possible that would not be, and many more hours go into a second.
pub(crate) fn settings(poll_interval: Duration) -> Settings {
    Settings {
        lease: Duration::from_secs(30),
        poll_interval,
        sweep_interval: Duration::from_secs(20),
        commit_deadline: Duration::from_secs(5),
        idempotency_keep: Duration::from_mins(30),
        calls: [16, 16, 16],
    }
}

/// One life of a worker.
pub(crate) struct Process {
    pub(crate) slot: u32,
    pub(crate) life: u32,
    /// How far its clock, and the time that the database tells it, is off.
    pub(crate) skew: TimeDelta,
    pub(crate) dead: CancellationToken,
    /// It is to end in order.
    restart: CancellationToken,
    stands_until: Mutex<Option<Instant>>,
    /// Its network does not reach the database, or the robots.
    pub(crate) no_database: AtomicBool,
    pub(crate) no_robots: AtomicBool,
}

/// A running worker.
pub(crate) struct Worker {
    pub(crate) process: Arc<Process>,
    pub(crate) orchestrator: Orchestrator,
}

impl Process {
    pub(crate) fn who(&self) -> Who {
        Who::Worker { slot: self.slot, life: self.life }
    }

    /// Returns when the worker may go on: never if it is dead.
    pub(crate) async fn gate(&self) {
        loop {
            if self.dead.is_cancelled() {
                return std::future::pending().await;
            }
            let until = *self.stands_until.lock().unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if until > Instant::now() => sleep_until(until).await,
                _ => return,
            }
        }
    }

    /// A place where the worker may die or stand still.
    pub(crate) async fn pass(&self, world: &World) {
        if world.fate.strikes(Fault::Death) {
            self.die(world);
        } else if world.fate.strikes(Fault::Pause) {
            self.stand(world);
        }
        self.gate().await;
    }

    pub(crate) fn die(&self, world: &World) {
        world.tell(self.who(), None, || "dies".into());
        self.dead.cancel();
    }

    /// Stands still, most times for longer than its leases last.
    fn stand(&self, world: &World) {
        let time = world.fate.secs(1..120);
        world.tell(self.who(), None, || format!("stands still for {time:?}"));
        let until = Some(Instant::now() + time);
        *self.stands_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    pub(crate) fn restart(&self) {
        self.restart.cancel();
    }
}

/// Keeps a worker running: one life after the other.
pub(crate) async fn keep(world: Arc<World>, slot: u32) {
    for life in 1.. {
        let worker = start(&world, slot, life);
        world.employ(slot, worker.clone());
        let Worker { process, orchestrator } = &*worker;
        tokio::select! {
            biased;
            () = process.dead.cancelled() => {}
            () = process.restart.cancelled() => {
                world.tell(process.who(), None, || "ends in order".into());
                let _ = timeout(GRACE, orchestrator.stop()).await;
                process.dead.cancel();
            }
        }
        let away = if world.fate.is_calm() { 1..2 } else { 1..60 };
        sleep(world.fate.secs(away)).await;
    }
}

fn start(world: &Arc<World>, slot: u32, life: u32) -> Arc<Worker> {
    let skewed = world.fate.millis(0..WIDEST_SKEW * 1000);
    let skew = if world.plan.faults {
        TimeDelta::from_std(skewed).unwrap_or_default()
    } else {
        TimeDelta::zero()
    };
    let process = Arc::new(Process {
        slot,
        life,
        skew,
        dead: CancellationToken::new(),
        restart: CancellationToken::new(),
        stands_until: Mutex::new(None),
        no_database: AtomicBool::new(false),
        no_robots: AtomicBool::new(false),
    });
    world.tell(process.who(), None, || format!("starts; its clock is {skew} ahead"));
    let clock = Arc::new(Clock::starting_at(world.now() + skew));
    let entropy = Arc::new(Entropy::seeded(world.fate.number()));
    let ambient = Ambient { clock: clock.clone(), entropy };
    let store: SharedStore =
        Arc::new(Connection { world: world.clone(), process: process.clone() });
    let network = Network { world: world.clone(), process: process.clone() };
    let breaker = BreakerSettings { failures: 5, open_for: Duration::from_secs(10) };
    let robots: Arc<dyn Robots> = Arc::new(Guarded::new(network, &breaker, clock));
    let orchestrator =
        Orchestrator::start(&store, Some(&robots), &ambient, &world.policy, &world.settings);
    tokio::spawn(listen(world.clone(), process.clone(), orchestrator.observer.feed.subscribe()));
    Arc::new(Worker { process, orchestrator })
}

/// Somebody who listens to everything that this worker tells.
async fn listen(world: Arc<World>, process: Arc<Process>, mut rows: Receiver<Arc<FeedRow>>) {
    loop {
        match rows.recv().await {
            Ok(row) => {
                let database = world.database();
                world.watch(Some(row.order), |witness, _| {
                    witness.heard(process.who(), &row, &database.feed)
                });
            }
            Err(RecvError::Lagged(_)) => {
                world.hold(None, false, "a listener that reads at once does not lag behind");
            }
            Err(RecvError::Closed) => return,
        }
    }
}
