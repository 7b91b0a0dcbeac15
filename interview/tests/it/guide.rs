//! The guide and score sheet, in a browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const EXERCISE: &str = r#"
title = "Seven points: for a test"
source = "0123456789ab"
seed = 7
lifts = []
points = ["skip-link", "consistency", "cancelling", "scaling", "separate-databases", "ten-thousand-orders", "versioning"]
"#;

#[test]
fn two_people_rate_save_load_and_compare_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let exercise = folder.path().join("exercise.toml");
    fs::write(&exercise, EXERCISE).unwrap();
    let mut guide = Command::new(env!("CARGO_BIN_EXE_interview"));
    guide.arg("guide").arg("--exercise").arg(&exercise).arg("--out").arg(folder.path());
    run(&mut guide);

    let mut node = Command::new("node");
    node.arg(root().join("interview/tests/it/guide.mjs")).arg(folder.path());
    run(node.env("PIESHOP_TEST_CHROMIUM", chromium()));
}

/// Where the browser is, with its packages installed; the project's own tasks know how.
fn chromium() -> PathBuf {
    let mut provide = Command::new(env!("CARGO"));
    let said = run(provide.args(["xtask", "provide"]).current_dir(root()));
    said.lines().find_map(|line| line.strip_prefix("chromium=")).unwrap().into()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn run(command: &mut Command) -> String {
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    said
}
