//! What happens to all orders, looked at once a sweep.

mod completions;
mod durations;
mod feed;
mod steps;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::Status;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::writer::Chain;
use crate::clock::Ambient;
use crate::store::{SharedStore, StoreError};
use completions::Completions;
use durations::Durations;
pub use feed::Feed;
pub use steps::{Happened, STEP, Steps};

/// Idempotency keys forgotten at a time.
const FORGET: u16 = 500;

/// Keeps the counters of all orders.
#[derive(Clone)]
pub struct Observer {
    store: SharedStore,
    ambient: Ambient,
    activity: Arc<Mutex<Activity>>,
    /// Every transition, as it happens.
    pub feed: Feed,
}

/// What was seen of all orders.
#[derive(Debug, Default)]
pub struct Activity {
    /// Orders by state, as of the last sweep.
    pub counts: BTreeMap<Status, i64>,
    /// Orders that were completed.
    pub completions: Completions,
    /// How long orders were in each state.
    pub durations: Durations,
    /// What happened in each step of the last hour.
    pub steps: Steps,
}

impl Observer {
    pub(super) fn new(store: &SharedStore, ambient: &Ambient, stop: &CancellationToken) -> Self {
        Self {
            store: store.clone(),
            ambient: ambient.clone(),
            activity: Arc::default(),
            feed: Feed::new(stop.clone()),
        }
    }

    /// Looks at what was counted so far.
    pub fn activity<T>(&self, look: impl FnOnce(&Activity) -> T) -> T {
        look(&self.counted())
    }

    /// Keeps the counters and forgets old idempotency keys, until `stop`.
    pub(super) async fn sweep(self, every: Duration, keep: Duration, stop: CancellationToken) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut healthy = true;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            match self.pass(keep).await {
                Ok(()) => healthy = true,
                Err(error) if std::mem::replace(&mut healthy, false) => {
                    tracing::error!(error = %Chain(&error), "cannot read the history");
                }
                Err(_) => {}
            }
        }
    }

    async fn pass(&self, keep: Duration) -> Result<(), StoreError> {
        self.feed.read(self).await?;
        let counts = self.store.count().await?;
        let now = self.ambient.clock.now();
        self.counted().turn(now, counts);
        let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::hours(24));
        self.store.forget_keys(now - keep, FORGET).await?;
        Ok(())
    }

    fn counted(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Activity {
    fn turn(&mut self, now: DateTime<Utc>, counts: BTreeMap<Status, i64>) {
        self.counts = counts;
        self.completions.turn(now);
        self.steps.turn(now);
    }
}
