//! `cargo xtask bench`: build, provision, measure.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{postgres::Postgres, process, workspace::Workspace};

/// What is measured, and what it is measured with.
const PROGRAMS: [&str; 6] = ["-p", "pieshop", "-p", "pie-robots", "-p", "bench"];

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// Also build the service from nothing, and measure that
    #[arg(long)]
    cold_build: bool,
    /// Handed to the benchmark, such as `--quick` or `--only create`; `--help` tells them all
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Measures the service of this workspace beside its yardsticks.
pub(crate) fn run(workspace: &Workspace, args: &BenchArgs) -> Result<ExitCode> {
    let mut build = workspace.cargo();
    build.args(["build", "--release"]).args(PROGRAMS);
    ensure!(process::run(&mut build)?.success(), "cannot build what is to be measured");
    let cold_build = if args.cold_build { Some(build_from_nothing(workspace)?) } else { None };
    let postgres = Postgres::start(workspace)?;
    let target = workspace.scratch.parent().context("the scratch folder is in none")?;
    let mut bench = Command::new(target.join("release/bench"));
    bench.arg("run").args(["--postgres", &postgres.url()]);
    bench.arg("--pgbench").arg(postgres.program("pgbench"));
    if let Some(seconds) = cold_build {
        bench.arg(format!("--cold-build={seconds}"));
    }
    Ok(process::exit_code(process::run(bench.args(&args.args))?))
}

/// How long the first build takes that a new user makes, in seconds. What it needs is downloaded.
#[expect(clippy::disallowed_methods, reason = "how long a build takes is what is asked")]
fn build_from_nothing(workspace: &Workspace) -> Result<f64> {
    let target = tempfile::Builder::new().prefix("pieshop-cold-build-").tempdir()?;
    let mut build = workspace.cargo();
    build.args(["build", "--release"]).env("CARGO_TARGET_DIR", target.path());
    let begin = Instant::now();
    ensure!(process::run(&mut build)?.success(), "cannot build the service from nothing");
    Ok(begin.elapsed().as_secs_f64())
}
