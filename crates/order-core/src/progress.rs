//! How far an order has come.

use chrono::{DateTime, Utc};

use crate::order::Order;
use crate::state::Status;

impl Order {
    /// How much of the expected time has passed, in percent; 100 only at the doorstep.
    pub fn progress(&self, now: DateTime<Utc>) -> u8 {
        if self.status() == Status::Completed {
            return 100;
        }
        // An order that has stopped stays where it stopped.
        let at = if self.seconds_remaining(now).is_some() { now } else { self.updated_at };
        let whole = (self.estimated_delivery - self.created_at).num_milliseconds().max(1);
        let passed = (at - self.created_at).num_milliseconds();
        u8::try_from(passed.saturating_mul(100).div_euclid(whole).clamp(0, 99)).unwrap_or(99)
    }
}
