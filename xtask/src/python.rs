//! A Python environment of the project's own, for tools that exist only there.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Result};

use crate::{apt, process, workspace::Workspace};

/// Makes sure that the pinned `requirements` (such as `name==1.0`) are installed, quickly when
/// they are, and returns the folder of the environment's programs.
pub(crate) fn provide(workspace: &Workspace, requirements: &[&str]) -> Result<PathBuf> {
    let venv = workspace.scratch.join("venv");
    let programs = venv.join("bin");
    let stamp = venv.join("installed.txt");

    // Two tasks at once must not install over each other; the lock ends with the file handle.
    let lock = fs::File::create(workspace.scratch.join("venv.lock"))?;
    lock.lock().context("cannot lock the Python environment")?;

    let mut installed = fs::read_to_string(&stamp).unwrap_or_default();
    let missing: Vec<_> = requirements
        .iter()
        .filter(|requirement| !installed.lines().any(|line| line == **requirement))
        .collect();
    if missing.is_empty() {
        return Ok(programs);
    }
    if installed.is_empty() {
        create(workspace, &venv)?;
    }
    eprintln!("xtask: installing {requirements:?} into {} …", venv.display());
    let mut pip = Command::new(programs.join("python"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"]).args(&missing);
    process::run_logged(&mut pip, &workspace.scratch.join("pip.log"))
        .context("cannot install the Python packages that the tests need")?;
    for requirement in missing {
        installed.push_str(requirement);
        installed.push('\n');
    }
    fs::write(&stamp, installed)?;
    Ok(programs)
}

fn create(workspace: &Workspace, venv: &PathBuf) -> Result<()> {
    let create = || {
        let mut python = Command::new("python3");
        python.args(["-m", "venv", "--clear"]).arg(venv);
        process::run_logged(&mut python, &workspace.scratch.join("venv.log"))
    };
    let Err(error) = create() else { return Ok(()) };
    if process::interrupted() {
        return Err(error);
    }
    apt::install(workspace, &["python3", "python3-venv"], "put a python3 with venv on the PATH")
        .with_context(|| format!("{error:#}"))?;
    create()
}
