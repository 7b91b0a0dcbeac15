//! The histories of all orders as one, for whoever wants to know what happens.

use async_trait::async_trait;
use order_core::{Entry, OrderId};
use uuid::Uuid;

use super::row::{self, Time};
use super::{StoreError, error};

/// A position in the history of all orders, such that no row ever appears before it later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedCursor {
    /// The writing transaction, or 0 where one writes after the other.
    pub transaction: i64,
    /// The row.
    pub row: i64,
}

/// One row of the history of all orders.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedRow {
    /// Its position.
    pub cursor: FeedCursor,
    /// Its order.
    pub order: OrderId,
    /// What happened.
    pub entry: Entry,
}

/// Where the histories of all orders are read as one.
#[async_trait]
pub trait History {
    /// The rows of all histories after `cursor`, at most `limit`, in an order to which nothing is
    /// ever added later.
    async fn feed(&self, after: FeedCursor, limit: u16) -> Result<Vec<FeedRow>, StoreError>;

    /// The position after everything that [`Store::feed`] shows at this moment.
    async fn feed_end(&self) -> Result<FeedCursor, StoreError>;
}

/// A row of all histories: the writing transaction, the row's own id, its order, and the entry.
pub(super) type NewsRow =
    (i64, i64, Uuid, i32, Option<String>, String, Time, Option<String>, Option<String>);

/// Reads rows of all histories.
pub(super) fn news(rows: sqlx::Result<Vec<NewsRow>>) -> Result<Vec<FeedRow>, StoreError> {
    let read = |(transaction, row, order, seq, from, to, at, note, error)| {
        let cursor = FeedCursor { transaction, row };
        let entry = row::entry((seq, from, to, at, note, error))?;
        Ok(FeedRow { cursor, order: OrderId(order), entry })
    };
    rows.and_then(|rows| rows.into_iter().map(read).collect()).map_err(error::read)
}
