//! `cargo xtask chaos`: build, provision, break everything.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{postgres, process, workspace::Workspace};

const PROGRAMS: [&str; 6] = ["-p", "pieshop", "-p", "pie-robots", "-p", "chaos"];

#[derive(Args)]
pub(crate) struct ChaosArgs {
    /// Handed to the harness, such as `--database sqlite` or `--minutes 30`; `--help` tells them
    /// all
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Runs the service of this workspace while everything around it breaks.
pub(crate) fn run(workspace: &Workspace, args: &ChaosArgs) -> Result<ExitCode> {
    let mut build = workspace.cargo();
    build.args(["build", "--release"]).args(PROGRAMS);
    ensure!(process::run(&mut build)?.success(), "cannot build what is to be run");
    // The harness starts servers of its own; it only needs their programs.
    postgres::provide_programs(workspace)?;
    let target = workspace.scratch.parent().context("the scratch folder is in none")?;
    let mut chaos = Command::new(target.join("release/chaos"));
    Ok(process::exit_code(process::run(chaos.args(&args.args))?))
}
