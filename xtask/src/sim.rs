//! `cargo xtask sim`: build the simulator for speed, and run it.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{process, workspace::Workspace};

#[derive(Args)]
pub(crate) struct SimArgs {
    /// Handed to the simulator, such as `--seeds 1000 --from 1`; `--help` tells them all
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Runs seeds of the simulator; a broken rule is a failure.
pub(crate) fn run(workspace: &Workspace, args: &SimArgs) -> Result<ExitCode> {
    let mut build = workspace.cargo();
    build.args(["build", "--release", "--package", "sim"]);
    ensure!(process::run(&mut build)?.success(), "cannot build the simulator");
    let target = workspace.scratch.parent().context("the scratch folder is in none")?;
    let mut sim = Command::new(target.join("release/sim"));
    Ok(process::exit_code(process::run(sim.args(&args.args))?))
}
