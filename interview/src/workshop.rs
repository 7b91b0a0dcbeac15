//! Where editions are built and tried.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::edition::settle;
use crate::kit::Kit;
use crate::process::{cargo, output};
use crate::tree::Tree;

/// The description of the API.
const CONTRACT: &str = "contracts/order-api.yaml";

/// A folder that one edition after the other is put into, so that only what differs is built again.
pub(crate) struct Workshop {
    folder: PathBuf,
}

/// What an edition was built into.
#[derive(Clone)]
pub(crate) struct Programs {
    /// The candidate's service.
    pub(crate) pieshop: PathBuf,
}

impl Workshop {
    /// In cargo's target folder.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let folder = root.join(target).join("interview");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Where the files of the edition that is tried stand.
    pub(crate) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Where what somebody handed in is built; by itself, for its build may write what it likes.
    pub(crate) fn submission(&self) -> PathBuf {
        self.folder.join("submission")
    }

    /// Builds an edition and keeps its programs under a name.
    pub(crate) fn build(&self, kit: &Kit, files: &Tree, name: &str) -> Result<Programs> {
        settle(kit, files, &self.tree())?;
        let mut build = self.cargo(&["build", "--bin", "pieshop"]);
        let said = quiet(&mut build)?;
        ensure!(!said.contains("warning:"), "{name} builds with warnings:\n{said}");
        let kept = self.folder.join("programs").join(name);
        fs::create_dir_all(&kept)?;
        let pieshop = kept.join("pieshop");
        // Whoever runs the old one keeps it.
        let _ = fs::remove_file(&pieshop);
        fs::copy(self.folder.join("target/debug/pieshop"), &pieshop)?;
        Ok(Programs { pieshop })
    }

    /// Runs an edition's own tests, and checks that all of it is free of warnings.
    pub(crate) fn test(&self, kit: &Kit, files: &Tree, name: &str) -> Result<&'static str> {
        settle(kit, files, &self.tree())?;
        output(self.cargo(&["fmt", "--all", "--check"]).env_remove("CARGO_TARGET_DIR"))
            .with_context(|| format!("{name} is not formatted"))?;
        let said = quiet(&mut self.cargo(&["test", "--workspace", "--no-run"]))?;
        ensure!(!said.contains("warning:"), "{name} builds with warnings:\n{said}");
        output(&mut self.cargo(&["test", "--workspace", "--quiet"]))
            .with_context(|| format!("{name}: its own tests fail"))?;
        Ok("formatted, free of warnings, green")
    }

    /// Holds the description of the API against what the service says that was tested last.
    pub(crate) fn check_contract(&self, files: &Tree) -> Result<()> {
        let Some(contract) = files.text(CONTRACT).filter(|_| tells(files)) else { return Ok(()) };
        let said = output(Command::new(self.folder.join("target/debug/pieshop")).arg("openapi"))?;
        ensure!(said == contract, "{CONTRACT} is not what `pieshop openapi` says");
        Ok(())
    }

    /// Writes the API's description anew, as the program that was built last tells it; where that
    /// cannot say it, the description stays what the lifts' own diffs make of it.
    pub(crate) fn describe(&self, files: &mut Tree) -> Result<()> {
        if !tells(files) {
            eprintln!("interview: {CONTRACT} is what the lifts' own diffs make of it");
        } else if let Some(description) = files.0.get_mut(CONTRACT) {
            let mut pieshop = Command::new(self.folder.join("target/debug/pieshop"));
            *description = output(pieshop.arg("openapi"))?.into_bytes();
        }
        Ok(())
    }

    fn cargo(&self, args: &[&str]) -> Command {
        let mut cargo = cargo();
        cargo.args(args).current_dir(self.tree());
        cargo.env("CARGO_TARGET_DIR", self.folder.join("target")).env("CARGO_NET_OFFLINE", "true");
        cargo.env("CARGO_TERM_COLOR", "never");
        // Nobody debugs what is built here, and it is built a hundred times.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "false");
        cargo
    }
}

/// Whether the service of an edition can say what its API is.
fn tells(files: &Tree) -> bool {
    files.text("crates/pieshop/src/cli.rs").is_some_and(|it| it.contains("Openapi"))
}

/// Runs a build; returns what the compiler said.
fn quiet(command: &mut Command) -> Result<String> {
    let done = command.output().context("cannot start cargo")?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    ensure!(done.status.success(), "it does not build:\n{said}");
    Ok(said)
}
