//! Runs the real service, real robots and a real database under load while everything around the
//! orders breaks, and judges what is left of them.
#![expect(clippy::print_stderr, reason = "a harness tells its progress on the terminal")]

mod client;
mod customers;
mod disk;
mod faults;
mod house;
mod report;
mod run;
mod server;
mod staff;
mod tally;
mod verdict;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use rand::rngs::SysRng;
use tokio::signal::unix::{SignalKind, signal};

/// Breaks everything around the orders and sees whether one is lost.
#[derive(Clone, Debug, Parser)]
struct Args {
    /// Where the orders are kept
    #[arg(long, value_enum, default_value_t = Kind::Postgres)]
    database: Kind,
    /// Fill the database's disk up instead of breaking everything else
    #[arg(long)]
    full_disk: bool,
    /// What is drawn follows from this; drawn itself where it is not given
    #[arg(long)]
    seed: Option<u64>,
    /// How long load and faults go on
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// How many orders are placed in this time; 1,000 a minute where nothing is said
    #[arg(long)]
    orders: Option<u64>,
}

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

/// Ctrl-C.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let seed = args.seed.unwrap_or_else(random);
    let done = tokio::select! {
        done = run::run(&args, seed) => done,
        // What was started is taken down as the future is dropped.
        () = interrupted() => return ExitCode::from(INTERRUPTED),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: seed {seed}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn random() -> u64 {
    let mut bytes = [0; 2];
    // Without randomness there is still a seed: this one.
    let _ = rand::TryRng::try_fill_bytes(&mut SysRng, &mut bytes);
    u16::from_le_bytes(bytes).into()
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
