//! The project's own tasks, run as `cargo xtask <task>`.
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a task tells its progress on the terminal"
)]

mod apt;
mod bench;
mod chaos;
mod contracts;
mod e2e;
mod hostile;
mod lint;
mod mongo;
mod postgres;
mod process;
mod python;
mod sim;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own tasks.")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Provision what the tests need (PostgreSQL, a MongoDB-compatible server), then run them all.
    Test {
        /// Handed to `cargo test`, such as the beginning of a test's name.
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Check formatting, lints, licences, advisories and the project's own rules.
    Lint,
    /// Attack the service and the robots with requests and connections that make no sense.
    Hostile(hostile::HostileArgs),
    /// Look at the pages in a real browser, with the real service and the real robots.
    E2e(e2e::E2eArgs),
    /// Install and build what the interview kit's probes run with, and say where it is.
    Provide,
    /// Take the pictures of the pages that the README shows.
    Screenshots,
    /// Measure the service beside yardsticks, on both databases.
    Bench(bench::BenchArgs),
    /// Break everything around the running service and judge what is left of its orders.
    Chaos(chaos::ChaosArgs),
    /// Run the orchestrator on virtual time among faults, and watch the invariants.
    Sim(sim::SimArgs),
}

fn main() -> ExitCode {
    match run(&Cli::parse().task) {
        Ok(code) => code,
        Err(_) if process::interrupted() => {
            eprintln!("xtask: interrupted");
            ExitCode::from(process::INTERRUPTED_EXIT_CODE)
        }
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<ExitCode> {
    process::watch_signals()?;
    let workspace = Workspace::locate()?;
    match task {
        Task::Test { args } => test::run(&workspace, args),
        Task::Lint => lint::run(&workspace),
        Task::Hostile(args) => hostile::run(&workspace, args),
        Task::E2e(args) => e2e::run(&workspace, args),
        Task::Provide => e2e::provide(&workspace),
        Task::Screenshots => e2e::screenshots(&workspace),
        Task::Bench(args) => bench::run(&workspace, args),
        Task::Chaos(args) => chaos::run(&workspace, args),
        Task::Sim(args) => sim::run(&workspace, args),
    }
}
