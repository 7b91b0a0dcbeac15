//! The database that all workers share: what a real one does at commit.
//!
//! A batch is checked and applied at one instant. Transactions overlap: rows of the history become
//! visible as they are committed, but carry the number that their transaction drew at its start.

mod store;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Entry, Order, OrderId, Status};
use pieshop::store::{
    Change, Claim, FeedCursor, FeedRow, FirstAnswer, IdempotencyKey, NewOrder, Placed, StoreError,
};
use uuid::Uuid;

pub(crate) use store::Connection;

/// A row of the table of orders.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) order: Order,
    pub(crate) lease: Option<Lease>,
    key: Option<IdempotencyKey>,
}

#[derive(Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) token: Uuid,
    until: DateTime<Utc>,
    /// A lease that was taken after the last flush does not outlive a crash.
    flushed: bool,
}

/// The tables.
#[derive(Default)]
pub(crate) struct Database {
    pub(crate) rows: BTreeMap<OrderId, Row>,
    pub(crate) histories: BTreeMap<OrderId, Vec<Entry>>,
    pub(crate) feed: BTreeMap<FeedCursor, FeedRow>,
    due: BTreeSet<(Status, DateTime<Utc>, OrderId)>,
    keys: BTreeMap<[u8; 32], OrderId>,
    counts: BTreeMap<Status, i64>,
    counted: FeedCursor,
    transactions: i64,
    open: BTreeSet<i64>,
    /// Nobody is answered.
    pub(crate) down: bool,
    /// How often it crashed: what was not committed before a crash never is.
    pub(crate) crashes: u32,
}

impl Database {
    /// Begins a transaction that writes.
    pub(crate) fn begin(&mut self) -> i64 {
        self.transactions += 1;
        self.open.insert(self.transactions);
        self.transactions
    }

    pub(crate) fn end(&mut self, transaction: i64) {
        self.open.remove(&transaction);
    }

    /// Goes down without warning, and forgets what was not flushed.
    pub(crate) fn crash(&mut self) {
        (self.down, self.crashes) = (true, self.crashes + 1);
        self.open.clear();
        for row in self.rows.values_mut() {
            row.lease = row.lease.filter(|lease| lease.flushed);
        }
    }

    /// Creates orders; those that were not there yet are in the second list.
    pub(crate) fn place(
        &mut self,
        transaction: i64,
        batch: &[NewOrder],
    ) -> Result<(Vec<Placed>, Vec<OrderId>), StoreError> {
        let bad = |new: &NewOrder| new.order.customer.name.contains('\0');
        if batch.iter().any(bad) {
            return Err(StoreError::Refused("a text with a null byte".into()));
        }
        let mut leaders: Vec<&NewOrder> = Vec::new();
        for new in batch {
            let follows = |key: IdempotencyKey| {
                leaders.iter().any(|leader| leader.key.is_some_and(|it| it.key == key.key))
            };
            if !new.key.is_some_and(follows) {
                leaders.push(new);
            }
        }
        leaders.sort_by_key(|new| (new.key.map(|key| key.key), new.order.id));
        let mut inserted = Vec::new();
        for new in leaders {
            let taken = new.key.is_some_and(|key| self.keys.contains_key(&key.key));
            if taken || self.rows.contains_key(&new.order.id) {
                continue;
            }
            let row = Row { order: new.order.clone(), lease: None, key: new.key };
            self.rows.insert(new.order.id, row);
            if let Some(key) = new.key {
                self.keys.insert(key.key, new.order.id);
            }
            self.wake(&new.order);
            self.record(transaction, new.order.id, &new.entry);
            inserted.push(new.order.id);
        }
        self.flush();
        let placed = batch.iter().map(|new| self.placed(new)).collect();
        Ok((placed, inserted))
    }

    fn placed(&self, new: &NewOrder) -> Placed {
        if self.rows.contains_key(&new.order.id) {
            return Placed::Created;
        }
        let known = new.key.and_then(|key| {
            let row = self.rows.get(self.keys.get(&key.key)?)?;
            Some((row.key? == key).then(|| first_answer(&row.order)))
        });
        match known {
            Some(Some(answer)) => Placed::Replayed(answer),
            _ => Placed::KeyConflict,
        }
    }

    /// Commits transitions; the second list has what each did: `false` where it was refused, or had
    /// been done before.
    pub(crate) fn change(
        &mut self,
        transaction: i64,
        batch: &[Change],
    ) -> Result<(Vec<bool>, Vec<bool>), StoreError> {
        if batch.iter().any(|change| change.order.customer.name.contains('\0')) {
            return Err(StoreError::Refused("a text with a null byte".into()));
        }
        let applied: Vec<bool> =
            batch.iter().map(|change| self.change_one(transaction, change)).collect();
        self.flush();
        // An earlier try of this very batch may have written them.
        let there = |change: &Change| {
            self.rows.get(&change.order.id).is_some_and(|row| row.order == change.order)
        };
        let done = batch.iter().zip(&applied).map(|(change, done)| *done || there(change));
        Ok((done.collect(), applied))
    }

    fn change_one(&mut self, transaction: i64, change: &Change) -> bool {
        let Some(row) = self.rows.get_mut(&change.order.id) else { return false };
        let held = change.lease.is_none() || change.lease == row.lease.map(|lease| lease.token);
        if !held || row.order.version + 1 != change.order.version {
            return false;
        }
        let before = row.order.wake_at.map(|at| (row.order.status(), at, row.order.id));
        row.order = change.order.clone();
        row.lease = row.lease.filter(|_| change.lease.is_none());
        if let Some(due) = before {
            self.due.remove(&due);
        }
        self.wake(&change.order);
        if let Some(entry) = &change.entry {
            self.record(transaction, change.order.id, entry);
        }
        true
    }

    /// Whether a claim at `now` would find anything.
    pub(crate) fn has_due(&self, status: Status, now: DateTime<Utc>) -> bool {
        self.due_in(status, now).next().is_some()
    }

    /// Leases what is due; rows of which `locked` says so are skipped.
    pub(crate) fn claim(
        &mut self,
        claim: Claim,
        now: DateTime<Utc>,
        locked: impl Fn() -> bool,
    ) -> Vec<Order> {
        let free = |id: &OrderId| {
            let lease = self.rows.get(id).and_then(|row| row.lease);
            lease.is_none_or(|lease| lease.until <= now) && !locked()
        };
        let ids: Vec<OrderId> =
            self.due_in(claim.status, now).filter(free).take(claim.limit.into()).collect();
        let lease = Lease { token: claim.token, until: now + claim.lease, flushed: false };
        let rows = ids.iter().filter_map(|id| {
            let row = self.rows.get_mut(id)?;
            row.lease = Some(lease);
            Some(row.order.clone())
        });
        rows.collect()
    }

    pub(crate) fn release(&mut self, orders: &[OrderId], token: Uuid) {
        for id in orders {
            if let Some(row) = self.rows.get_mut(id) {
                row.lease = row.lease.filter(|lease| lease.token != token);
            }
        }
    }

    /// What every reader of the history sees: the rows of transactions older than all open ones.
    pub(crate) fn feed(&self, after: FeedCursor, limit: usize) -> Vec<FeedRow> {
        let end = FeedCursor { transaction: self.horizon(), row: 0 };
        let rows = self.feed.range(after..end).filter(|(cursor, _)| **cursor > after);
        rows.take(limit).map(|(_, row)| row.clone()).collect()
    }

    pub(crate) fn feed_end(&self) -> FeedCursor {
        FeedCursor { transaction: self.horizon() - 1, row: i64::MAX }
    }

    pub(crate) fn count(&mut self) -> BTreeMap<Status, i64> {
        for row in self.feed(self.counted, usize::MAX) {
            self.counted = row.cursor;
            *self.counts.entry(row.entry.to).or_default() += 1;
            if let Some(from) = row.entry.from {
                *self.counts.entry(from).or_default() -= 1;
            }
        }
        self.counts.clone()
    }

    pub(crate) fn forget_keys(&mut self, before: DateTime<Utc>, limit: usize) -> u64 {
        let millis = u128::try_from(before.timestamp_millis()).unwrap_or_default();
        let old = self.rows.iter_mut().take_while(|(id, _)| id.0.as_u128() >> 80 < millis);
        let keys = old.filter_map(|(_, row)| row.key.take()).take(limit);
        let keys: Vec<IdempotencyKey> = keys.collect();
        for key in &keys {
            self.keys.remove(&key.key);
        }
        keys.len() as u64
    }

    fn due_in(&self, status: Status, now: DateTime<Utc>) -> impl Iterator<Item = OrderId> {
        let from = (status, DateTime::<Utc>::MIN_UTC, OrderId(Uuid::nil()));
        let to = (status, now + TimeDelta::microseconds(1), OrderId(Uuid::nil()));
        self.due.range(from..to).map(|(_, _, id)| *id)
    }

    fn horizon(&self) -> i64 {
        self.open.first().copied().unwrap_or(self.transactions + 1)
    }

    fn wake(&mut self, order: &Order) {
        if let Some(at) = order.wake_at {
            self.due.insert((order.status(), at, order.id));
        }
    }

    fn record(&mut self, transaction: i64, order: OrderId, entry: &Entry) {
        let row = i64::try_from(self.feed.len()).unwrap_or(i64::MAX) + 1;
        let cursor = FeedCursor { transaction, row };
        self.feed.insert(cursor, FeedRow { cursor, order, entry: entry.clone() });
        self.histories.entry(order).or_default().push(entry.clone());
    }

    fn flush(&mut self) {
        for lease in self.rows.values_mut().filter_map(|row| row.lease.as_mut()) {
            lease.flushed = true;
        }
    }
}

fn first_answer(order: &Order) -> FirstAnswer {
    let Order { id, promised_delivery, created_at, .. } = *order;
    FirstAnswer { id, promised_delivery, created_at }
}
