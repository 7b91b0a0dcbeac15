//! Transitions a second: claimed, applied and recorded, without any call.

use anyhow::{Result, ensure};
use chrono::TimeDelta;
use order_core::{Moment, Outcome, Status};
use pieshop::app;
use pieshop::store::Change;
use tokio::time::Instant;

use super::CLIENTS;
use super::engine::Engine;
use crate::bed::Bed;
use crate::database::{Database, Kind};
use crate::load::float;
use crate::orders::{self, Way};
use crate::pgbench::Script;
use crate::report::{Floor, Line, Report};

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
    let mut watch = database.watch().await?;
    let begin = Instant::now();
    let engine = Engine::start(database, "1", false).await?;
    watch.none_in(&[Status::Ordered, Status::Prepping]).await?;
    let rate = float(count) / begin.elapsed().as_secs_f64();
    let arrived = watch.count(&[Status::Picking, Status::Baking], count).await?;
    ensure!(arrived == count, "{arrived} of {count} orders made their transition");
    engine.stop().await;
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
