//! Stand-ins for the three robot services that the pie shop orders from: the fruit picker, the baker
//! and the delivery drones.
//!
//! Each speaks its contract in `contracts/`, works with realistic delays (divided by the *pace*),
//! fails now and then, and journals its jobs so that a killed robot forgets nothing. A job has no
//! timer: where it stands follows from the recorded facts and the time.
//!
//! Reading order: [`Options`] and [`Robot`], `robot/job.rs` (what a job is), `robot/state.rs` (the
//! facts added up), `robot/journal.rs` (how facts become durable), `trade/` (what each robot does),
//! `http/` (the wire).

pub mod faults;
mod http;
mod robot;
mod trade;

pub use self::{http::serve, robot::Clock, robot::Options, robot::Robot, trade::Kind};
