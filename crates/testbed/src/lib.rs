//! What tests, the benchmark and the chaos harness stand on: programs and their ports, databases
//! and the way to them, a small HTTP client. Not part of the service.

#[cfg(feature = "async")]
pub mod http;
pub mod ports;
pub mod postgres;
#[cfg(feature = "async")]
pub mod process;
#[cfg(feature = "async")]
pub mod proxy;

#[cfg(feature = "async")]
mod database;

#[cfg(feature = "async")]
pub use database::Database;
#[cfg(feature = "async")]
pub use process::Process;
