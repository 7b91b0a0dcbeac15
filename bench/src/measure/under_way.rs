//! 100,000 orders under way at pace 1: memory, processor and lateness.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Job, Order, Request, State, Status, Step};
use pieshop::clock::system_time;
use pieshop::store::NewOrder;
use serde_json::Value;
use testbed::http;
use tokio::time::{Instant, sleep};

use crate::bed::{Bed, Shop};
use crate::database::{Database, Kind};
use crate::load::float;
use crate::orders::Way;
use crate::peers::robots::job_name;
use crate::report::{Floor, Line, Report};

const ORDERS: u64 = 100_000;
/// Every order is due once within this time, and a robot asks for as much again.
const SPREAD: Duration = Duration::from_mins(2);
/// What a service needs to come to rest after its start.
const REST: Duration = Duration::from_secs(5);
/// The stages that the orders are in, in equal parts.
const STAGES: [Status; 3] = [Status::Picking, Status::Baking, Status::Delivering];

pub(super) async fn run(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let idle_time = Duration::from_secs(bed.choose(10, 30));
    let active_time = Duration::from_secs(bed.choose(20, 90));
    let database = bed.database(kind).await?;
    // Filling takes its time too.
    let begin = system_time() + bed.choose(TimeDelta::seconds(45), TimeDelta::seconds(75));
    fill(&database, begin).await?;
    let estimate = SPREAD.as_secs().to_string();
    let robots = bed.peer(&["robots", "--estimate", &estimate]).await?;
    let shop = bed.shop(&database, &settings(&robots)).await?;
    sleep(REST).await;
    let left = (begin - system_time()).to_std().unwrap_or_default();
    ensure!(left > idle_time, "filling the database took too long: {left:?} are left to be idle");
    let idle = share(&shop, idle_time).await?;
    sleep((begin - system_time()).to_std().unwrap_or_default()).await;
    let active = share(&shop, active_time).await?;
    let asked: Value = serde_json::from_slice(&http::fetch(robots.port, "/lateness", None).await?)?;
    let asked = |name: &str| asked[name].as_u64().with_context(|| format!("no {name}"));
    let due = float(ORDERS) * active_time.as_secs_f64() / SPREAD.as_secs_f64();
    ensure!(float(asked("count")?) > 0.9 * due, "the robots were asked {} times", asked("count")?);
    let line = |figure, unit, sample| Line::new(kind, figure, unit, vec![sample]);
    let memory = line("100,000 under way, memory", "MB", shop.process.peak_memory()?);
    report.add(memory.floor_on_postgres(kind, Floor::AtMost(200.0)));
    let idle = line("… processor, nothing due", "% of a core", idle);
    report.add(idle.floor_on_postgres(kind, Floor::AtMost(5.0)));
    report.add(line("… processor, 833 due a second", "% of a core", active));
    let lateness = line("… lateness p99", "s", float(asked("p99")?) / 1e6);
    report.add(lateness.floor_on_postgres(kind, Floor::AtMost(1.0)));
    shop.process.kill().await?;
    robots.process.kill().await?;
    database.remove().await
}

/// Jobs have all the time in the world, so that they go on for ever.
fn settings(robots: &Shop) -> Vec<(&'static str, String)> {
    let url = format!("http://127.0.0.1:{}", robots.port);
    vec![
        ("PIESHOP_ROBOTS__PICKER__URL", url.clone()),
        ("PIESHOP_ROBOTS__BAKER__URL", url.clone()),
        ("PIESHOP_ROBOTS__DELIVERY__URL", url),
        ("PIESHOP_ROBOTS__PICKER__JOB_TIMEOUT", "10h".into()),
        ("PIESHOP_ROBOTS__BAKER__JOB_TIMEOUT", "10h".into()),
    ]
}

async fn fill(database: &Database, begin: DateTime<Utc>) -> Result<()> {
    let way = Way::walk()?;
    let stages = STAGES.map(|stage| way.at(stage).cloned());
    let stages: Vec<Order> = stages.into_iter().collect::<Result<_>>()?;
    database.fill(ORDERS, |number| waiting(&way, &stages, number, begin)).await
}

/// A copy of one of `stages`, with a robot that is to be asked in its turn after `begin`.
fn waiting(way: &Way, stages: &[Order], number: u64, begin: DateTime<Utc>) -> NewOrder {
    let micros = SPREAD.as_secs() * 1_000_000 / ORDERS * number;
    let due = begin + TimeDelta::microseconds(i64::try_from(micros).unwrap_or(i64::MAX));
    let stage = usize::try_from(number).unwrap_or_default() % stages.len();
    let mut new = way.copy(&stages[stage], number);
    new.order.wake_at = Some(due);
    if let State::Picking(work) | State::Baking(work) | State::Delivering(work) =
        &mut new.order.workflow.state
    {
        if let Step::Working { job, eta, .. } = &mut work.step {
            let (Job::Pick { id } | Job::Bake { id, .. } | Job::Deliver { id, .. }) = job;
            *id = job_name(due, number);
            *eta = due;
        }
        if let Request::Deliver { until, .. } = &mut work.request {
            *until = due + TimeDelta::hours(10);
        }
    }
    new
}

/// The share of a core that the service uses, in percent.
async fn share(shop: &Shop, time: Duration) -> Result<f64> {
    let (before, begin) = (shop.process.cpu()?, Instant::now());
    sleep(time).await;
    Ok((shop.process.cpu()? - before) / begin.elapsed().as_secs_f64() * 100.0)
}
