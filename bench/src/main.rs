//! Measures Pie Shop, each figure beside a yardstick of the same run; see `bench/README.md`.
#![expect(clippy::print_stderr, reason = "a benchmark tells its progress on the terminal")]

mod bed;
mod database;
mod load;
mod measure;
mod orders;
mod peers;
mod pgbench;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use bed::Bed;
use measure::Measure;
use report::Report;

#[derive(Parser)]
#[command(name = "bench", about = "Measures Pie Shop beside yardsticks.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure, and print a table
    Run(RunArgs),
    /// Be one of the servers that the service is measured beside
    #[command(subcommand)]
    Peer(peers::Peer),
}

#[derive(Args)]
struct RunArgs {
    /// Short runs, once each: for a first look, too noisy to judge by
    #[arg(long)]
    quick: bool,
    /// Measure only this; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<Measure>,
    /// Measure only on this database
    #[arg(long, value_name = "NAME")]
    database: Option<database::Kind>,
    /// Write every sample to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Exit with 1 when a floor is missed
    #[arg(long)]
    check: bool,
    /// A `PostgreSQL` server to make databases in, as a superuser; without it only `SQLite` is
    /// measured
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// The program `pgbench`
    #[arg(long, value_name = "FILE", default_value = "pgbench")]
    pgbench: PathBuf,
    /// How long a build from nothing took, for the table
    #[arg(long, value_name = "SECONDS")]
    cold_build: Option<f64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = async {
        match Cli::parse().command {
            Command::Run(args) => run(args).await,
            Command::Peer(peer) => peer.serve().await.map(|()| ExitCode::SUCCESS),
        }
    };
    tokio::select! {
        done = done => done.unwrap_or_else(|error| {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }),
        // What was started and made is taken down as the future is dropped.
        () = interrupted() => ExitCode::from(130),
    }
}

async fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let bed = Bed::new(args.quick, args.postgres, args.pgbench)?;
    let mut report = Report::default();
    if let Some(seconds) = args.cold_build {
        measure::cold_build(&mut report, seconds);
    }
    let chosen = if args.only.is_empty() { Measure::ALL.to_vec() } else { args.only };
    for measure in chosen {
        for kind in database::Kind::ALL {
            let wanted = args.database.is_none_or(|only| only == kind);
            if wanted && bed.has(kind) {
                eprintln!("bench: {measure:?} on {kind:?} …");
                let measured = measure.run(&bed, kind, &mut report).await;
                measured.with_context(|| format!("{measure:?} on {kind:?}"))?;
            }
        }
    }
    report.print()?;
    if let Some(file) = args.json {
        report.write(&file)?;
    }
    let failed = args.check && report.missed() > 0;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn interrupted() {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
