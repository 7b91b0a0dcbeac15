//! Every transition, told to whoever listens.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::{Activity, Observer};
use crate::store::{FeedCursor, FeedRow, StoreError};

/// Rows read at a time.
const PAGE: u16 = 1000;
/// Rows that a slow listener may lag behind before it has to resume.
const BACKLOG: usize = 4096;

/// The feed of all transitions.
#[derive(Clone)]
pub struct Feed {
    rows: broadcast::Sender<Arc<FeedRow>>,
    told: Arc<AtomicU64>,
    /// Up to where the history was read.
    read: Arc<Mutex<Option<FeedCursor>>>,
    /// Ends the streams that would otherwise never end.
    pub stop: CancellationToken,
}

impl Feed {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self {
            rows: broadcast::channel(BACKLOG).0,
            told: Arc::default(),
            read: Arc::default(),
            stop,
        }
    }

    /// Every transition from now on, one sweep late at most.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<FeedRow>> {
        self.rows.subscribe()
    }

    /// How much was told so far: whoever finds it changed has missed something.
    pub fn told(&self) -> u64 {
        self.told.load(Ordering::Acquire)
    }

    /// Takes in what is new in the history.
    pub(super) async fn read(&self, observer: &Observer) -> Result<(), StoreError> {
        let mut after = if let Some(after) = self.cursor(None) {
            after
        } else {
            let end = observer.store.feed_end().await?;
            self.cursor(Some(end)).unwrap_or(end)
        };
        loop {
            let rows = observer.store.feed(after, PAGE).await?;
            let more = rows.len() == usize::from(PAGE);
            for row in rows {
                after = row.cursor;
                observer.counted().see(&row);
                self.tell(row);
            }
            self.cursor(Some(after));
            if !more {
                return Ok(());
            }
        }
    }

    /// Up to where the history was read, after it moved `to` there.
    fn cursor(&self, to: Option<FeedCursor>) -> Option<FeedCursor> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        *read = to.or(*read);
        *read
    }

    fn tell(&self, row: FeedRow) {
        self.told.fetch_add(1, Ordering::Release);
        // Nobody listening is no error.
        let _ = self.rows.send(Arc::new(row));
    }
}

impl Activity {
    fn see(&mut self, row: &FeedRow) {
        if row.entry.from == Some(row.entry.to) {
            return;
        }
        self.completions.see(&row.entry);
        self.durations.see(row.order, &row.entry);
        self.steps.see(&row.entry);
    }
}
