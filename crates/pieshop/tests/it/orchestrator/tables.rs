//! One database in memory. Every commit is held against the invariants of the history.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::Vacant;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Entry, Order, OrderId, Status};
use pieshop::store::{Change, Claim, FeedCursor, FeedRow, NewOrder, Placed};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

/// Whatever a test waits for happens within this time of the paused clock.
const PATIENCE: Duration = Duration::from_hours(1);

/// What all processes share.
pub(super) struct Database {
    tables: Mutex<Tables>,
    commits: watch::Sender<()>,
    born: Instant,
}

#[derive(Default)]
pub(super) struct Tables {
    pub(super) rows: BTreeMap<OrderId, Row>,
    pub(super) feed: Vec<FeedRow>,
}

#[derive(Clone)]
pub(super) struct Row {
    pub(super) order: Order,
    pub(super) history: Vec<Entry>,
    pub(super) lease: Option<(Uuid, DateTime<Utc>)>,
}

impl Database {
    pub(super) fn new() -> Arc<Self> {
        let commits = watch::channel(()).0;
        Arc::new(Self { tables: Mutex::default(), commits, born: Instant::now() })
    }

    /// The paused clock's time.
    pub(super) fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_765_987_200, 0).unwrap() + self.age()
    }

    /// The time since the beginning of the test.
    pub(super) fn age(&self) -> TimeDelta {
        TimeDelta::from_std(self.born.elapsed()).unwrap()
    }

    pub(super) fn row(&self, id: OrderId) -> Row {
        self.tables.lock().unwrap().rows[&id].clone()
    }

    pub(super) fn order(&self, id: OrderId) -> Order {
        self.row(id).order
    }

    /// The states that the order has been in.
    pub(super) fn way(&self, id: OrderId) -> Vec<Status> {
        let history = self.row(id).history.into_iter();
        history.filter(|entry| entry.from != Some(entry.to)).map(|entry| entry.to).collect()
    }

    pub(super) fn feed(&self) -> Vec<FeedRow> {
        self.tables.lock().unwrap().feed.clone()
    }

    /// Waits until each of the orders is as wished.
    pub(super) async fn until(&self, ids: &[OrderId], wish: impl Fn(&Order) -> bool) {
        let all = |(): &()| ids.iter().all(|id| wish(&self.order(*id)));
        if timeout(PATIENCE, self.commits.subscribe().wait_for(all)).await.is_err() {
            let row = ids.iter().map(|id| self.row(*id)).find(|row| !wish(&row.order)).unwrap();
            panic!("{:?} {:#?}", row.order.state(), row.history);
        }
    }

    pub(super) async fn reaches(&self, id: OrderId, status: Status) {
        self.until(&[id], |order| order.status() == status).await;
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> T {
        work(&mut self.tables.lock().unwrap())
    }

    /// Tells whoever waits that orders were written.
    pub(super) fn written(&self) {
        self.commits.send_replace(());
    }
}

impl Tables {
    pub(super) fn place(&mut self, new: &NewOrder) -> Placed {
        assert_eq!(new.key, None, "idempotency keys are the databases' business");
        if let Vacant(place) = self.rows.entry(new.order.id) {
            place.insert(Row { order: new.order.clone(), history: Vec::new(), lease: None });
            self.record(new.order.id, &new.entry);
        }
        Placed::Created
    }

    pub(super) fn change(&mut self, change: &Change) -> bool {
        let Some(row) = self.rows.get_mut(&change.order.id) else { return false };
        if row.order == change.order {
            return true;
        }
        let held = change.lease.is_none() || change.lease == row.lease.map(|(token, _)| token);
        if !held || row.order.version + 1 != change.order.version {
            return false;
        }
        row.order = change.order.clone();
        row.lease = row.lease.filter(|_| change.lease.is_none());
        if let Some(entry) = &change.entry {
            self.record(change.order.id, entry);
        }
        true
    }

    pub(super) fn claim(&mut self, claim: Claim, now: DateTime<Utc>) -> Vec<Order> {
        let due = |row: &&mut Row| {
            row.order.status() == claim.status
                && row.order.wake_at.is_some_and(|at| at <= now)
                && row.lease.is_none_or(|(_, until)| until <= now)
        };
        let mut due: Vec<_> = self.rows.values_mut().filter(due).collect();
        due.sort_by_key(|row| row.order.wake_at);
        due.truncate(claim.limit.into());
        let lease = |row: &mut Row| {
            row.lease = Some((claim.token, now + claim.lease));
            row.order.clone()
        };
        due.into_iter().map(lease).collect()
    }

    fn record(&mut self, id: OrderId, entry: &Entry) {
        let row = self.rows.get_mut(&id).unwrap();
        let last = row.history.last();
        assert_eq!(entry.from, last.map(|last| last.to), "the history is a chain");
        assert_eq!(entry.seq, last.map_or(1, |last| last.seq + 1));
        assert!(last.is_none_or(|last| entry.at > last.at), "its times rise strictly");
        assert_eq!(entry.to, row.order.status(), "the row's state is its last entry");
        row.history.push(entry.clone());
        let number = i64::try_from(self.feed.len()).unwrap() + 1;
        let cursor = FeedCursor { transaction: 0, row: number };
        self.feed.push(FeedRow { cursor, order: id, entry: entry.clone() });
    }
}
