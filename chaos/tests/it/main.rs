//! The short form of every scenario, with the programs as they were built for the tests.
#![cfg(test)]

use std::io::Write as _;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

/// Each needs the whole machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn no_order_is_lost_while_services_robots_and_postgresql_die_and_come_back() {
    judge(&chaos(&["--database=postgres", "--minutes=0.4", "--orders=300", "--seed=1"]));
}

#[test]
fn no_order_is_lost_while_the_service_on_the_embedded_database_dies_and_comes_back() {
    judge(&chaos(&["--database=sqlite", "--minutes=0.2", "--orders=150", "--seed=2"]));
}

#[test]
fn no_order_is_lost_on_a_full_disk_and_the_service_goes_on_by_itself() {
    let output = chaos(&["--database=sqlite", "--full-disk", "--minutes=0.12", "--orders=150"]);
    if String::from_utf8_lossy(&output.stderr).contains("needs the right to mount") {
        // Past the test's captured output, so that everybody sees it.
        let loud = "\n!!! NOT TESTED: a full disk. Only who may mount a file system can.\n";
        std::io::stderr().write_all(loud.as_bytes()).unwrap();
        return;
    }
    judge(&output);
}

fn chaos(arguments: &[&str]) -> Output {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    Command::new(env!("CARGO_BIN_EXE_chaos")).args(arguments).output().unwrap()
}

/// What the harness tells is shown where the test fails.
fn judge(output: &Output) {
    println!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", output.status);
}
