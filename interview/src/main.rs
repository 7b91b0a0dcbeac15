//! The interview kit, run as `cargo interview <command>`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it speaks on the terminal")]

mod author;
mod change;
mod check;
mod cli;
mod dependencies;
mod edition;
mod export;
mod grade;
mod guide;
mod kit;
mod leaks;
mod list;
mod merge;
mod probe;
mod process;
mod sandbox;
mod select;
mod strip;
mod style;
mod tree;
mod verified;
mod verify;
mod workshop;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::kit::Kit;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("interview: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the kit stands in a folder")?;
    // What is being written need not be whole yet.
    let kit = || Kit::load(root);
    match &cli.command {
        Command::List(args) => list::list(&kit()?, args)?,
        Command::Show { id } => list::show(&kit()?, id)?,
        Command::Export(args) => export::run(&kit()?, args)?,
        Command::Guide(args) => guide::run(&kit()?, args)?,
        Command::Grade(args) => grade::run(&kit()?, args)?,
        Command::Check => check::run(&kit()?)?,
        Command::Verify(args) => return verify::run(&kit()?, args),
        Command::New { id } => author::new(root, id)?,
        Command::Edit(args) => author::edit(root, args)?,
        Command::Save(args) => author::save(root, args)?,
    }
    Ok(ExitCode::SUCCESS)
}
