//! What is read from the `SQLite` file, and the store's trait.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use order_core::{Entry, Order, OrderId, Status};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, Executor, Row, SqlSafeStr};
use uuid::Uuid;

use super::SqliteStore;
use super::statements::{ALL, COUNTS, FEED, FEED_END, FORGET_KEYS, HISTORY, ORDER, PING, RECIPE};
use crate::store::list;
use crate::store::row::{Read, Time, parse_recipe, read_count, read_entry, read_order};
use crate::store::{
    Change, Claim, Claimed, FeedCursor, FeedRow, NewOrder, OrderFilter, Placed, Store, StoreError,
    Stored, error, migrations,
};

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        migrations::sqlite().run(&self.writer).await.map_err(error::migrate)?;
        self.check().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        // An old connection would believe its own picture of the schema.
        let options = self.readers.connect_options();
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(error::read)?;
        let schema = sqlx::query_as(migrations::SCHEMA).fetch_one(&mut connection).await;
        let (release, oldest) = schema.map_err(error::read)?;
        migrations::check(release, oldest)?;
        for statement in ALL {
            connection.prepare(statement.into_sql_str()).await.map_err(error::read)?;
        }
        connection.close().await.map_err(error::read)
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
        Ok(self.time())
    }

    async fn order(&self, id: OrderId) -> Result<Option<Stored>, StoreError> {
        let Some((read, lease)) = self.find(id).await? else { return Ok(None) };
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
        let mut query = list::query(list::SQLITE, filter, before, limit);
        let rows = query.build().fetch_all(&self.readers).await.map_err(error::read)?;
        let shown = |read: Read| read.unwrap_or_else(|unreadable| unreadable.order);
        Ok(self.read_all(&rows).await?.into_iter().map(shown).collect())
    }

    async fn feed(&self, after: FeedCursor, limit: u16) -> Result<Vec<FeedRow>, StoreError> {
        let rows = sqlx::query(FEED).bind(after.row).bind(limit).fetch_all(&self.readers).await;
        let read = |row: &SqliteRow| {
            let cursor = FeedCursor { transaction: 0, row: row.try_get("id")? };
            let order = OrderId(row.try_get("order_id")?);
            Ok(FeedRow { cursor, order, entry: read_entry(row)? })
        };
        rows.map_err(error::read)?.iter().map(read).collect::<Result<_, _>>().map_err(error::read)
    }

    async fn feed_end(&self) -> Result<FeedCursor, StoreError> {
        let row = sqlx::query_scalar(FEED_END).fetch_one(&self.readers).await;
        Ok(FeedCursor { transaction: 0, row: row.map_err(error::read)? })
    }

    async fn count(&self) -> Result<BTreeMap<Status, i64>, StoreError> {
        self.write_counts().await?;
        let rows = sqlx::query(COUNTS).fetch_all(&self.readers).await.map_err(error::read)?;
        rows.iter().map(read_count).collect::<Result<_, _>>().map_err(error::read)
    }

    async fn forget_keys(&self, before: DateTime<Utc>, limit: u16) -> Result<u64, StoreError> {
        let forget = sqlx::query(FORGET_KEYS).bind(Time(before)).bind(limit);
        Ok(forget.execute(&self.writer).await.map_err(error::write)?.rows_affected())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query(PING).execute(&self.writer).await.map(drop).map_err(error::read)
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(error = %error, "the database file stays locked until the process ends");
        }
    }
}

impl SqliteStore {
    /// Reads orders; recipes that are new to this process are looked up first.
    pub(super) async fn read_all(&self, rows: &[SqliteRow]) -> Result<Vec<Read>, StoreError> {
        for row in rows {
            let hash: Vec<u8> = row.try_get("recipe").map_err(error::read)?;
            if !self.recipes.knows(&hash) {
                let document = sqlx::query_scalar(RECIPE).bind(hash.as_slice());
                let document: Option<String> =
                    document.fetch_optional(&self.readers).await.map_err(error::read)?;
                self.recipes.learn(hash, document.as_deref().and_then(parse_recipe));
            }
        }
        let orders: sqlx::Result<_> =
            rows.iter().map(|row| read_order(row, &self.recipes)).collect();
        orders.map_err(error::read)
    }

    /// Whether exactly this order is what is stored.
    pub(super) async fn is_stored(&self, order: &Order) -> Result<bool, StoreError> {
        let found = self.find(order.id).await?;
        Ok(found.is_some_and(|(stored, _)| stored.is_ok_and(|stored| stored == *order)))
    }

    async fn find(&self, id: OrderId) -> Result<Option<(Read, Option<Uuid>)>, StoreError> {
        let row = sqlx::query(ORDER).bind(id.0).fetch_optional(&self.readers).await;
        let Some(row) = row.map_err(error::read)? else { return Ok(None) };
        let lease = row.try_get("lease_token").map_err(error::read)?;
        Ok(self.read_all(&[row]).await?.pop().map(|read| (read, lease)))
    }
}
