//! A process's store on the database in memory; its faults are scripted.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Entry, Order, OrderId, Status};
use pieshop::store::{
    Attention, Change, Claim, Claimed, FeedCursor, FeedRow, History, NewOrder, OrderFilter, Placed,
    Store, StoreError, Stored,
};
use tokio::time::sleep;
use uuid::Uuid;

use super::tables::{Database, Tables};

/// Every call takes this long, as over a network.
pub(super) const LATENCY: Duration = Duration::from_millis(1);

/// What is asked of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Call {
    Place,
    Change,
    Claim,
    Feed,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Refuse,
    Conflict,
    Full,
    Unavailable,
    LoseBeforeCommit,
    /// Committed, but nobody hears of it.
    LoseAnswer,
    /// The answer never comes.
    Hang,
    /// Nothing for a long time, then the connection is given up.
    TimeOut(Duration),
    /// The process is killed, and nothing was committed.
    DieBeforeCommit,
    /// The process is killed, with the commit made.
    DieAfterCommit,
}

pub(super) struct Memory {
    pub(super) db: Arc<Database>,
    script: Mutex<Script>,
}

#[derive(Default)]
pub(super) struct Script {
    next: HashMap<Call, VecDeque<Option<Fault>>>,
    pub(super) always: HashMap<Call, Fault>,
    /// Every batch with one of these is refused.
    pub(super) refused: HashSet<OrderId>,
    pub(super) dead: bool,
    /// How long writes take.
    pub(super) commit: Option<Duration>,
    batches: HashMap<Call, Vec<Vec<OrderId>>>,
    claimed: HashMap<Status, Vec<(TimeDelta, usize)>>,
}

impl Memory {
    pub(super) fn on(db: &Arc<Database>) -> Arc<Self> {
        Arc::new(Self { db: db.clone(), script: Mutex::default() })
    }

    /// The next calls fail so; `None` does not.
    pub(super) fn next(&self, call: Call, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.script().next.entry(call).or_default().extend(faults);
    }

    pub(super) fn always(&self, call: Call, fault: Fault) {
        self.script().always.insert(call, fault);
    }

    /// The batches that the store was given to write.
    pub(super) fn batches(&self, call: Call) -> Vec<Vec<OrderId>> {
        self.script().batches.get(&call).cloned().unwrap_or_default()
    }

    /// When how many orders in `status` were claimed; claims that found none are left out.
    pub(super) fn claimed(&self, status: Status) -> Vec<(TimeDelta, usize)> {
        self.script().claimed.get(&status).cloned().unwrap_or_default()
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    async fn read<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> Result<T, StoreError> {
        self.call(Call::Other, Vec::new(), work).await
    }

    async fn call<T>(
        &self,
        call: Call,
        rows: Vec<OrderId>,
        work: impl FnOnce(&mut Tables) -> T,
    ) -> Result<T, StoreError> {
        let (fault, time) = self.script().begin(call, rows);
        sleep(time).await;
        let cut = || io::Error::other("the cable is cut").into();
        match fault {
            Some(Fault::Refuse) => return Err(StoreError::Refused("value too long".into())),
            Some(Fault::Conflict) => return Err(StoreError::Conflict("deadlock detected".into())),
            Some(Fault::Full) => return Err(StoreError::Full("no space left".into())),
            Some(Fault::Unavailable) => {
                let advice = "the database cannot be reached".into();
                return Err(StoreError::Unavailable { advice, cause: cut() });
            }
            Some(Fault::LoseBeforeCommit) => return Err(StoreError::Lost(cut())),
            Some(Fault::TimeOut(time)) => {
                sleep(time).await;
                return Err(StoreError::Lost(cut()));
            }
            Some(Fault::Hang | Fault::DieBeforeCommit) => return pending().await,
            None | Some(Fault::LoseAnswer | Fault::DieAfterCommit) => {}
        }
        let done = self.db.with(work);
        if matches!(call, Call::Place | Call::Change) {
            self.db.written();
        }
        match fault {
            None => Ok(done),
            Some(Fault::LoseAnswer) => Err(StoreError::Lost(cut())),
            Some(_) => pending().await,
        }
    }
}

impl Script {
    fn begin(&mut self, call: Call, rows: Vec<OrderId>) -> (Option<Fault>, Duration) {
        if self.dead {
            return (Some(Fault::Hang), LATENCY);
        }
        let next = self.next.get_mut(&call).and_then(VecDeque::pop_front);
        let mut fault = next.unwrap_or_else(|| self.always.get(&call).copied());
        if rows.iter().any(|id| self.refused.contains(id)) {
            fault = fault.or(Some(Fault::Refuse));
        }
        self.dead = matches!(fault, Some(Fault::DieBeforeCommit | Fault::DieAfterCommit));
        let mut time = LATENCY;
        if matches!(call, Call::Place | Call::Change) {
            self.batches.entry(call).or_default().push(rows);
            time = self.commit.unwrap_or(LATENCY);
        }
        (fault, time)
    }
}

#[async_trait]
impl History for Memory {
    async fn feed(&self, after: FeedCursor, limit: u16) -> Result<Vec<FeedRow>, StoreError> {
        let work = |tables: &mut Tables| {
            let rows = tables.feed.iter().filter(|row| row.cursor > after);
            rows.take(limit.into()).cloned().collect()
        };
        self.call(Call::Feed, Vec::new(), work).await
    }

    async fn feed_end(&self) -> Result<FeedCursor, StoreError> {
        self.read(|tables| tables.feed.last().map(|row| row.cursor).unwrap_or_default()).await
    }
}

#[async_trait]
impl Store for Memory {
    async fn migrate(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn place(&self, batch: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        let rows = batch.iter().map(|new| new.order.id).collect();
        let work = |tables: &mut Tables| batch.iter().map(|new| tables.place(new)).collect();
        self.call(Call::Place, rows, work).await
    }

    async fn change(&self, batch: &[Change]) -> Result<Vec<bool>, StoreError> {
        let rows: Vec<_> = batch.iter().map(|change| change.order.id).collect();
        let distinct: HashSet<_> = rows.iter().collect();
        assert_eq!(distinct.len(), rows.len(), "no order may stand twice in a batch");
        let work = |tables: &mut Tables| batch.iter().map(|change| tables.change(change)).collect();
        self.call(Call::Change, rows, work).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        let work = |tables: &mut Tables| {
            let now = self.db.now();
            Claimed { now, orders: tables.claim(claim, now) }
        };
        let claimed = self.call(Call::Claim, Vec::new(), work).await?;
        if !claimed.orders.is_empty() {
            let entry = (self.db.age(), claimed.orders.len());
            self.script().claimed.entry(claim.status).or_default().push(entry);
        }
        Ok(claimed)
    }

    async fn release(&self, orders: &[OrderId], token: Uuid) -> Result<(), StoreError> {
        let work = |tables: &mut Tables| {
            let rows = tables.rows.iter_mut().filter(|(id, _)| orders.contains(id));
            rows.for_each(|(_, row)| row.lease = row.lease.filter(|(held, _)| *held != token));
        };
        self.read(work).await
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.read(|_| self.db.now()).await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Stored>, StoreError> {
        let stored = |tables: &mut Tables| {
            let row = tables.rows.get(&id)?;
            Some(Stored { order: row.order.clone(), lease: row.lease.map(|(token, _)| token) })
        };
        self.read(stored).await
    }

    async fn order_with_history(
        &self,
        id: OrderId,
    ) -> Result<Option<(Order, Vec<Entry>)>, StoreError> {
        let row = self.read(|tables| tables.rows.get(&id).cloned()).await?;
        Ok(row.map(|row| (row.order, row.history)))
    }

    async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Vec<Order>, StoreError> {
        let pie = filter.pie_type.as_ref();
        let failed = filter.attention == Some(Attention::Error);
        let shown = |order: &&Order| {
            before.is_none_or(|before| order.id < before)
                && pie.is_none_or(|pie| order.recipe.pie_type == *pie)
                && (!failed || order.status() == Status::Error)
        };
        let work = |tables: &mut Tables| {
            let newest_first = tables.rows.values().rev().map(|row| &row.order);
            newest_first.filter(shown).take(limit.into()).cloned().collect()
        };
        self.read(work).await
    }

    async fn count(&self) -> Result<BTreeMap<Status, i64>, StoreError> {
        let work = |tables: &mut Tables| {
            let mut counts = BTreeMap::new();
            for row in tables.rows.values() {
                *counts.entry(row.order.status()).or_default() += 1;
            }
            counts
        };
        self.read(work).await
    }

    async fn forget_keys(&self, _before: DateTime<Utc>, _limit: u16) -> Result<u64, StoreError> {
        self.read(|_| 0).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|_| ()).await
    }

    async fn close(&self) {}
}
