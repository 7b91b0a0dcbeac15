//! The robots as their callers see them, by virtual time; every answer is held against its contract.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

mod addresses;
mod bench;
mod contract;
mod delivery;
mod faults;
mod idempotency;
mod jobs;
mod journal;
mod ovens;
mod process;
