//! Installing what is missing with the system's package manager, where that is possible.

use std::{
    env,
    path::PathBuf,
    process::Command,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Result, bail};

use crate::{process, workspace::Workspace};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Installs Debian `packages`. Without the right to do so, the error says what to install, and
/// `otherwise` what to do instead.
pub(crate) fn install(workspace: &Workspace, packages: &[&str], otherwise: &str) -> Result<()> {
    let list = packages.join(" ");
    let advice = format!("install {list}, or {otherwise}");
    if !rustix::process::geteuid().is_root() || find_program("apt-get").is_none() {
        bail!("missing here: {list}. To go on: {advice}");
    }
    // A poisoned lock only says that another installation failed.
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    eprintln!("xtask: installing {list} …");
    let log = workspace.scratch.join("apt-get.log");
    for step in [&["update"][..], &["install", "-y", "--no-install-recommends"][..]] {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").args(step);
        if step.contains(&"install") {
            apt.args(packages);
        }
        process::run_logged(&mut apt, &log).with_context(|| format!("cannot {advice}"))?;
    }
    Ok(())
}

/// Where `name` is found on the PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}
