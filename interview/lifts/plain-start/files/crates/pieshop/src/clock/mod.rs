//! The one clock and the one source of randomness of the process.

use chrono::{DateTime, Utc};
use order_core::{Moment, OrderId};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::RngExt;
use uuid::{Builder, Uuid};

/// Tells the time.
#[derive(Clone, Copy, Default)]
pub struct Clock;

impl Clock {
    /// The present time, in whole microseconds: finer times would not survive the database.
    pub fn now(self) -> DateTime<Utc> {
        let now = system_time();
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }
}

/// The time of the machine.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
pub fn system_time() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// Draws what must be unguessable or scattered from the operating system.
#[derive(Clone, Copy, Default)]
pub struct Entropy;

impl Entropy {
    /// An opaque token (UUID version 4, RFC 9562).
    pub fn token(self) -> Uuid {
        Builder::from_random_bytes(UnwrapErr(SysRng).random()).into_uuid()
    }

    /// The id of an order created `now` (UUID version 7, RFC 9562): 74 of its bits are random.
    pub fn order_id(self, now: DateTime<Utc>) -> OrderId {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let random = UnwrapErr(SysRng).random();
        OrderId(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

/// Clock and randomness together: what a transition takes.
#[derive(Clone, Default)]
pub struct Ambient {
    /// The clock.
    pub clock: Clock,
    /// The randomness.
    pub entropy: Entropy,
}

impl Ambient {
    /// The present moment.
    pub fn moment(&self) -> Moment {
        Moment { now: self.clock.now(), jitter: UnwrapErr(SysRng).random() }
    }
}
