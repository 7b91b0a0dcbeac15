//! The service's integration tests: one binary, a module a subject.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

mod config;
