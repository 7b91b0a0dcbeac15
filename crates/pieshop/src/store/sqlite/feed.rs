//! The histories of all orders as one.

use async_trait::async_trait;

use super::SqliteStore;
use crate::store::feed::{FeedCursor, FeedRow, History, news};
use crate::store::sql::{entry_columns, statements};
use crate::store::{StoreError, error};

statements! {
    FEED = concat!("select 0, id, order_id, ", entry_columns!(), " from state_history
        where id > $1 order by id limit $2");

    FEED_END = "select coalesce(max(id), 0) from state_history";
}

#[async_trait]
impl History for SqliteStore {
    async fn feed(&self, after: FeedCursor, limit: u16) -> Result<Vec<FeedRow>, StoreError> {
        let feed = sqlx::query_as(FEED).bind(after.row).bind(limit);
        news(feed.fetch_all(&self.readers).await)
    }

    async fn feed_end(&self) -> Result<FeedCursor, StoreError> {
        let row = sqlx::query_scalar(FEED_END).fetch_one(&self.readers).await;
        Ok(FeedCursor { transaction: 0, row: row.map_err(error::read)? })
    }
}
