//! The contracts are valid OpenAPI.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};

use crate::{process, workspace::Workspace};

/// The Python package that knows what valid OpenAPI is.
pub(crate) const VALIDATOR: &str = "openapi-spec-validator==0.9.0";

/// Validates every file of `contracts/` with [`VALIDATOR`] from the Python environment's
/// `programs`.
pub(crate) fn validate(workspace: &Workspace, programs: &Path) -> Result<()> {
    let folder = workspace.root.join("contracts");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).context("cannot read contracts/")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "contracts/ has no *.yaml file");
    let mut validator = Command::new(programs.join("openapi-spec-validator"));
    validator.args(["--validation-errors", "all"]).args(&files);
    process::run_logged(&mut validator, &workspace.scratch.join("contracts.log"))
        .context("a file of contracts/ is not valid OpenAPI")?;
    eprintln!("xtask: contracts/: {} files, all valid OpenAPI", files.len());
    Ok(())
}
