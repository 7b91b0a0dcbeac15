//! The one clock and the one source of randomness of the process.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use order_core::{Moment, OrderId};
use rand::rngs::{StdRng, SysRng};
use rand::{Rng, RngExt, SeedableRng};
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
        let mut seed = <StdRng as SeedableRng>::Seed::default();
        rand::TryRng::try_fill_bytes(&mut SysRng, &mut seed)?;
        Ok(Self(Mutex::new(StdRng::from_seed(seed))))
    }

    /// A draw from 0.0..1.0.
    pub fn jitter(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random()
    }

    /// 16 random bytes.
    pub fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// An opaque token (UUID version 4, RFC 9562).
    pub fn token(&self) -> Uuid {
        Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// The id of an order created `now` (UUID version 7, RFC 9562): 74 of its bits are random.
    pub fn order_id(&self, now: DateTime<Utc>) -> OrderId {
        let random = self.bytes();
        let mut counter_and_random = [0; 10];
        counter_and_random.copy_from_slice(&random[..10]);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        OrderId(Builder::from_unix_timestamp_millis(millis, &counter_and_random).into_uuid())
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
