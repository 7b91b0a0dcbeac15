//! The API's description: it is what the code says, and what the service does.

use std::fs;

use pieshop::http::openapi;

use crate::support::{CONTRACT, contract_file};

/// Set to write the contract instead of comparing it.
const WRITE: &str = "PIESHOP_WRITE_CONTRACTS";

#[test]
fn the_contract_is_what_the_code_says() {
    let generated = openapi().to_yaml().unwrap();
    if std::env::var_os(WRITE).is_some() {
        fs::write(contract_file(), &generated).unwrap();
    }
    let written = fs::read_to_string(contract_file()).unwrap_or_default();
    let differs = written.lines().zip(generated.lines()).find(|(written, now)| written != now);
    assert!(
        written == generated,
        "contracts/order-api.yaml is not what the code says, first at {differs:?}: look at the \
         change, then run the tests with {WRITE}=1 to write it"
    );
}

#[test]
fn every_example_matches_its_schema() {
    assert!(CONTRACT.check_examples().unwrap() > 100);
}
