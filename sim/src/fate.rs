//! Chance: every draw of a run comes from its seed, and every fault that strikes is counted.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// What can go wrong, or happen at the worst moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the table below says in words what each is")]
pub enum Fault {
    Death,
    Pause,
    Restart,
    Outage,
    NoDatabase,
    NoRobots,
    Conflict,
    Full,
    Unavailable,
    LostBefore,
    LostAfter,
    LostLate,
    SlowStore,
    LockedRow,
    Down,
    Storm,
    RequestLost,
    RequestLate,
    RequestTwice,
    AnswerLost,
    AnswerSlow,
    ServerError,
    Nonsense,
    Forgot,
    Rejection,
    Stalled,
    JobFailed,
    LongQueue,
    FalseEta,
    FalseStart,
    Disconnect,
    TwoAtOnce,
    OtherBody,
    BadRow,
    Cancel,
    Edit,
    Recovery,
    BulkRecovery,
}

/// Each fault with its name and how often it strikes: of a hundred occasions, in a usual climate.
const FAULTS: [(Fault, &str, f64); 38] = [
    (Fault::Death, "a worker dies", 0.3),
    (Fault::Pause, "a worker stands still", 0.3),
    (Fault::Restart, "a worker is restarted in order", 10.0),
    (Fault::Outage, "the database goes down", 10.0),
    (Fault::NoDatabase, "a worker is cut off from the database", 10.0),
    (Fault::NoRobots, "a worker is cut off from the robots", 10.0),
    (Fault::Conflict, "transactions conflict", 2.0),
    (Fault::Full, "the database is full", 0.5),
    (Fault::Unavailable, "the database is not reached", 1.0),
    (Fault::LostBefore, "connection lost, not committed", 2.0),
    (Fault::LostAfter, "connection lost, committed", 2.0),
    (Fault::LostLate, "connection lost, committed later", 1.0),
    (Fault::SlowStore, "a slow statement", 3.0),
    (Fault::LockedRow, "a claim skips a locked row", 2.0),
    (Fault::Down, "a robot is down", 20.0),
    (Fault::Storm, "a storm", 10.0),
    (Fault::RequestLost, "a request is lost", 3.0),
    (Fault::RequestLate, "a request arrives late", 3.0),
    (Fault::RequestTwice, "a request arrives twice", 3.0),
    (Fault::AnswerLost, "an answer is lost", 4.0),
    (Fault::AnswerSlow, "a slow answer", 5.0),
    (Fault::ServerError, "a robot answers 5xx", 3.0),
    (Fault::Nonsense, "a robot answers nonsense", 2.0),
    (Fault::Forgot, "a robot forgets", 1.0),
    (Fault::Rejection, "a robot refuses a request", 1.5),
    (Fault::Stalled, "a job stalls", 2.0),
    (Fault::JobFailed, "a job fails", 5.0),
    (Fault::LongQueue, "a job waits long", 3.0),
    (Fault::FalseEta, "a robot lies about the end", 5.0),
    (Fault::FalseStart, "a robot lies about the start", 3.0),
    (Fault::Disconnect, "a customer's connection breaks", 5.0),
    (Fault::TwoAtOnce, "a request is sent twice at once", 5.0),
    (Fault::OtherBody, "a key is used for another order", 2.0),
    (Fault::BadRow, "a row that no database takes", 1.0),
    (Fault::Cancel, "a cancellation", 0.3),
    (Fault::Edit, "an edit", 0.4),
    (Fault::Recovery, "a recovery", 0.5),
    (Fault::BulkRecovery, "a recovery of many", 25.0),
];

impl Fault {
    /// Every fault with its name.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        FAULTS.iter().map(|(fault, name, _)| (*fault, *name))
    }
}

/// How often each fault struck, in the order of [`Fault::all`].
pub type Strikes = [u64; FAULTS.len()];

/// Chance, until the faults stop.
pub(crate) struct Fate {
    draws: Mutex<Draws>,
    calm: AtomicBool,
}

struct Draws {
    rng: StdRng,
    rates: [f64; FAULTS.len()],
    strikes: Strikes,
}

impl Fate {
    /// The climate of a run differs: some faults never strike, others often.
    pub(crate) fn of(seed: u64, faults: bool) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let rates = FAULTS.map(|(_, _, percent)| {
            let climate = [0.0, 0.0, 0.4, 1.0, 1.0, 2.0, 5.0][rng.random_range(0..7)];
            if faults { percent / 100.0 * climate } else { 0.0 }
        });
        let draws = Mutex::new(Draws { rng, rates, strikes: [0; FAULTS.len()] });
        Self { draws, calm: AtomicBool::new(!faults) }
    }

    /// From now on nothing goes wrong.
    pub(crate) fn calm(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// Whether the fault strikes on this occasion.
    pub(crate) fn strikes(&self, fault: Fault) -> bool {
        if self.is_calm() {
            return false;
        }
        self.draw(|draws| {
            let rate = draws.rates[fault as usize];
            let hit = rate > 0.0 && draws.rng.random::<f64>() < rate;
            draws.strikes[fault as usize] += u64::from(hit);
            hit
        })
    }

    /// Whether the fault strikes this key, always the same; the robots' refusals are like this.
    pub(crate) fn would_strike(&self, fault: Fault, key: u128) -> bool {
        let rate = self.draw(|draws| draws.rates[fault as usize]);
        (key % 10_000) < per_myriad(rate)
    }

    /// The same, and counts it.
    pub(crate) fn strikes_key(&self, fault: Fault, key: u128) -> bool {
        let hit = self.would_strike(fault, key);
        self.draw(|draws| draws.strikes[fault as usize] += u64::from(hit));
        hit
    }

    /// From 0.0 to 1.0.
    pub(crate) fn fraction(&self) -> f64 {
        self.draw(|draws| draws.rng.random())
    }

    pub(crate) fn chance(&self, probability: f64) -> bool {
        self.fraction() < probability
    }

    pub(crate) fn below(&self, end: usize) -> usize {
        self.draw(|draws| draws.rng.random_range(0..end.max(1)))
    }

    pub(crate) fn one_of<T: Copy>(&self, choices: &[T]) -> Option<T> {
        choices.get(self.below(choices.len())).copied()
    }

    pub(crate) fn millis(&self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.draw(|draws| draws.rng.random_range(range)))
    }

    pub(crate) fn secs(&self, range: Range<u64>) -> Duration {
        self.millis(range.start * 1000..range.end * 1000)
    }

    pub(crate) fn number(&self) -> u64 {
        self.draw(|draws| draws.rng.next_u64())
    }

    pub(crate) fn bytes(&self) -> [u8; 32] {
        self.draw(|draws| {
            let mut bytes = [0; 32];
            draws.rng.fill_bytes(&mut bytes);
            bytes
        })
    }

    pub(crate) fn so_far(&self) -> Strikes {
        self.draw(|draws| draws.strikes)
    }

    fn draw<T>(&self, with: impl FnOnce(&mut Draws) -> T) -> T {
        with(&mut self.draws.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000")]
fn per_myriad(rate: f64) -> u128 {
    (rate.clamp(0.0, 1.0) * 10_000.0) as u128
}
