//! Status queries a second.

use anyhow::Result;
use testbed::http;

use super::{CONNECTIONS, for_a_while, reads};
use crate::bed::Bed;
use crate::database::Kind;
use crate::orders;
use crate::report::{Floor, Line, Report};

pub(super) async fn run(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let stored = bed.choose(20_000, 100_000);
    let database = bed.database(kind).await?;
    database.fill_delivered(stored).await?;
    let shop = bed.counter(&database).await?;
    let size = http::fetch(shop.port, &orders::path(stored / 2), None).await?.len();
    let peer = bed.peer(&["fixed", "--size", &size.to_string()]).await?;
    let (mut rate, mut p99, mut fixed, mut fixed_p99) = (vec![], vec![], vec![], vec![]);
    for _ in 0..bed.rounds() {
        for (port, rate, p99) in
            [(shop.port, &mut rate, &mut p99), (peer.port, &mut fixed, &mut fixed_p99)]
        {
            let load = for_a_while(bed, port, CONNECTIONS, 200);
            let measured = load.run(reads(stored)?).await?;
            rate.push(measured.rate);
            p99.push(measured.quantile(0.99));
        }
    }
    shop.process.kill().await?;
    peer.process.kill().await?;
    database.remove().await?;
    let beside = "fixed answer of that size";
    let line = Line::new(kind, "status, 64 connections", "/s", rate).beside(beside, fixed);
    report.add(line.floor_on_postgres(kind, Floor::TimesYardstick(0.1)));
    report.add(Line::new(kind, "status p99", "ms", p99).beside(beside, fixed_p99));
    Ok(())
}
