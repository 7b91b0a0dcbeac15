//! Licences, bans, sources and known vulnerabilities of the dependencies.

use std::{env, fs, path::PathBuf, process::Stdio};

use anyhow::{Result, bail};

use crate::{process, workspace::Workspace};

const VERSION: &str = "0.20.2";

pub(super) fn check(workspace: &Workspace) -> Result<bool> {
    install(workspace)?;
    let deny = |args: &[&str]| {
        let mut cargo = workspace.cargo();
        cargo.args(["deny", "--all-features"]).args(args);
        cargo
    };
    let rules = process::run(&mut deny(&["check", "licenses", "bans", "sources"]))?.success();
    let log = workspace.scratch.join("advisories.log");
    let fetched = process::run_logged(&mut deny(&["fetch", "db"]), &log);
    match fetched {
        Err(error) if process::interrupted() => return Err(error),
        Err(_) if !has_database() => {
            eprintln!(
                "xtask: NOTICE: known vulnerabilities were not checked: the advisory database is \
                 not here and could not be fetched (see {})",
                log.display()
            );
            return Ok(rules);
        }
        Err(_) => eprintln!("xtask: NOTICE: the advisory database could not be brought up to date"),
        Ok(()) => (),
    }
    let safe = process::run(&mut deny(&["--offline", "check", "advisories"]))?.success();
    Ok(rules && safe)
}

fn install(workspace: &Workspace) -> Result<()> {
    let mut version = workspace.cargo();
    version.args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if process::run(&mut version)?.success() {
        return Ok(());
    }
    eprintln!("xtask: installing cargo-deny {VERSION} (once; a minute or two) …");
    let mut install = workspace.cargo();
    install.args(["install", "--locked", "cargo-deny", "--version", VERSION]);
    // It runs for seconds: build it quickly rather than well, and outside the project's target.
    install.args(["--config", "profile.release.lto=false"]);
    install.args(["--config", "profile.release.opt-level=1"]);
    install.args(["--config", "profile.release.codegen-units=64"]);
    install.env_remove("CARGO_TARGET_DIR");
    if !process::run(&mut install)?.success() {
        bail!("cargo-deny could not be installed; install it by other means and try again");
    }
    Ok(())
}

/// Whether an earlier fetch has left an advisory database behind.
fn has_database() -> bool {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let databases = home.and_then(|home| fs::read_dir(home.join("advisory-dbs")).ok());
    databases.is_some_and(|databases| {
        databases.flatten().any(|entry| entry.path().join(".git").exists())
    })
}
