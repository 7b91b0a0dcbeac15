//! What happens to all orders, told to whoever listens: one query a sweep, however many listen.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{OrderId, Status};
use tokio::sync::broadcast;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::writer::Chain;
use crate::clock::Ambient;
use crate::store::{FeedCursor, FeedRow, SharedStore, StoreError};

/// Rows read at a time.
const PAGE: u16 = 1000;
/// Rows that a slow listener may lag behind before it has to resume.
const BACKLOG: usize = 4096;
/// Durations kept of each stage.
const SAMPLES: usize = 1000;
/// The step in which placed orders and errors are counted, and how many steps are kept: an hour.
pub const STEP: TimeDelta = TimeDelta::minutes(5);
const STEPS: i64 = 12;
/// Idempotency keys forgotten at a time.
const FORGET: u16 = 500;

/// The feed of all transitions and what is counted from it.
#[derive(Clone)]
pub struct Live {
    store: SharedStore,
    ambient: Ambient,
    rows: broadcast::Sender<Arc<FeedRow>>,
    activity: Arc<Mutex<Activity>>,
}

/// What this process saw happen since it started.
#[derive(Debug, Default)]
pub struct Activity {
    /// Orders by state, as of the last sweep.
    pub counts: BTreeMap<Status, i64>,
    /// Times of the completions within the last hour.
    completed: VecDeque<DateTime<Utc>>,
    /// When each order under way entered its state.
    entered: HashMap<OrderId, DateTime<Utc>>,
    /// Durations in each state, the latest ones.
    durations: BTreeMap<Status, VecDeque<TimeDelta>>,
    /// Rows of the history that were seen.
    pub seen: u64,
    /// What happened in each step of the last hour, by the step's number since 1970.
    steps: BTreeMap<i64, Happened>,
}

/// What happened within one step of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// Orders that were placed.
    pub placed: u32,
    /// Times that an order went to ERROR.
    pub errors: u32,
}

impl Live {
    pub(super) fn new(store: &SharedStore, ambient: &Ambient) -> Self {
        Self {
            store: store.clone(),
            ambient: ambient.clone(),
            rows: broadcast::channel(BACKLOG).0,
            activity: Arc::default(),
        }
    }

    /// Every transition from now on, one sweep late at most.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<FeedRow>> {
        self.rows.subscribe()
    }

    /// Looks at what was counted so far.
    pub fn activity<T>(&self, look: impl FnOnce(&Activity) -> T) -> T {
        look(&self.activity.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the history, keeps the counters and forgets old idempotency keys, until `stop`.
    pub(super) async fn sweep(self, every: Duration, keep: Duration, stop: CancellationToken) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut cursor, mut healthy) = (None, true);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            match self.pass(&mut cursor, keep).await {
                Ok(()) => healthy = true,
                Err(error) if std::mem::replace(&mut healthy, false) => {
                    tracing::error!(error = %Chain(&error), "cannot read the history");
                }
                Err(_) => {}
            }
        }
    }

    async fn pass(
        &self,
        cursor: &mut Option<FeedCursor>,
        keep: Duration,
    ) -> Result<(), StoreError> {
        let mut after = match *cursor {
            Some(after) => after,
            None => *cursor.insert(self.store.feed_end().await?),
        };
        loop {
            let rows = self.store.feed(after, PAGE).await?;
            let more = rows.len() == usize::from(PAGE);
            for row in rows {
                after = row.cursor;
                self.activity.lock().unwrap_or_else(PoisonError::into_inner).see(&row);
                // Nobody listening is no error.
                let _ = self.rows.send(Arc::new(row));
            }
            *cursor = Some(after);
            if !more {
                break;
            }
        }
        let counts = self.store.count().await?;
        let now = self.ambient.clock.now();
        self.activity.lock().unwrap_or_else(PoisonError::into_inner).turn(now, counts);
        let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::hours(24));
        self.store.forget_keys(now - keep, FORGET).await?;
        Ok(())
    }
}

impl Activity {
    fn see(&mut self, row: &FeedRow) {
        let entry = &row.entry;
        self.seen += 1;
        if entry.from == Some(entry.to) {
            return;
        }
        let step = self.steps.entry(number_of(entry.at)).or_default();
        match entry.to {
            Status::Ordered => step.placed += 1,
            Status::Error => step.errors += 1,
            Status::Completed => self.completed.push_back(entry.at),
            _ => {}
        }
        let ends = matches!(entry.to, Status::Completed | Status::Cancelled);
        let since = if ends {
            self.entered.remove(&row.order)
        } else {
            self.entered.insert(row.order, entry.at)
        };
        if let (Some(since), Some(from)) = (since, entry.from) {
            let samples = self.durations.entry(from).or_default();
            samples.push_back(entry.at - since);
            if samples.len() > SAMPLES {
                samples.pop_front();
            }
        }
    }

    fn turn(&mut self, now: DateTime<Utc>, counts: BTreeMap<Status, i64>) {
        self.counts = counts;
        while self.completed.front().is_some_and(|at| *at < now - TimeDelta::hours(1)) {
            self.completed.pop_front();
        }
        self.steps = self.steps.split_off(&(number_of(now) - STEPS + 1));
    }

    /// What happened in each step of the last hour, the oldest first: when it began, and what. The
    /// last one is not over yet.
    pub fn steps(&self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Happened)> {
        let last = number_of(now);
        let step = |number: i64| {
            let began = DateTime::from_timestamp(number * STEP.num_seconds(), 0)?;
            Some((began, self.steps.get(&number).copied().unwrap_or_default()))
        };
        (last - STEPS + 1..=last).filter_map(step).collect()
    }

    /// Orders completed within the last `span`, at most an hour.
    pub fn completed_within(&self, now: DateTime<Utc>, span: TimeDelta) -> usize {
        self.completed.iter().rev().take_while(|at| **at > now - span).count()
    }

    /// The `quantile` (0.0..=1.0) of the latest durations in `status`; `None` without any.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index among at most a thousand samples"
    )]
    pub fn duration(&self, status: Status, quantile: f64) -> Option<TimeDelta> {
        let mut samples: Vec<_> = self.durations.get(&status)?.iter().copied().collect();
        samples.sort_unstable();
        let last = samples.len().checked_sub(1)?;
        samples.get((last as f64 * quantile.clamp(0.0, 1.0)).round() as usize).copied()
    }
}

/// The number of the step that a time falls into.
fn number_of(time: DateTime<Utc>) -> i64 {
    time.timestamp().div_euclid(STEP.num_seconds())
}
