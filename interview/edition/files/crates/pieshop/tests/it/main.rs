//! The service and its robots as a customer meets them: one process, HTTP, real data on disk.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod administration;
mod ordering;
mod shop;
