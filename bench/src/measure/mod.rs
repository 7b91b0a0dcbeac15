//! What is measured, one file each.

mod create;
mod engine;
mod growth;
mod life;
mod limits;
mod pages;
mod reads;
mod start;
mod transitions;
mod under_way;

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use testbed::http;

use crate::bed::Bed;
use crate::database::Kind;
use crate::load::{Load, Requests, Until};
use crate::orders;
use crate::report::{Floor, Line, Report};

/// As many clients as the floors are promised for.
const CONNECTIONS: usize = 64;
/// As many as `pgbench` is run with for a yardstick.
const CLIENTS: u32 = 32;
const WARM_UP: Duration = Duration::from_secs(1);

/// The measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measure {
    /// New orders a second
    Create,
    /// Status queries a second
    Reads,
    /// Transitions a second, without calls
    Transitions,
    /// Whole lives of orders a second, with robots over HTTP
    Life,
    /// Whole lives of orders a second, in one process
    InProcess,
    /// Memory, processor and lateness with many orders under way
    UnderWay,
    /// The specification's own limits
    Limits,
    /// Time to readiness
    Start,
    /// What an order costs when many are stored
    Growth,
    /// Pages, with many orders stored and many people watching
    Pages,
}

impl Measure {
    pub(crate) const ALL: [Self; 10] = [
        Self::Start,
        Self::Create,
        Self::Reads,
        Self::Transitions,
        Self::Life,
        Self::InProcess,
        Self::Limits,
        Self::UnderWay,
        Self::Growth,
        Self::Pages,
    ];

    /// Measures it on such a database.
    pub(crate) async fn run(self, bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
        match self {
            Self::Create => create::run(bed, kind, report).await,
            Self::Reads => reads::run(bed, kind, report).await,
            Self::Transitions => transitions::run(bed, kind, report).await,
            Self::Life => life::over_http(bed, kind, report).await,
            Self::InProcess => life::in_process(bed, kind, report).await,
            Self::UnderWay => under_way::run(bed, kind, report).await,
            Self::Limits => limits::run(bed, kind, report).await,
            Self::Start => start::run(bed, kind, report).await,
            Self::Growth => growth::run(bed, kind, report).await,
            Self::Pages => pages::run(bed, kind, report).await,
        }
    }
}

/// Adds what was measured before this program could run.
pub(crate) fn cold_build(report: &mut Report, seconds: f64) {
    let line = Line::new("", "release build from nothing", "s", vec![seconds]);
    report.add(line.floor(Floor::AtMost(300.0)));
}

/// Load for as long as throughput is measured.
fn for_a_while(bed: &Bed, port: u16, connections: usize, status: u16) -> Load {
    let until = Until::Time { warm_up: WARM_UP, time: bed.time() };
    Load { port, connections, until, status }
}

/// Creates, each of another customer.
fn creates() -> impl Requests {
    |number, out: &mut Vec<u8>| http::post("/api/orders", &orders::body(number), out)
}

/// Status queries for `count` prepared orders, in no order.
fn reads(count: u64) -> Result<impl Requests> {
    let mut prepared = Vec::with_capacity(usize::try_from(count)?);
    for number in 0..count {
        let mut request = Vec::new();
        http::get(&orders::path(number), None, &mut request);
        prepared.push(request);
    }
    let pick = move |number| usize::try_from(orders::scatter(number) % count).unwrap_or_default();
    Ok(move |number, out: &mut Vec<u8>| out.extend_from_slice(&prepared[pick(number)]))
}
