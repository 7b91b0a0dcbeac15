//! `cargo xtask test`: provision, then test.

use std::{
    env,
    process::{ExitCode, ExitStatus},
    thread::{self, ScopedJoinHandle},
};

use anyhow::{Result, anyhow, bail};

use crate::{
    contracts, e2e, hostile,
    mongo::{self, Mongo},
    postgres::Postgres,
    process, python,
    workspace::Workspace,
};

const POSTGRES_URL: &str = "PIESHOP_TEST_POSTGRES_URL";
const MONGODB_URL: &str = "PIESHOP_TEST_MONGODB_URL";
const CARGO_TEST: [&str; 4] = ["test", "--workspace", "--features", "pieshop/mongodb"];

/// Runs every test of the workspace and ends with the exit code of `cargo test`.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let (built, postgres, mongo) = thread::scope(|scope| {
        let postgres = scope.spawn(|| or_abandon(provide_postgres(workspace)));
        let mongo = scope.spawn(|| or_abandon(provide_mongo(workspace)));
        let built = build(workspace, args);
        if !matches!(built, Ok(status) if status.success()) {
            process::abandon();
        }
        (built, join(postgres), join(mongo))
    });
    if let Ok(status) = built
        && !status.success()
    {
        return Ok(process::exit_code(status));
    }
    let (Ok(postgres), Ok(mongo)) = (postgres, mongo) else {
        bail!("nothing was tested: what the tests need could not be provided");
    };
    built?;

    let mut tests = workspace.cargo();
    tests.args(CARGO_TEST).args(args);
    tests.env(POSTGRES_URL, &postgres.url).env(MONGODB_URL, &mongo.url);
    let status = process::run(&mut tests)?;
    if status.success() && args.is_empty() {
        hostile::short(workspace, &mongo.url)?;
        let pages = e2e::pages(workspace, &postgres.url, None)?;
        if pages != ExitCode::SUCCESS {
            return Ok(pages);
        }
        // The interview kit proves itself: each flaw is seen, and nothing else is broken.
        let mut interview = workspace.cargo();
        interview.args(["run", "--quiet", "--package", "interview", "--", "verify"]);
        interview.args(["--changed", "--pairs", "3"]);
        return Ok(process::exit_code(process::run(&mut interview)?));
    }
    Ok(process::exit_code(status))
}

/// A server's address; the server itself too where it is ours, to live as long as this value.
struct Provided<T> {
    url: String,
    _ours: Option<T>,
}

fn build(workspace: &Workspace, args: &[String]) -> Result<ExitStatus> {
    let mut build = workspace.cargo();
    // What follows a second `--` is for the test binaries, which do not run yet.
    build.args(CARGO_TEST).arg("--no-run").args(args.iter().take_while(|arg| *arg != "--"));
    process::run(&mut build)
}

fn provide_postgres(workspace: &Workspace) -> Result<Provided<Postgres>> {
    if let Ok(url) = env::var(POSTGRES_URL) {
        eprintln!("xtask: PostgreSQL: the one of {POSTGRES_URL}");
        return Ok(Provided { url, _ours: None });
    }
    let postgres = Postgres::start(workspace)?;
    let url = postgres.url();
    eprintln!("xtask: PostgreSQL: ready at {url}");
    Ok(Provided { url, _ours: Some(postgres) })
}

/// The MongoDB-compatible server; the contracts are validated on the way, with the same Python.
fn provide_mongo(workspace: &Workspace) -> Result<Provided<Mongo>> {
    if let Ok(url) = env::var(MONGODB_URL) {
        eprintln!("xtask: MongoDB: the one of {MONGODB_URL}");
        contracts::validate(workspace, &python::provide(workspace, &[contracts::VALIDATOR])?)?;
        return Ok(Provided { url, _ours: None });
    }
    let programs = python::provide(workspace, &[contracts::VALIDATOR, mongo::PACKAGE])?;
    contracts::validate(workspace, &programs)?;
    let mongo = Mongo::start(workspace, &programs)?;
    let url = mongo.url();
    eprintln!("xtask: MongoDB: ready at {url}");
    Ok(Provided { url, _ours: Some(mongo) })
}

/// Tells the first failure at once and ends what runs beside it.
fn or_abandon<T>(provided: Result<T>) -> Result<T> {
    provided.inspect_err(|error| {
        if !process::abandon() && !process::interrupted() {
            eprintln!("xtask: {error:#}");
        }
    })
}

fn join<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err(anyhow!("a provisioning thread panicked")))
}
