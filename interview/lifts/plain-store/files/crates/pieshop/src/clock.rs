//! The one clock and the one source of randomness of the process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use order_core::{Moment, OrderId};
use rand::rngs::{StdRng, SysRng};
use rand::{RngExt, SeedableRng};
use uuid::{Builder, Uuid};

/// Tells the time.
pub struct Clock;

impl Clock {
    /// The present time, in whole microseconds: finer times would not survive the database.
    pub fn now(&self) -> DateTime<Utc> {
        let now = system_time();
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }
}

/// The time of the machine.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
pub fn system_time() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// Draws what must be unguessable or scattered.
pub struct Entropy(Mutex<StdRng>);

impl Entropy {
    /// Seeded by the operating system.
    pub fn from_system() -> anyhow::Result<Self> {
        Ok(Self(Mutex::new(SeedableRng::try_from_rng(&mut SysRng)?)))
    }

    /// A draw from 0.0..1.0.
    pub fn jitter(&self) -> f64 {
        self.generator().random()
    }

    /// An opaque token (UUID version 4, RFC 9562).
    pub fn token(&self) -> Uuid {
        Builder::from_random_bytes(self.generator().random()).into_uuid()
    }

    /// The id of an order created `now` (UUID version 7, RFC 9562): 74 of its bits are random.
    pub fn order_id(&self, now: DateTime<Utc>) -> OrderId {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let random = self.generator().random();
        OrderId(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    fn generator(&self) -> MutexGuard<'_, StdRng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Clock and randomness together: what a transition takes.
#[derive(Clone)]
pub struct Ambient {
    /// The clock.
    pub clock: Arc<Clock>,
    /// The randomness.
    pub entropy: Arc<Entropy>,
}

impl Ambient {
    /// The present moment.
    pub fn moment(&self) -> Moment {
        Moment { now: self.clock.now(), jitter: self.entropy.jitter() }
    }
}
