//! What was seen to happen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;

use crate::client::Reply;

/// What everybody tells, in one place.
pub(crate) struct Tally {
    begin: Instant,
    seen: Mutex<Seen>,
}

/// What was seen so far.
pub(crate) struct Seen {
    /// The file that tells what happened when.
    events: File,
    /// How often each fault struck.
    pub(crate) faults: BTreeMap<&'static str, u64>,
    /// How often each kind of request was answered how.
    pub(crate) answers: BTreeMap<String, u64>,
    /// What must not be.
    pub(crate) violations: Vec<String>,
    pub(crate) promises: Promises,
    last_placed: Instant,
    /// The longest time in which no order was answered with 201.
    pub(crate) longest_outage: Duration,
    /// The longest time that one order took to be answered.
    pub(crate) longest_wait: Duration,
}

/// What was answered, and must stand.
#[derive(Default)]
pub(crate) struct Promises {
    /// The numbers of all orders that were sent at least once.
    pub(crate) sent: BTreeSet<u64>,
    /// The id that was answered with 201, by the number of the order.
    pub(crate) placed: BTreeMap<u64, String>,
    /// Orders whose cancellation was acknowledged.
    pub(crate) cancelled: BTreeSet<String>,
    /// The number of each order's latest acknowledged edit, and the telephone number in it.
    pub(crate) edited: BTreeMap<String, (i64, String)>,
}

impl Tally {
    /// Begins; what happens when is told in the file `events`.
    pub(crate) fn begin(events: &Path) -> Result<Self> {
        let begin = Instant::now();
        let seen = Seen {
            events: File::create(events)?,
            faults: BTreeMap::new(),
            answers: BTreeMap::new(),
            violations: Vec::new(),
            promises: Promises::default(),
            last_placed: begin,
            longest_outage: Duration::ZERO,
            longest_wait: Duration::ZERO,
        };
        Ok(Self { begin, seen: Mutex::new(seen) })
    }

    /// Time since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Everything seen so far.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something happened that one wants to read about afterwards.
    pub(crate) fn event(&self, what: &str) {
        let at = self.elapsed().as_secs_f64();
        // The run does not depend on its diary.
        let _ = writeln!(self.seen().events, "{at:9.3}  {what}");
    }

    /// A fault struck.
    pub(crate) fn fault(&self, kind: &'static str, whom: &str) {
        *self.seen().faults.entry(kind).or_default() += 1;
        self.event(&format!("{kind} {whom}"));
    }

    /// A request was answered, or not at all.
    pub(crate) fn answer(&self, request: &str, reply: Option<&Reply>) {
        let answer = reply.map_or("- (no answer)".to_owned(), |reply| {
            let code = reply.body["error"].as_str().unwrap_or_default();
            format!("{} {code}", reply.status)
        });
        *self.seen().answers.entry(format!("{request} {answer}")).or_default() += 1;
    }

    /// Something happened that must not.
    pub(crate) fn violation(&self, what: String) {
        self.event(&what);
        self.seen().violations.push(what);
    }

    /// The order `number` was answered 201 after `wait`.
    pub(crate) fn placed(&self, number: u64, id: &str, wait: Duration) {
        let mut seen = self.seen();
        seen.longest_outage = seen.longest_outage.max(seen.last_placed.elapsed());
        seen.last_placed = Instant::now();
        seen.longest_wait = seen.longest_wait.max(wait);
        let first = seen.promises.placed.entry(number).or_insert_with(|| id.to_owned()).clone();
        drop(seen);
        if first != id {
            self.violation(format!("order {number} was answered as {first} and as {id}"));
        }
    }
}
