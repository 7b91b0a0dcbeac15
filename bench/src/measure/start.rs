//! From the start of the process until it is ready.

use anyhow::Result;
use testbed::Process;
use testbed::ports::free_port;

use crate::bed::{Bed, TOKEN};
use crate::database::Kind;
use crate::report::{Floor, Line, Report};

pub(super) async fn run(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let database = bed.database(kind).await?;
    let mut serve = Vec::new();
    for _ in 0..bed.choose(3, 5) {
        let shop = bed.counter(&database).await?;
        serve.push(shop.took.as_secs_f64());
        shop.process.kill().await?;
    }
    database.remove().await?;
    let line = Line::new(kind, "start of `pieshop serve`", "s", serve);
    report.add(line.floor(Floor::AtMost(1.0)));
    if kind == Kind::Sqlite {
        let mut up = Vec::new();
        for _ in 0..bed.choose(3, 5) {
            up.push(everything(bed).await?);
        }
        let line = Line::new(kind, "first start of `pieshop up`", "s", up);
        report.add(line.floor(Floor::AtMost(1.0)));
    }
    Ok(())
}

/// Service, robots and an empty database in one process.
async fn everything(bed: &Bed) -> Result<f64> {
    let port = free_port()?;
    let mut command = bed.program("pieshop");
    command.args(["up", "--no-open", "--port", &port.to_string()]);
    for flag in ["--picker-port", "--baker-port", "--delivery-port"] {
        command.args([flag, &free_port()?.to_string()]);
    }
    command.arg("--data").arg(bed.path("data")).env("PIESHOP_AUTH__ADMIN_TOKEN", TOKEN);
    let mut process = Process::start(&mut command, bed.path("up.log"))?;
    let took = process.ready(port, "/readyz").await?;
    process.kill().await?;
    Ok(took.as_secs_f64())
}
