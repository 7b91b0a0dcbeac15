//! A copy of the workspace to try changes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A copy of what is, or could be, under version control.
pub(crate) fn copy() -> tempfile::TempDir {
    let (root, copy) = (root(), tempfile::tempdir().unwrap());
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let files = run(Command::new("git").args(list), root);
    for file in files.split('\0').filter(|file| root.join(file).is_file()) {
        let to = copy.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root.join(file), to).unwrap();
    }
    copy
}

/// Where the artefacts of copies go: they must not be taken for those of the original.
pub(crate) fn target(name: &str) -> PathBuf {
    let own = std::env::var_os("CARGO_TARGET_DIR");
    own.map_or_else(|| root().join("target"), PathBuf::from).join(name)
}

/// Applies a diff with exact context.
pub(crate) fn apply(diff: &Path, copy: &tempfile::TempDir) {
    run(Command::new("git").args(["apply", "--verbose"]).arg(diff), copy.path());
}

/// Runs a command that must succeed; returns what it said.
pub(crate) fn run(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}:\n{said}");
    said + &String::from_utf8_lossy(&output.stdout)
}

/// What stands in a folder, in order.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    entries.sort();
    assert!(!entries.is_empty());
    entries
}
