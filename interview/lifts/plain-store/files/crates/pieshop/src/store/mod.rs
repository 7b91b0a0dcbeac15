//! Where orders and their history are kept.
//!
//! Every write is one transaction: an order and its history entry are committed together or not at
//! all. Nothing here decides; deciding is `order-core`'s.

mod list;
mod sqlite;

use chrono::{DateTime, Utc};
use order_core::{OrderId, Status};
use thiserror::Error;

pub use self::sqlite::{SharedStore, open};

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
    /// This very order.
    pub id: Option<OrderId>,
    /// The beginning of the e-mail address, in any case.
    pub email_prefix: Option<String>,
}

/// Why the store could not do it; nothing was committed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database cannot be reached or used.
    #[error("the database cannot be used")]
    Unavailable(#[from] sqlx::Error),
}
