//! The simulator's checks bite: it finds each of several faults that are put into the code.
#![cfg(test)]

mod copy;

use std::process::Command;

use copy::{apply, copy, entries, root, run, target};

/// A fault is found within this many seeds.
const SEEDS: &str = "200";

#[test]
fn the_simulator_finds_every_fault_that_is_put_into_the_code() {
    let diffs = entries(&root().join("sim/broken"));
    assert!(diffs.len() >= 8, "{}", diffs.len());
    // Each fault waits for its name in SIM_BROKEN, so that one build serves all.
    let copy = copy();
    for diff in &diffs {
        apply(diff, &copy);
    }
    let target = target("broken");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--locked", "--package", "sim", "--color", "never"]);
    // A little optimized: that saves more in the runs than it costs in the build.
    build.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1").env("CARGO_PROFILE_DEV_DEBUG", "false");
    run(build.env("CARGO_TARGET_DIR", &target), copy.path());
    let simulate = |name: &str| {
        let mut sim = Command::new(target.join("debug/sim"));
        sim.args(["--from", "1", "--seeds", SEEDS, "--orders", "20"]).env("SIM_BROKEN", name);
        let output = sim.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), told)
    };
    for diff in &diffs {
        let name = diff.file_stem().unwrap().to_str().unwrap();
        let (code, told) = simulate(name);
        assert_eq!(code, Some(1), "{name} is not found:\n{told}");
        assert!(told.contains(" breaks the rule: "), "{name}:\n{told}");
    }
    let (code, told) = simulate("");
    assert_eq!(code, Some(0), "without a fault none is found:\n{told}");
}
