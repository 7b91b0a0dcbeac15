//! New orders a second, and how long one takes.

use anyhow::Result;

use super::{CLIENTS, CONNECTIONS, WARM_UP, creates, for_a_while};
use crate::bed::{Bed, Shop};
use crate::database::Kind;
use crate::pgbench::Script;
use crate::report::{Floor, Line, Report};

#[derive(Default)]
struct Samples {
    rate: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    lone: Vec<f64>,
}

pub(super) async fn run(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let (mut ours, mut one_by_one) = (Samples::default(), Samples::default());
    let (mut cpu, mut memory) = (Vec::new(), Vec::new());
    let (mut pgbench, mut pgbench_lone) = (Vec::new(), Vec::new());
    for _ in 0..bed.rounds() {
        let database = bed.database(kind).await?;
        let shop = bed.counter(&database).await?;
        let before = shop.process.cpu()?;
        ours.measure(bed, &shop, CONNECTIONS).await?;
        let seconds = (WARM_UP + bed.time()).as_secs_f64();
        let created = ours.rate.last().copied().unwrap_or_default() * seconds;
        cpu.push((shop.process.cpu()? - before) / created * 1e6);
        ours.alone(bed, &shop).await?;
        memory.push(shop.process.peak_memory()?);
        shop.process.kill().await?;
        database.remove().await?;

        let database = bed.database(kind).await?;
        let peer = bed.peer(&["one-by-one", "--database", &database.url]).await?;
        one_by_one.measure(bed, &peer, CONNECTIONS).await?;
        one_by_one.alone(bed, &peer).await?;
        peer.process.kill().await?;
        database.remove().await?;

        if kind == Kind::Postgres {
            let script = Script::create()?;
            let database = bed.database(kind).await?;
            pgbench.push(script.run(bed, &database, CLIENTS).await?);
            database.remove().await?;
            let database = bed.database(kind).await?;
            pgbench_lone.push(script.lone(bed, &database).await?);
            database.remove().await?;
        }
    }
    let beside = "one by one";
    let line = |figure, unit, samples| Line::new(kind, figure, unit, samples);
    if kind == Kind::Postgres {
        let rate = line("create, 64 connections", "/s", ours.rate.clone());
        let rate = rate.beside("pgbench, 32 clients", pgbench);
        report.add(rate.floor(Floor::TimesYardstick(1.5)));
    }
    report.add(line("create, 64 connections", "/s", ours.rate).beside(beside, one_by_one.rate));
    report.add(line("create p50", "ms", ours.p50).beside(beside, one_by_one.p50));
    let p99 = line("create p99", "ms", ours.p99).beside(beside, one_by_one.p99);
    report.add(p99.floor_on_postgres(kind, Floor::AtMost(10.0)));
    if kind == Kind::Postgres {
        let alone = line("lone create p50", "ms", ours.lone.clone());
        report.add(alone.beside("pgbench, 1 client", pgbench_lone));
    }
    report.add(line("lone create p50", "ms", ours.lone).beside(beside, one_by_one.lone));
    report.add(line("create, processor", "µs", cpu));
    report.add(line("create, memory", "MB", memory));
    Ok(())
}

impl Samples {
    async fn measure(&mut self, bed: &Bed, shop: &Shop, connections: usize) -> Result<()> {
        let measured = for_a_while(bed, shop.port, connections, 201).run(creates()).await?;
        self.rate.push(measured.rate);
        self.p50.push(measured.quantile(0.5));
        self.p99.push(measured.quantile(0.99));
        Ok(())
    }

    async fn alone(&mut self, bed: &Bed, shop: &Shop) -> Result<()> {
        let measured = for_a_while(bed, shop.port, 1, 201).run(creates()).await?;
        self.lone.push(measured.quantile(0.5));
        Ok(())
    }
}
