//! Stand-ins for the three robot services that the pie shop orders from: the fruit picker, the baker
//! and the delivery drones.
//!
//! Each speaks its contract in `contracts/`, works with realistic delays (divided by the *pace*) and
//! fails now and then. Jobs are kept in memory. A job has no timer: where it stands follows from the
//! time.
//!
//! Reading order: `trade.rs` (what each robot does), `robot.rs` (its jobs), `http.rs` (the wire).

mod http;
mod robot;
mod trade;

pub use http::serve;
pub use robot::{Clock, Options, Robot};
pub use trade::{BAKER, DELIVERY, PICKER, Trade};
