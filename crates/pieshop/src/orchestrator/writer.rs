//! How errors are shown, and the one write path.
//!
//! It is a natural group commit: whatever queues up while one commit is in flight goes into the
//! next, so a lone write waits for nobody and many share one commit. There is no timer.

use std::collections::HashSet;
use std::mem::discriminant;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use order_core::OrderId;
use thiserror::Error;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout_at};

use crate::clock::Entropy;
use crate::store::{Change, NewOrder, Placed, SharedStore, StoreError};

/// More rows than this go into the next commit.
const LARGEST_BATCH: usize = 512;
/// Before a lost or conflicting batch is repeated; drawn with jitter.
const PAUSE: Duration = Duration::from_millis(50);

/// Writes to the store. Clones write through the same queue.
#[derive(Clone)]
pub struct Writer {
    places: Queue<NewOrder>,
    changes: Queue<Change>,
    deadline: Duration,
}

/// Why a write was not acknowledged.
#[derive(Clone, Debug, Error)]
pub enum WriteError {
    /// It may have been stored or not.
    #[error("whether this was stored is not known")]
    OutcomeUnknown,
    /// It was not stored.
    #[error("this was not stored")]
    NotStored(#[source] Arc<StoreError>),
}

impl Writer {
    /// Starts the write path; it ends when the last clone is dropped and the queue is empty. A
    /// write that is not settled after `deadline` is answered with
    /// [`WriteError::OutcomeUnknown`].
    pub fn start(store: &SharedStore, entropy: &Arc<Entropy>, deadline: Duration) -> Self {
        Self {
            places: start(store, entropy, deadline, 1),
            changes: start(store, entropy, deadline, store.writers()),
            deadline,
        }
    }

    /// Creates an order.
    pub async fn place(&self, order: NewOrder) -> Result<Placed, WriteError> {
        write(&self.places, order, self.deadline).await
    }

    /// Records a transition; `false` where the stored version or lease is another.
    pub async fn change(&self, change: Change) -> Result<bool, WriteError> {
        write(&self.changes, change, self.deadline).await
    }
}

type Queue<W> = mpsc::Sender<Queued<W>>;

type Reply<W> = oneshot::Sender<Result<<W as Write>::Done, WriteError>>;

struct Queued<W: Write> {
    write: W,
    reply: Reply<W>,
}

/// What can be committed in groups.
#[async_trait]
trait Write: Sized + Send + Sync + 'static {
    type Done: Send;

    fn order(&self) -> OrderId;
    async fn commit(store: &SharedStore, batch: &[Self]) -> Result<Vec<Self::Done>, StoreError>;
}

#[async_trait]
impl Write for NewOrder {
    type Done = Placed;

    fn order(&self) -> OrderId {
        self.order.id
    }

    async fn commit(store: &SharedStore, batch: &[Self]) -> Result<Vec<Placed>, StoreError> {
        store.place(batch).await
    }
}

#[async_trait]
impl Write for Change {
    type Done = bool;

    fn order(&self) -> OrderId {
        self.order.id
    }

    async fn commit(store: &SharedStore, batch: &[Self]) -> Result<Vec<bool>, StoreError> {
        store.change(batch).await
    }
}

async fn write<W: Write>(
    queue: &Queue<W>,
    write: W,
    deadline: Duration,
) -> Result<W::Done, WriteError> {
    let end = Instant::now() + deadline;
    let (reply, answer) = oneshot::channel();
    let sent = timeout_at(end, queue.send(Queued { write, reply })).await;
    if !matches!(sent, Ok(Ok(()))) {
        return Err(WriteError::OutcomeUnknown);
    }
    match timeout_at(end, answer).await {
        Ok(Ok(answer)) => answer,
        _ => Err(WriteError::OutcomeUnknown),
    }
}

fn start<W: Write>(
    store: &SharedStore,
    entropy: &Arc<Entropy>,
    deadline: Duration,
    committers: usize,
) -> Queue<W> {
    let (queue, incoming) = mpsc::channel(4 * LARGEST_BATCH);
    let incoming = Arc::new(Mutex::new(incoming));
    for _ in 0..committers {
        let committer = Committer { store: store.clone(), entropy: entropy.clone(), deadline };
        tokio::spawn(commit_all(committer, incoming.clone()));
    }
    queue
}

async fn commit_all<W: Write>(
    committer: Committer,
    incoming: Arc<Mutex<mpsc::Receiver<Queued<W>>>>,
) {
    let mut waiting: Vec<Queued<W>> = Vec::with_capacity(LARGEST_BATCH);
    loop {
        let mut queue = incoming.lock().await;
        let room = LARGEST_BATCH - waiting.len();
        if waiting.is_empty() && queue.recv_many(&mut waiting, room).await == 0 {
            return;
        }
        while waiting.len() < LARGEST_BATCH
            && let Ok(write) = queue.try_recv()
        {
            waiting.push(write);
        }
        drop(queue);
        let (writes, replies) =
            take_batch(&mut waiting).into_iter().map(|it| (it.write, it.reply)).unzip();
        committer.settle(writes, replies).await;
    }
}

/// Takes what goes into one commit, in id order: an order at most once, and nobody who has given up.
fn take_batch<W: Write>(waiting: &mut Vec<Queued<W>>) -> Vec<Queued<W>> {
    let mut seen = HashSet::with_capacity(waiting.len());
    let (mut batch, later): (Vec<_>, Vec<_>) = waiting
        .drain(..)
        .filter(|queued| !queued.reply.is_closed())
        .partition(|queued| seen.insert(queued.write.order()));
    *waiting = later;
    batch.sort_by_key(|queued| queued.write.order());
    batch
}

struct Committer {
    store: SharedStore,
    entropy: Arc<Entropy>,
    deadline: Duration,
}

impl Committer {
    /// Commits a batch and answers everyone in it. A row that the database refuses fails alone: the
    /// batch is halved until it stands by itself.
    async fn settle<W: Write>(&self, writes: Vec<W>, replies: Vec<Reply<W>>) {
        let mut parts = vec![(writes, replies)];
        while let Some((mut writes, mut replies)) = parts.pop() {
            if writes.is_empty() {
                continue;
            }
            match self.commit(&writes).await {
                Ok(done) => {
                    for (reply, done) in replies.into_iter().zip(done) {
                        // Whoever has given up waiting needs no answer.
                        let _ = reply.send(Ok(done));
                    }
                }
                Err(WriteError::NotStored(cause))
                    if writes.len() > 1 && matches!(*cause, StoreError::Refused(_)) =>
                {
                    let half = writes.len() / 2;
                    parts.push((writes.split_off(half), replies.split_off(half)));
                    parts.push((writes, replies));
                }
                Err(error) => {
                    for reply in replies {
                        let _ = reply.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Repeats the identical batch until it is known what became of it.
    async fn commit<W: Write>(&self, batch: &[W]) -> Result<Vec<W::Done>, WriteError> {
        let end = Instant::now() + self.deadline;
        let (mut uncertain, mut told) = (false, None);
        loop {
            let error = match W::commit(&self.store, batch).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            uncertain |= matches!(error, StoreError::Lost(_));
            // What is refused now was refused before too, so it was never committed.
            let repeat = match error {
                StoreError::Refused(_) => false,
                StoreError::Conflict(_) => true,
                _ => uncertain,
            };
            if !repeat {
                return Err(WriteError::NotStored(Arc::new(error)));
            }
            let kind = discriminant(&error);
            if told.replace(kind) != Some(kind) {
                tracing::warn!(error = %Chain(&error), rows = batch.len(), "repeating a commit");
            }
            if Instant::now() >= end {
                let unknown = WriteError::OutcomeUnknown;
                return Err(if uncertain {
                    unknown
                } else {
                    WriteError::NotStored(Arc::new(error))
                });
            }
            sleep(PAUSE.mul_f64(0.1 + self.entropy.jitter())).await;
        }
    }
}

/// Shows an error with everything that caused it.
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
