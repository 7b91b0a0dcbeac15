//! The specification's own limits (NFR-001), with the orders under way that it asks for (NFR-002).

use std::time::Duration;

use anyhow::Result;

use super::{creates, life, reads};
use crate::bed::Bed;
use crate::database::Kind;
use crate::load::{Load, Until};
use crate::report::{Floor, Line, Report};

/// "Designed to handle 100 concurrent orders".
const ORDERS: u64 = 100;
/// Twenty requests a second.
const EVERY: Duration = Duration::from_millis(50);

pub(super) async fn run(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let database = bed.database(kind).await?;
    database.fill_delivered(ORDERS).await?;
    let (robots, settings) = life::robots(bed, "1").await?;
    let shop = bed.shop(&database, &settings).await?;
    let load = |status, until| Load { port: shop.port, connections: 1, until, status };
    load(201, Until::Count(ORDERS)).run(creates()).await?;
    let steady = Until::Steady { count: bed.choose(100, 400), every: EVERY };
    let (mut create, mut status) = (Vec::new(), Vec::new());
    for _ in 0..bed.rounds() {
        create.push(load(201, steady).run(creates()).await?.quantile(0.99));
        status.push(load(200, steady).run(reads(ORDERS)?).await?.quantile(0.99));
    }
    shop.process.kill().await?;
    for robot in robots {
        robot.kill().await?;
    }
    database.remove().await?;
    let create = Line::new(kind, "create p99 at 20/s", "ms", create);
    report.add(create.floor(Floor::AtMost(200.0)));
    let status = Line::new(kind, "status p99 at 20/s", "ms", status);
    report.add(status.floor(Floor::AtMost(100.0)));
    Ok(())
}
