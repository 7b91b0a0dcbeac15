//! What the service says about itself.

mod logs;

pub use logs::{TelemetryError, init};
