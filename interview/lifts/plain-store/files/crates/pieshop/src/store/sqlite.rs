//! Orders in a `SQLite` file, which one process has open at a time.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use order_core::{Entry, Order, OrderId, Status};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{SqlSafeStr, Sqlite, Transaction};

use super::list::Statement;
use super::{FirstAnswer, IdempotencyKey, OrderFilter, Placed, StoreError};

const SCHEMA: &str = include_str!("../../migrations/sqlite/0001_orders.sql");

/// Where orders are kept. Clones share the one connection.
#[derive(Clone)]
pub struct SharedStore(SqlitePool);

/// Opens the database of `url`, which is `sqlite://PATH`; creates the file where needed, and brings
/// its schema up to date.
pub async fn open(url: &str) -> Result<SharedStore, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .locking_mode(SqliteLockingMode::Exclusive)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let schema = SCHEMA.into_sql_str();
    let migration = Migration::new(1, "orders".into(), MigrationType::Simple, schema, false);
    Migrator::with_migrations(vec![migration]).run(&pool).await.map_err(sqlx::Error::from)?;
    Ok(SharedStore(pool))
}

impl SharedStore {
    /// Commits a new order with the first entry of its history.
    pub async fn place(
        &self,
        order: &Order,
        entry: &Entry,
        key: Option<IdempotencyKey>,
    ) -> Result<Placed, StoreError> {
        let mut tx = self.0.begin().await?;
        let insert = sqlx::query(
            "insert into orders (id, pie_type, customer_email, current_state, created_at, wake_at,
                version, document, idempotency_key, idempotency_body)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing",
        );
        let inserted = insert
            .bind(order.id.0)
            .bind(order.recipe.pie_type.as_str())
            .bind(order.customer.email.as_str())
            .bind(order.status().as_str())
            .bind(order.created_at.timestamp_micros())
            .bind(order.wake_at.map(|at| at.timestamp_micros()))
            .bind(order.version)
            .bind(write(order)?)
            .bind(key.map(|key| key.key.to_vec()))
            .bind(key.map(|key| key.body.to_vec()))
            .execute(&mut *tx)
            .await?;
        if inserted.rows_affected() == 1 {
            record(&mut tx, order.id, entry).await?;
            tx.commit().await?;
            return Ok(Placed::Created);
        }
        let first = "select idempotency_body, document from orders where idempotency_key = $1";
        let first = sqlx::query_as(first).bind(key.map(|key| key.key.to_vec()));
        let (body, document): (Vec<u8>, String) = first.fetch_one(&mut *tx).await?;
        if key.is_none_or(|key| key.body[..] != body) {
            return Ok(Placed::KeyConflict);
        }
        let Order { id, promised_delivery, created_at, .. } = read(&document)?;
        Ok(Placed::Replayed(FirstAnswer { id, promised_delivery, created_at }))
    }

    /// Commits a change of an order, with the history entry that goes with it. `false` where the
    /// stored version is not the one before.
    pub async fn change(&self, order: &Order, entry: Option<&Entry>) -> Result<bool, StoreError> {
        let mut tx = self.0.begin().await?;
        let update = sqlx::query(
            "update orders
            set customer_email = $2, current_state = $3, wake_at = $4, version = $5, document = $6
            where id = $1 and version = $5 - 1",
        );
        let updated = update
            .bind(order.id.0)
            .bind(order.customer.email.as_str())
            .bind(order.status().as_str())
            .bind(order.wake_at.map(|at| at.timestamp_micros()))
            .bind(order.version)
            .bind(write(order)?)
            .execute(&mut *tx)
            .await?;
        let done = updated.rows_affected() == 1;
        if let (true, Some(entry)) = (done, entry) {
            record(&mut tx, order.id, entry).await?;
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Orders that something is due for `now`, longest due first, at most `limit`.
    pub async fn due(&self, now: DateTime<Utc>, limit: usize) -> Result<Vec<Order>, StoreError> {
        let due = "select document from orders where wake_at <= $1 order by wake_at limit $2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let due = sqlx::query_scalar(due).bind(now.timestamp_micros()).bind(limit);
        let documents: Vec<String> = due.fetch_all(&self.0).await?;
        documents.iter().map(|document| read(document)).collect()
    }

    /// One order.
    pub async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let order = sqlx::query_scalar("select document from orders where id = $1").bind(id.0);
        let document: Option<String> = order.fetch_optional(&self.0).await?;
        document.as_deref().map(read).transpose()
    }

    /// One order with its whole history, as of one moment.
    pub async fn order_with_history(
        &self,
        id: OrderId,
    ) -> Result<Option<(Order, Vec<Entry>)>, StoreError> {
        let Some(order) = self.order(id).await? else { return Ok(None) };
        // What was committed after the order was read has a higher number.
        let history = sqlx::query_as(
            "select seq, from_state, to_state, timestamp, notes, error_message
            from state_history where order_id = $1 and seq <= $2 order by seq",
        );
        let rows: Vec<EntryRow> = history.bind(id.0).bind(order.seq).fetch_all(&self.0).await?;
        let history = rows.into_iter().map(entry).collect::<Option<_>>();
        let history =
            history.ok_or_else(|| sqlx::Error::Decode("no state has this name".into()))?;
        Ok(Some((order, history)))
    }

    /// At most `limit` orders that match, newest first, older than `before`.
    pub async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Vec<Order>, StoreError> {
        let mut query = Statement::list(filter, before, limit);
        let documents: Vec<String> = query.build_query_scalar().fetch_all(&self.0).await?;
        documents.iter().map(|document| read(document)).collect()
    }

    /// Waits for what is under way and closes the connection.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

async fn record(
    tx: &mut Transaction<'_, Sqlite>,
    order: OrderId,
    entry: &Entry,
) -> Result<(), StoreError> {
    let insert = sqlx::query(
        "insert into state_history
            (order_id, seq, from_state, to_state, timestamp, notes, error_message)
        values ($1, $2, $3, $4, $5, $6, $7)",
    );
    insert
        .bind(order.0)
        .bind(entry.seq)
        .bind(entry.from.map(Status::as_str))
        .bind(entry.to.as_str())
        .bind(entry.at.timestamp_micros())
        .bind(entry.note.as_deref())
        .bind(entry.error.as_deref())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

type EntryRow = (i32, Option<String>, String, i64, Option<String>, Option<String>);

fn entry((seq, from, to, at, note, error): EntryRow) -> Option<Entry> {
    let from = match from {
        Some(from) => Some(Status::parse(&from)?),
        None => None,
    };
    let (to, at) = (Status::parse(&to)?, DateTime::from_timestamp_micros(at)?);
    Some(Entry { seq, from, to, at, note, error })
}

fn write(order: &Order) -> Result<String, StoreError> {
    Ok(serde_json::to_string(order).map_err(|error| sqlx::Error::Encode(error.into()))?)
}

fn read(document: &str) -> Result<Order, StoreError> {
    Ok(serde_json::from_str(document).map_err(|error| sqlx::Error::Decode(error.into()))?)
}
