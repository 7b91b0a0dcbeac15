//! Every lift applies to the present source with exact context, stays small, and builds.
#![cfg(test)]

mod copy;

use std::fs;
use std::path::Path;
use std::process::Command;

use copy::{apply, copy, entries, root, run, target};

/// Lines that may change outside of the deleted files.
const MOST_WIRING: usize = 40;

#[test]
fn every_lift_is_small_applies_and_builds_without_a_warning() {
    for lift in entries(&root().join("interview/lifts")) {
        let wiring = lift.join("wiring.diff");
        let changed = changed_lines(&fs::read_to_string(&wiring).unwrap());
        assert!(changed <= MOST_WIRING, "{}: {changed} lines of wiring", lift.display());
        let copy = copy();
        for file in deleted_files(&lift) {
            fs::remove_file(copy.path().join(file)).unwrap();
        }
        apply(&wiring, &copy);
        let mut check = Command::new(env!("CARGO"));
        check.args(["check", "--locked", "--package", "pieshop", "--bins", "--color", "never"]);
        let said = run(check.env("CARGO_TARGET_DIR", target("lifts")), copy.path());
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
