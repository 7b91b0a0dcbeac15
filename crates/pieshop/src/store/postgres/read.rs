//! What is read from `PostgreSQL`, and the store's trait.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use order_core::{Entry, Order, OrderId, Status};
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::PostgresStore;
use super::statements::{
    COUNT, COUNTS, FEED, FEED_END, FORGET_KEYS, HISTORY, NOW, ORDERS, PING, RECIPES,
};
use crate::store::row::{Read, parse_recipe, read_count, read_entry, read_order};
use crate::store::{
    Change, Claim, Claimed, FeedCursor, FeedRow, NewOrder, OrderFilter, Placed, Store, StoreError,
    Stored, error, list,
};

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        self.run_migrations().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.check_schema().await
    }

    async fn place(&self, batch: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        self.write_orders(batch).await
    }

    async fn change(&self, batch: &[Change]) -> Result<Vec<bool>, StoreError> {
        self.write_changes(batch).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        self.write_leases(claim).await
    }

    async fn release(&self, orders: &[OrderId], token: Uuid) -> Result<(), StoreError> {
        self.drop_leases(orders, token).await
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        sqlx::query_scalar(NOW).fetch_one(&self.readers).await.map_err(error::read)
    }

    async fn order(&self, id: OrderId) -> Result<Option<Stored>, StoreError> {
        let Some((read, lease)) = self.find(&[id.0]).await?.pop() else { return Ok(None) };
        Ok(Some(Stored { order: read.map_err(error::unreadable)?, lease }))
    }

    async fn order_with_history(
        &self,
        id: OrderId,
    ) -> Result<Option<(Order, Vec<Entry>)>, StoreError> {
        let Some(Stored { order, .. }) = self.order(id).await? else { return Ok(None) };
        // What was committed after the order was read has a higher number.
        let rows = sqlx::query(HISTORY).bind(id.0).bind(order.seq).fetch_all(&self.readers).await;
        let history: sqlx::Result<_> = rows.map_err(error::read)?.iter().map(read_entry).collect();
        Ok(Some((order, history.map_err(error::read)?)))
    }

    async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Vec<Order>, StoreError> {
        let mut query = list::query(list::POSTGRES, filter, before, limit);
        let rows = query.build().fetch_all(&self.readers).await.map_err(error::read)?;
        let shown = |read: Read| read.unwrap_or_else(|unreadable| unreadable.order);
        Ok(self.read_all(&rows).await?.into_iter().map(shown).collect())
    }

    async fn feed(&self, after: FeedCursor, limit: u16) -> Result<Vec<FeedRow>, StoreError> {
        let FeedCursor { transaction, row } = after;
        let feed = sqlx::query(FEED).bind(transaction).bind(row).bind(i32::from(limit));
        let read = |row: &PgRow| {
            let cursor =
                FeedCursor { transaction: row.try_get("transaction")?, row: row.try_get("id")? };
            let order = OrderId(row.try_get("order_id")?);
            Ok(FeedRow { cursor, order, entry: read_entry(row)? })
        };
        let rows = feed.fetch_all(&self.readers).await.map_err(error::read)?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(error::read)
    }

    async fn feed_end(&self) -> Result<FeedCursor, StoreError> {
        let last = sqlx::query_scalar(FEED_END).fetch_one(&self.readers).await;
        Ok(FeedCursor { transaction: last.map_err(error::read)?, row: i64::MAX })
    }

    async fn count(&self) -> Result<BTreeMap<Status, i64>, StoreError> {
        let news = async || sqlx::query_scalar::<_, i64>(COUNT).fetch_one(&self.readers).await;
        while news().await.map_err(error::write)? > 0 {}
        let rows = sqlx::query(COUNTS).fetch_all(&self.readers).await.map_err(error::read)?;
        rows.iter().map(read_count).collect::<Result<_, _>>().map_err(error::read)
    }

    async fn forget_keys(&self, before: DateTime<Utc>, limit: u16) -> Result<u64, StoreError> {
        let forget = sqlx::query(FORGET_KEYS).bind(before).bind(i32::from(limit));
        Ok(forget.execute(&self.readers).await.map_err(error::write)?.rows_affected())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query(PING).execute(&self.readers).await.map(drop).map_err(error::read)
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writers.close().await;
    }
}

impl PostgresStore {
    /// Reads orders; recipes that are new to this process are looked up first.
    pub(super) async fn read_all(&self, rows: &[PgRow]) -> Result<Vec<Read>, StoreError> {
        let mut unknown = HashSet::new();
        for row in rows {
            let hash: Vec<u8> = row.try_get("recipe").map_err(error::read)?;
            if !self.recipes.knows(&hash) {
                unknown.insert(hash);
            }
        }
        if !unknown.is_empty() {
            let hashes: Vec<&[u8]> = unknown.iter().map(Vec::as_slice).collect();
            let found: Vec<(Vec<u8>, String)> = sqlx::query_as(RECIPES)
                .bind(hashes)
                .fetch_all(&self.readers)
                .await
                .map_err(error::read)?;
            for (hash, document) in found {
                self.recipes.learn(hash, parse_recipe(&document));
            }
        }
        let orders: sqlx::Result<_> =
            rows.iter().map(|row| read_order(row, &self.recipes)).collect();
        orders.map_err(error::read)
    }

    /// The ids of those orders that are stored exactly so.
    pub(super) async fn stored(&self, orders: &[&Order]) -> Result<HashSet<OrderId>, StoreError> {
        if orders.is_empty() {
            return Ok(HashSet::new());
        }
        let ids: Vec<Uuid> = orders.iter().map(|order| order.id.0).collect();
        let found = self.find(&ids).await?.into_iter().filter_map(|(read, _)| read.ok());
        Ok(found.filter(|stored| orders.contains(&stored)).map(|stored| stored.id).collect())
    }

    async fn find(&self, ids: &[Uuid]) -> Result<Vec<(Read, Option<Uuid>)>, StoreError> {
        let rows = sqlx::query(ORDERS).bind(ids).fetch_all(&self.readers).await;
        let rows = rows.map_err(error::read)?;
        let leases: sqlx::Result<Vec<_>> =
            rows.iter().map(|row| row.try_get("lease_token")).collect();
        Ok(self.read_all(&rows).await?.into_iter().zip(leases.map_err(error::read)?).collect())
    }
}
