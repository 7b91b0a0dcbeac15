//! The contracts are valid OpenAPI.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail, ensure};

use crate::workspace::Workspace;

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
    files.sort();
    let mut validator = Command::new(programs.join("openapi-spec-validator"));
    let output = validator.args(&files).output().context("cannot start openapi-spec-validator")?;
    if !output.status.success() {
        let text =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        let log = workspace.scratch.join("contracts.log");
        fs::write(&log, text.as_bytes())?;
        // After each file's verdict the validator prints the whole of what it read.
        let verdicts: Vec<_> = text.lines().filter(|line| line.contains(".yaml: ")).collect();
        bail!("not valid OpenAPI (more in {}):\n{}", log.display(), verdicts.join("\n"));
    }
    eprintln!("xtask: contracts/: {} files, all valid OpenAPI", files.len());
    Ok(())
}
