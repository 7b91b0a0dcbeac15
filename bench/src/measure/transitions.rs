//! Transitions a second: claimed, applied and recorded, without any call.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use async_trait::async_trait;
use chrono::TimeDelta;
use order_core::{Job, Moment, Outcome, Request, Status};
use pieshop::app;
use pieshop::clock::{Ambient, Clock, Entropy};
use pieshop::orchestrator::{Orchestrator, Settings};
use pieshop::robots::Robots;
use pieshop::store::Change;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

use super::CLIENTS;
use crate::bed::Bed;
use crate::database::{Database, Kind};
use crate::load::float;
use crate::orders::{self, Way};
use crate::pgbench::Script;
use crate::report::{Floor, Line, Report};

const PATIENCE: Duration = Duration::from_mins(5);

pub(super) async fn run(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let count = bed.choose(30_000, 100_000);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bed.rounds() {
        let database = prepared(bed, kind, count).await?;
        ours.push(by_lanes(&database, count).await?);
        database.remove().await?;

        let database = prepared(bed, kind, count).await?;
        theirs.push(match kind {
            Kind::Postgres => Script::transition(count)?.run(bed, &database, CLIENTS).await?,
            Kind::Sqlite => one_by_one(bed, &database).await?,
        });
        database.remove().await?;
    }
    let beside = match kind {
        Kind::Postgres => "pgbench, 32 clients",
        Kind::Sqlite => "one by one",
    };
    let line = Line::new(kind, "transitions, claims counted", "/s", ours).beside(beside, theirs);
    report.add(line.floor_on_postgres(kind, Floor::TimesYardstick(2.0)));
    Ok(())
}

/// A database with `count` orders that are due, half of them new, half of them prepared.
async fn prepared(bed: &Bed, kind: Kind, count: u64) -> Result<Database> {
    let database = bed.database(kind).await?;
    let way = Way::walk()?;
    let due = [way.at(Status::Ordered)?, way.at(Status::Prepping)?];
    database.fill(count, |number| way.copy(due[usize::from(number % 2 == 0)], number)).await?;
    Ok(database)
}

/// The real lanes; those that call a robot get no answer.
async fn by_lanes(database: &Database, count: u64) -> Result<f64> {
    let store = database.open().await?;
    let config = orders::config(&[])?;
    let clock = Arc::new(Clock::starting_at(store.now().await?));
    let ambient = Ambient { clock, entropy: Arc::new(Entropy::from_system()?) };
    let settings = Settings {
        lease: config.orchestrator.lease,
        poll_interval: config.orchestrator.poll_interval,
        commit_deadline: config.http.commit_deadline,
        idempotency_keep: config.orders.idempotency_keep,
        calls: [1; 3],
    };
    let policy = Arc::new(app::policy(&config));
    let silent = Arc::new(Silent(Semaphore::new(0)));
    let robots: Arc<dyn Robots> = silent.clone();
    let mut watch = database.watch().await?;
    let begin = Instant::now();
    let orchestrator = Orchestrator::start(&store, Some(&robots), &ambient, &policy, &settings);
    watch.none_in(&[Status::Ordered, Status::Prepping], PATIENCE).await?;
    let rate = float(count) / begin.elapsed().as_secs_f64();
    silent.0.close();
    orchestrator.stop().await;
    store.close().await;
    let arrived = watch.count(&[Status::Picking, Status::Baking]).await?;
    ensure!(arrived == count, "{arrived} of {count} orders made their transition");
    Ok(rate)
}

/// What the store does without a group: a transaction a transition, each known beforehand.
async fn one_by_one(bed: &Bed, database: &Database) -> Result<f64> {
    let store = database.open().await?;
    let (policy, way) = (app::policy(&orders::config(&[])?), Way::walk()?);
    let (begin, mut done) = (Instant::now(), 0);
    while begin.elapsed() < bed.time() {
        // The odd ones are new.
        let order = way.copy(way.at(Status::Ordered)?, 2 * done + 1).order;
        let at = Moment { now: order.updated_at + TimeDelta::seconds(1), jitter: 0.5 };
        let next = order.apply(Outcome::Due, at, &policy)?;
        let change = Change { order: next.order, entry: next.entry, lease: None };
        ensure!(store.change(&[change]).await? == [true], "a change was not stored");
        done += 1;
    }
    let rate = float(done) / begin.elapsed().as_secs_f64();
    store.close().await;
    Ok(rate)
}

/// Robots that answer nobody before the gate is closed: each lane that calls them waits with the
/// one order that it may have in hand.
struct Silent(Semaphore);

impl Silent {
    async fn answer(&self) -> Outcome {
        // Nobody ever adds a permit: only closing ends this.
        let _ = self.0.acquire().await;
        Outcome::Unavailable { reason: "the measurement is over".into(), retry_after: None }
    }
}

#[async_trait]
impl Robots for Silent {
    async fn submit(&self, _: Uuid, _: &Request) -> Outcome {
        self.answer().await
    }

    async fn poll(&self, _: &Job) -> Outcome {
        self.answer().await
    }

    async fn cancel(&self, _: &Job) -> Outcome {
        self.answer().await
    }
}
