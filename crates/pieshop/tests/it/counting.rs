//! A store that counts how often orders are looked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use order_core::{Entry, Order, OrderId, Status};
use pieshop::store::{
    Change, Claim, Claimed, FeedCursor, FeedRow, History, Looked, NewOrder, OrderFilter, Placed,
    SharedStore, Store, StoreError, Stored, Tally,
};
use uuid::Uuid;

/// How often orders were listed and counted.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    lists: AtomicUsize,
    tallies: AtomicUsize,
}

impl Reads {
    /// Lists and tallies so far.
    pub(crate) fn so_far(&self) -> (usize, usize) {
        (self.lists.load(Ordering::Relaxed), self.tallies.load(Ordering::Relaxed))
    }
}

/// The store behind the counters.
pub(crate) struct Counting {
    pub(crate) store: SharedStore,
    pub(crate) reads: Arc<Reads>,
}

#[async_trait]
impl History for Counting {
    async fn feed(&self, after: FeedCursor, limit: u16) -> Result<Vec<FeedRow>, StoreError> {
        self.store.feed(after, limit).await
    }

    async fn feed_end(&self) -> Result<FeedCursor, StoreError> {
        self.store.feed_end().await
    }
}

#[async_trait]
impl Store for Counting {
    async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Vec<Order>, StoreError> {
        self.reads.lists.fetch_add(1, Ordering::Relaxed);
        self.store.list(filter, before, limit).await
    }

    async fn look(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Looked, StoreError> {
        self.reads.lists.fetch_add(1, Ordering::Relaxed);
        self.store.look(filter, before, limit).await
    }

    async fn tally(&self, filters: &[OrderFilter]) -> Result<Vec<Tally>, StoreError> {
        self.reads.tallies.fetch_add(1, Ordering::Relaxed);
        self.store.tally(filters).await
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        self.store.migrate().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }

    async fn place(&self, batch: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        self.store.place(batch).await
    }

    async fn change(&self, batch: &[Change]) -> Result<Vec<bool>, StoreError> {
        self.store.change(batch).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        self.store.claim(claim).await
    }

    async fn release(&self, orders: &[OrderId], token: Uuid) -> Result<(), StoreError> {
        self.store.release(orders, token).await
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.store.now().await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Stored>, StoreError> {
        self.store.order(id).await
    }

    async fn order_with_history(
        &self,
        id: OrderId,
    ) -> Result<Option<(Order, Vec<Entry>)>, StoreError> {
        self.store.order_with_history(id).await
    }

    async fn count(&self) -> Result<BTreeMap<Status, i64>, StoreError> {
        self.store.count().await
    }

    async fn forget_keys(&self, before: DateTime<Utc>, limit: u16) -> Result<u64, StoreError> {
        self.store.forget_keys(before, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
