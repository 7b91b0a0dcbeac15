//! Whole lives of orders: from the request to the doorstep, with robots that need no time.

use anyhow::{Context as _, Result, ensure};
use order_core::Status;
use testbed::Process;
use testbed::ports::free_port;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::engine::Engine;
use super::{CONNECTIONS, creates};
use crate::bed::Bed;
use crate::database::{Database, Kind};
use crate::load::{Load, Until, float};
use crate::orders;
use crate::report::{Floor, Line, Report};

/// So fast that every duration of the kitchen is under 2 ms.
const PACE: &str = "1000000";
const UNDER_WAY: [Status; 5] =
    [Status::Ordered, Status::Picking, Status::Prepping, Status::Baking, Status::Delivering];

/// One service and three robots, each a process of its own.
pub(super) async fn over_http(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let count = bed.choose(3_000, 10_000);
    let (mut rate, mut memory, mut cpu, mut robots_cpu) = (vec![], vec![], vec![], vec![]);
    for _ in 0..bed.rounds() {
        let database = bed.database(kind).await?;
        let (robots, mut settings) = robots(bed, PACE).await?;
        settings.push(("PIESHOP_PACE", PACE.into()));
        let shop = bed.shop(&database, &settings).await?;
        let mut watch = database.watch().await?;
        let begin = Instant::now();
        let until = Until::Count(count);
        let load = Load { port: shop.port, connections: CONNECTIONS, until, status: 201 };
        load.run(creates()).await?;
        watch.none_in(&UNDER_WAY).await?;
        rate.push(float(count) / begin.elapsed().as_secs_f64());
        let delivered = watch.count(&[Status::Completed], count).await?;
        ensure!(delivered == count, "{delivered} of {count} orders were delivered");
        memory.push(shop.process.peak_memory()?);
        cpu.push(shop.process.cpu()? / float(count) * 1e6);
        let mut used = 0.0;
        for robot in robots {
            used += robot.cpu()?;
            robot.kill().await?;
        }
        robots_cpu.push(used / float(count) * 1e6);
        shop.process.kill().await?;
        database.remove().await?;
    }
    let line = |figure, unit, samples| Line::new(kind, figure, unit, samples);
    let rate = line("whole life over HTTP", "orders/s", rate);
    report.add(rate.floor_on_postgres(kind, Floor::AtLeast(500.0)));
    let memory = line("whole life over HTTP, memory", "MB", memory);
    report.add(memory.floor_on_postgres(kind, Floor::AtMost(150.0)));
    report.add(line("whole life over HTTP, processor", "µs/order", cpu));
    report.add(line("the same, of the robots", "µs/order", robots_cpu));
    Ok(())
}

/// The service as a library, with robots that are function calls.
pub(super) async fn in_process(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let count = bed.choose(5_000, 20_000);
    let mut rate = Vec::new();
    for _ in 0..bed.rounds() {
        let database = bed.database(kind).await?;
        rate.push(without_calls(&database, count).await?);
        database.remove().await?;
    }
    let line = Line::new(kind, "whole life without calls", "orders/s", rate);
    report.add(line.floor_on_postgres(kind, Floor::AtLeast(2000.0)));
    Ok(())
}

/// Orders a second from their creation until all are delivered.
pub(super) async fn without_calls(database: &Database, count: u64) -> Result<f64> {
    let mut watch = database.watch().await?;
    let before = watch.count(&[Status::Completed], u32::MAX.into()).await?;
    let engine = Engine::start(database, PACE, true).await?;
    let recipe = orders::apple()?;
    let begin = Instant::now();
    let mut customers = JoinSet::new();
    for first in (0..count).take(CONNECTIONS) {
        let (commands, recipe) = (engine.app.orchestrator.orders.clone(), recipe.clone());
        customers.spawn(async move {
            for number in (first..count).step_by(CONNECTIONS) {
                let customer = orders::customer(number);
                commands.place(customer, orders::address(), recipe.clone(), None).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(customer) = customers.join_next().await {
        customer??;
    }
    watch.none_in(&UNDER_WAY).await?;
    let rate = float(count) / begin.elapsed().as_secs_f64();
    let delivered = watch.count(&[Status::Completed], before + count).await? - before;
    ensure!(delivered == count, "{delivered} of {count} orders were delivered");
    engine.stop().await;
    Ok(rate)
}

/// Starts the three robots; returns them with the settings that name them.
pub(super) async fn robots(
    bed: &Bed,
    pace: &str,
) -> Result<(Vec<Process>, Vec<(&'static str, String)>)> {
    let (mut robots, mut settings) = (Vec::new(), Vec::new());
    for (name, variable) in [
        ("picker", "PIESHOP_ROBOTS__PICKER__URL"),
        ("baker", "PIESHOP_ROBOTS__BAKER__URL"),
        ("delivery", "PIESHOP_ROBOTS__DELIVERY__URL"),
    ] {
        let port = free_port()?;
        let mut command = bed.program("pie-robots");
        command.args([name, "--pace", pace, "--failure-rate", "0", "--ovens", "1000"]);
        command.args(["--port", &port.to_string()]).arg("--data").arg(bed.path(name));
        let mut robot = Process::start(&mut command, bed.path("robot.log"))?;
        robot.ready(port, "/healthz").await.context("pie-robots")?;
        robots.push(robot);
        settings.push((variable, format!("http://127.0.0.1:{port}")));
    }
    Ok((robots, settings))
}
