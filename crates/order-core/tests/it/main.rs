//! The behaviour of an order: by examples, by every pair of state and outcome, and by random events.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod attempts;
mod cancellation;
mod edits;
mod estimates;
mod failures;
mod open_jobs;
mod properties;
mod recovery;
mod refusals;
mod stored_form;
mod support;
mod waiting;
mod whole_way;
