//! The orders as the database has them.

use std::collections::HashMap;
use std::fmt;

use anyhow::{Context as _, Result};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::Order;
use crate::house::Store;

/// An order.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) state: String,
    /// Whether it has a `wake_at`.
    pub(crate) due: bool,
    /// The hash of the client's key.
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) seq: i64,
    pub(crate) edits: i64,
    pub(crate) phone: String,
    /// The state with its data, as JSON.
    pub(crate) workflow: String,
}

/// An entry of its history.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    pub(crate) seq: i64,
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    /// Microseconds since 1970.
    pub(crate) at: i64,
    pub(crate) note: Option<String>,
    pub(crate) error: Option<String>,
}

impl Row {
    /// The code of what went wrong.
    pub(crate) fn failure(&self) -> Option<String> {
        let code = self.document()["state"]["code"].as_str()?.to_owned();
        Some(code).filter(|code| !code.is_empty())
    }

    /// The number of jobs of a stage.
    pub(crate) fn attempts(&self, stage: &str) -> u64 {
        self.document()["attempts"][stage].as_u64().unwrap_or_default()
    }

    fn document(&self) -> Value {
        serde_json::from_str(&self.workflow).unwrap_or_default()
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, from, to, at, note, error, .. } = self;
        let from = from.as_deref().unwrap_or("-");
        write!(f, "{seq} {at} {from} → {to}")?;
        for words in [note, error].into_iter().flatten() {
            write!(f, " ({words})")?;
        }
        Ok(())
    }
}

type RowColumns = (Uuid, String, bool, Option<Vec<u8>>, i64, i64, String, String);
type EntryColumns = (Uuid, i64, Option<String>, String, i64, Option<String>, Option<String>);

impl From<RowColumns> for Row {
    fn from((id, state, due, key, seq, edits, phone, workflow): RowColumns) -> Self {
        Self { id, state, due, key, seq, edits, phone, workflow }
    }
}

impl From<EntryColumns> for Entry {
    fn from((id, seq, from, to, at, note, error): EntryColumns) -> Self {
        Self { id, seq, from, to, at, note, error }
    }
}

const UNSETTLED: &str = "select count(*) from orders
    where current_state not in ('COMPLETED', 'CANCELLED', 'ERROR') or wake_at is not null";

const ORDERS: &str = "select id, cast(current_state as text), wake_at is not null,
    idempotency_key, cast(seq as bigint), cast(edits as bigint), customer_phone,
    cast(workflow as text) from orders";

const HISTORY_OF_POSTGRES: &str = "select order_id, seq::bigint, from_state::text, to_state::text,
    (extract(epoch from timestamp) * 1000000)::bigint, notes, error_message
    from state_history order by order_id, seq";

const HISTORY_OF_SQLITE: &str = "select order_id, seq, from_state, to_state, timestamp, notes,
    error_message from state_history order by order_id, seq";

/// The number of orders that something is still due for, or that are under way.
pub(crate) async fn unsettled(store: &Store) -> Result<i64> {
    Ok(match store {
        Store::Sqlite { url } => {
            let mut connection = SqliteConnection::connect(url).await?;
            sqlx::query_scalar(UNSETTLED).fetch_one(&mut connection).await?
        }
        Store::Postgres { url, .. } => {
            let mut connection = PgConnection::connect(url).await?;
            sqlx::query_scalar(UNSETTLED).fetch_one(&mut connection).await?
        }
    })
}

/// Every order with its history.
pub(crate) async fn read(store: &Store) -> Result<HashMap<Uuid, Order>> {
    let (rows, entries): (Vec<RowColumns>, Vec<EntryColumns>) = match store {
        Store::Sqlite { url } => {
            let mut connection = SqliteConnection::connect(url).await?;
            let rows = sqlx::query_as(ORDERS).fetch_all(&mut connection).await?;
            (rows, sqlx::query_as(HISTORY_OF_SQLITE).fetch_all(&mut connection).await?)
        }
        Store::Postgres { url, .. } => {
            let mut connection = PgConnection::connect(url).await?;
            let rows = sqlx::query_as(ORDERS).fetch_all(&mut connection).await?;
            (rows, sqlx::query_as(HISTORY_OF_POSTGRES).fetch_all(&mut connection).await?)
        }
    };
    let rows = rows.into_iter().map(Row::from);
    let rows = rows.map(|row| (row.id, Order { row, history: Vec::new() }));
    let mut orders: HashMap<Uuid, Order> = rows.collect();
    for entry in entries.into_iter().map(Entry::from) {
        let order = orders.get_mut(&entry.id).context("a history without an order")?;
        order.history.push(entry);
    }
    Ok(orders)
}
