//! Where orders and their history are kept.
//!
//! Every write is one atomic statement batch: an order and its history entry are committed together
//! or not at all. Nothing here decides; deciding is `order-core`'s.

mod error;
mod feed;
mod list;
mod migrations;
mod placing;
mod postgres;
mod reading;
mod row;
mod sql;
mod sqlite;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Entry, Order, OrderId, Status};
use thiserror::Error;
use uuid::Uuid;

pub use self::feed::{FeedCursor, FeedRow, History};
pub use self::postgres::PostgresStore;
pub use self::sqlite::{Clock, SqliteStore};
use crate::clock::system_time;

/// An order to be created.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// The order, at version 1.
    pub order: Order,
    /// The first entry of its history.
    pub entry: Entry,
    /// The customer's idempotency key, when one was sent.
    pub key: Option<IdempotencyKey>,
}

/// What is remembered of a creation's `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// SHA-256 of the key.
    pub key: [u8; 32],
    /// SHA-256 of what the request asks for.
    pub body: [u8; 32],
}

/// What became of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// The order is durable.
    Created,
    /// The same request was answered before.
    Replayed(FirstAnswer),
    /// The key was used before, for another request.
    KeyConflict,
}

/// The answer that the first request with an idempotency key got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstAnswer {
    /// The order.
    pub id: OrderId,
    /// The delivery time promised then.
    pub promised_delivery: DateTime<Utc>,
    /// When the order was created.
    pub created_at: DateTime<Utc>,
}

/// A transition of an existing order, guarded by the version before it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The order as it is to be; its version is one more than the stored one must be.
    pub order: Order,
    /// The history entry that goes with it.
    pub entry: Option<Entry>,
    /// With a token, the lease must still be held under it and is given back; without one, a lease
    /// that somebody holds stays untouched.
    pub lease: Option<Uuid>,
}

/// What a lane asks for.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Orders in this state.
    pub status: Status,
    /// At most this many.
    pub limit: u16,
    /// How long the lease lasts.
    pub lease: TimeDelta,
    /// The token of the leases.
    pub token: Uuid,
}

/// What a lane got.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The database's time.
    pub now: DateTime<Utc>,
    /// The orders, longest due first; each is leased until `now` + lease.
    pub orders: Vec<Order>,
}

/// An order as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The order.
    pub order: Order,
    /// The token of the lease that somebody holds on it, expired or not.
    pub lease: Option<Uuid>,
}

/// Which orders a list shows. Everything given must match.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// The state.
    pub status: Option<Status>,
    /// The pie.
    pub pie_type: Option<String>,
    /// Created at or after.
    pub from: Option<DateTime<Utc>>,
    /// Created before.
    pub to: Option<DateTime<Utc>>,
    /// One of these very orders; empty: any.
    pub ids: Vec<OrderId>,
    /// With an id after this one: newer.
    pub after: Option<OrderId>,
    /// The beginning of the e-mail address, in any case.
    pub email_prefix: Option<String>,
    /// What needs an administrator's eyes.
    pub attention: Option<Attention>,
}

/// Orders that match a filter.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The newest of those that were looked at, the newest first.
    pub orders: Vec<Order>,
    /// Whether there are no others than these, or more than fit; else there may be some among the
    /// orders that nobody looked at.
    pub all: bool,
}

/// How many orders match a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that were seen to match.
    pub matched: u64,
    /// Whether every order was looked at; else there may be more.
    pub all: bool,
}

/// What needs an administrator's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// Under way or in ERROR past the promised time.
    Late {
        /// The present time.
        now: DateTime<Utc>,
    },
    /// Under way, with a failed try or a second attempt.
    Retrying,
    /// In ERROR.
    Error,
}

/// Orders that are looked at to find or count those that match.
pub const LOOKED_AT: u16 = 2_000;

/// Where orders are kept.
#[async_trait]
pub trait Store: History + Send + Sync + 'static {
    /// Brings the schema up to date; several processes may do so at once.
    async fn migrate(&self) -> Result<(), StoreError>;

    /// Refuses a schema that this release cannot work with, and says what to do.
    async fn check(&self) -> Result<(), StoreError>;

    /// Commits new orders, each with its history entry. On an error nothing is committed, unless
    /// the error is [`StoreError::Lost`]: then the identical batch may be repeated, and orders that
    /// were committed the first time are reported as created.
    async fn place(&self, batch: &[NewOrder]) -> Result<Vec<Placed>, StoreError>;

    /// Commits transitions; no order may stand twice in the batch. `false` where the stored version
    /// or lease is another. Errors as with [`Store::place`]; a repeated batch reports what the
    /// first one committed as done, unless the order was changed again since.
    async fn change(&self, batch: &[Change]) -> Result<Vec<bool>, StoreError>;

    /// How many batches of changes are worth committing at once.
    fn writers(&self) -> usize {
        1
    }

    /// Leases orders that are due, not leased, and readable by this release. A row that should be
    /// readable but is not goes to ERROR `UNREADABLE`.
    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError>;

    /// Gives back leases that were taken under `token`, without a change.
    async fn release(&self, orders: &[OrderId], token: Uuid) -> Result<(), StoreError>;

    /// The database's time.
    async fn now(&self) -> Result<DateTime<Utc>, StoreError>;

    /// One order.
    async fn order(&self, id: OrderId) -> Result<Option<Stored>, StoreError>;

    /// One order with its whole history, as of one moment.
    async fn order_with_history(
        &self,
        id: OrderId,
    ) -> Result<Option<(Order, Vec<Entry>)>, StoreError>;

    /// At most `limit` orders that match, newest first, older than `before`.
    async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Vec<Order>, StoreError>;

    /// The same, but it looks at [`LOOKED_AT`] orders at most, so that it takes no longer the more
    /// orders there are.
    async fn look(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Looked, StoreError> {
        Ok(Looked { orders: self.list(filter, before, limit).await?, all: true })
    }

    /// How many orders match each of the filters, among [`LOOKED_AT`] for each at most.
    async fn tally(&self, filters: &[OrderFilter]) -> Result<Vec<Tally>, StoreError> {
        let mut tallies = Vec::with_capacity(filters.len());
        for filter in filters {
            let matched = self.list(filter, None, LOOKED_AT).await?.len();
            let all = matched < usize::from(LOOKED_AT);
            tallies.push(Tally { matched: matched as u64, all });
        }
        Ok(tallies)
    }

    /// Brings the counters up to date with the history and returns the number of orders by state.
    async fn count(&self) -> Result<BTreeMap<Status, i64>, StoreError>;

    /// Forgets at most `limit` idempotency keys of orders whose ids were made before `before`;
    /// returns how many. Asked again and again it looks only at what has become old since.
    async fn forget_keys(&self, before: DateTime<Utc>, limit: u16) -> Result<u64, StoreError>;

    /// Whether the database answers and takes writes.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Waits for what is under way and closes every connection.
    async fn close(&self);
}

/// The cause of a store error.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the store could not do it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Two writers got in each other's way; nothing was committed, repeating helps.
    #[error("the database asks to repeat the transaction")]
    Conflict(#[source] Cause),
    /// The connection broke; whether a write was committed is not known.
    #[error("the connection to the database was lost")]
    Lost(#[source] Cause),
    /// The database refuses the data; nothing was committed, repeating does not help.
    #[error("the database refuses the data")]
    Refused(#[source] Cause),
    /// The database has no room left; nothing was committed.
    #[error("the database's disk is full: free some space, the service goes on by itself")]
    Full(#[source] Cause),
    /// The database cannot be reached or used; nothing was committed.
    #[error("{advice}")]
    Unavailable {
        /// What is wrong and what to do.
        advice: String,
        /// The cause.
        #[source]
        cause: Cause,
    },
}

/// A store, shared.
pub type SharedStore = Arc<dyn Store>;

/// Opens the database of `url`. `sqlite://PATH` is a file, which is created and brought up to date.
/// The schema behind `postgres://…` is left as it is; at most `connections` are open at once, and
/// `connect_timeout` is the longest wait for one.
pub async fn open(
    url: &str,
    connections: u32,
    connect_timeout: Duration,
) -> Result<SharedStore, StoreError> {
    Ok(match url.split_once("://") {
        Some(("sqlite", path))
            if path.is_empty() || path.starts_with(':') || path.contains('?') =>
        {
            return Err(error::unavailable(NO_FILE, "the rest of the URL is not that of a file"));
        }
        Some(("sqlite", path)) => {
            Arc::new(SqliteStore::open(Path::new(path), Arc::new(system_time)).await?)
        }
        Some(("postgres" | "postgresql", _)) => {
            Arc::new(PostgresStore::open(url, connections, connect_timeout).await?)
        }
        Some((scheme, _)) => {
            return Err(error::unavailable(UNKNOWN_SCHEME, format!("its scheme is {scheme}")));
        }
        None => return Err(error::unavailable(UNKNOWN_SCHEME, "it has no scheme")),
    })
}

const NO_FILE: &str = "the database URL must be sqlite://PATH, without parameters";

const UNKNOWN_SCHEME: &str =
    "the database URL must begin with sqlite://, postgres:// or postgresql://";
