//! Every lift applies to the present source with exact context, stays small, and builds.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines that may change outside of the deleted files.
const MOST_WIRING: usize = 40;

#[test]
fn every_lift_is_small_applies_and_builds_without_a_warning() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut lifts: Vec<PathBuf> =
        fs::read_dir(root.join("interview/lifts")).unwrap().map(|it| it.unwrap().path()).collect();
    lifts.sort();
    assert!(!lifts.is_empty());
    for lift in lifts {
        let wiring = fs::read_to_string(lift.join("wiring.diff")).unwrap();
        let changed = changed_lines(&wiring);
        assert!(changed <= MOST_WIRING, "{}: {changed} lines of wiring", lift.display());
        let copy = copy(root);
        for file in deleted_files(&lift) {
            fs::remove_file(copy.path().join(file)).unwrap();
        }
        let apply = ["apply", "--verbose"];
        run(Command::new("git").args(apply).arg(lift.join("wiring.diff")), copy.path());
        // Artefacts of a copy must not be taken for those of the original.
        let target = target(root).join("lifts");
        let mut check = Command::new(env!("CARGO"));
        check.args(["check", "--locked", "--package", "pieshop", "--bins", "--color", "never"]);
        let said = run(check.env("CARGO_TARGET_DIR", target), copy.path());
        assert!(!said.contains("warning"), "{}:\n{said}", lift.display());
    }
}

fn changed_lines(diff: &str) -> usize {
    diff.lines()
        .filter(|line| line.starts_with(['+', '-']))
        .filter(|line| !line.starts_with("+++") && !line.starts_with("---"))
        .count()
}

fn deleted_files(lift: &Path) -> Vec<String> {
    let text = fs::read_to_string(lift.join("lift.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let delete = table["delete"].as_array().unwrap();
    delete.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// A copy of what is, or could be, under version control.
fn copy(root: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let files = run(Command::new("git").args(list), root);
    for file in files.split('\0').filter(|file| root.join(file).is_file()) {
        let to = copy.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root.join(file), to).unwrap();
    }
    copy
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn run(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}:\n{said}");
    said + &String::from_utf8_lossy(&output.stdout)
}
