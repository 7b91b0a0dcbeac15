//! The histories of all orders as one.

use async_trait::async_trait;

use super::PostgresStore;
use crate::store::feed::{FeedCursor, FeedRow, History, news};
use crate::store::sql::{entry_columns, statements};
use crate::store::{StoreError, error};

statements! {
    /// Up to the oldest transaction that may still add rows. The column's full name is sorted by:
    /// the short one would mean the number that it is shown as, for which there is no index.
    FEED = concat!("select transaction::text::int8, id, order_id, ",
        entry_columns!(), " from state_history
        where (transaction, id) > ($1::int8::text::xid8, $2::int8)
            and transaction < pg_snapshot_xmin(pg_current_snapshot())
        order by state_history.transaction, id limit $3::int4");

    FEED_END = "select pg_snapshot_xmin(pg_current_snapshot())::text::int8 - 1";
}

#[async_trait]
impl History for PostgresStore {
    async fn feed(&self, after: FeedCursor, limit: u16) -> Result<Vec<FeedRow>, StoreError> {
        let feed = sqlx::query_as(FEED).bind(after.transaction).bind(after.row);
        news(feed.bind(i32::from(limit)).fetch_all(&self.readers).await)
    }

    async fn feed_end(&self) -> Result<FeedCursor, StoreError> {
        let last = sqlx::query_scalar(FEED_END).fetch_one(&self.readers).await;
        Ok(FeedCursor { transaction: last.map_err(error::read)?, row: i64::MAX })
    }
}
