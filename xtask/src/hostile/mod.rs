//! `cargo xtask hostile`: requests and connections that nobody in their right mind would make.

mod crowd;
mod premises;
mod schemas;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use self::{premises::Premises, schemas::PACKAGE};
use crate::{
    mongo::{self, Mongo},
    process, python,
    workspace::Workspace,
};

/// Requests made up for each operation in the short form, and their seed.
const SHORT: (u32, u64) = (10, 1);

#[derive(Args)]
pub(crate) struct HostileArgs {
    /// Only the short form, as it is run with the tests
    #[arg(long)]
    quick: bool,
    /// Go on with further seeds for so many minutes
    #[arg(long, default_value_t = 0)]
    minutes: u64,
    /// Requests made up for each operation with one seed
    #[arg(long, default_value_t = 200)]
    examples: u32,
    /// The first seed; the same one makes the same requests
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The long form: requests by the contracts, then a crowd of connections. Builds what it attacks.
#[expect(clippy::disallowed_methods, reason = "it goes on for so many minutes")]
pub(crate) fn run(workspace: &Workspace, args: &HostileArgs) -> Result<ExitCode> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "-p", "pieshop", "-p", "pie-robots", "--features", "pieshop/mongodb"]);
    cargo.args((!args.quick).then_some("--release"));
    ensure!(process::run(&mut cargo)?.success(), "cannot build what is to be attacked");
    let target = workspace.scratch.parent().context("the scratch folder is in none")?;
    let built = target.join("release");
    let programs = python::provide(workspace, &[PACKAGE, mongo::PACKAGE])?;
    let mongo = Mongo::start(workspace, &programs)?;
    if args.quick {
        short(workspace, &mongo.url())?;
        return Ok(ExitCode::SUCCESS);
    }
    let begin = Instant::now();
    for seed in args.seed.. {
        let premises = Premises::open(workspace, &built, &mongo.url())?;
        schemas::hold(workspace, &programs, &premises, args.examples, seed)?;
        premises.close()?;
        if begin.elapsed() >= Duration::from_mins(args.minutes) {
            break;
        }
    }
    let premises = Premises::open(workspace, &built, &mongo.url())?;
    crowd::visit(premises.shop.address, premises.shop.pid())?;
    premises.close()?;
    Ok(ExitCode::SUCCESS)
}

/// The short form: the same requests every time, to what the tests have been built with.
pub(crate) fn short(workspace: &Workspace, mongo: &str) -> Result<()> {
    let programs = python::provide(workspace, &[PACKAGE])?;
    let target = workspace.scratch.parent().context("the scratch folder is in none")?;
    let premises = Premises::open(workspace, &target.join("debug"), mongo)?;
    let (examples, seed) = SHORT;
    schemas::hold(workspace, &programs, &premises, examples, seed)?;
    premises.close()
}
