//! Orders in a `SQLite` file: the embedded default, for one process.

mod bind;
mod feed;
mod file;
mod statements;
#[cfg(test)]
mod tests;
mod time;

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use order_core::{Entry, Order, OrderId, Status, Workflow};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Connection, Executor, SqlSafeStr, Sqlite, Transaction};
use uuid::Uuid;

use self::bind::{bind_order, place, record};
use self::statements::{
    ADD_RECIPE, ALL, BEGIN, CHANGE, CLAIM, COUNT, COUNTED, COUNTS, EXISTING, FORGET_KEY,
    FORGET_LEASES, HISTORY, MOVE_COUNTED, OLD_KEYS, ORDER, PING, RECIPES, RELEASE,
};
use super::list::Statement;
use super::migrations::Step;
use super::placing::{ExistingRow, OldKeys, leaders, resolve};
use super::reading::{self, Read};
use super::row::{self, Recipes, Time};
use super::{
    Change, Claim, Claimed, Looked, NewOrder, OrderFilter, Placed, Store, StoreError, Stored,
    Tally, error, list, migrations,
};

const MIGRATIONS: [Step; 1] =
    [(1, "orders", include_str!("../../../migrations/sqlite/0001_orders.sql"))];

/// The e-mail address as the index has it.
const EMAIL: &str = "lower(customer_email)";

/// The process's clock.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Orders in a `SQLite` file.
pub struct SqliteStore {
    /// One connection: `SQLite` knows one writer at a time, and here they wait in order.
    writer: SqlitePool,
    readers: SqlitePool,
    clock: Clock,
    recipes: Recipes,
    old_keys: OldKeys,
    /// Held until the store is closed.
    lock: File,
}

impl SqliteStore {
    /// Opens the database file, creates it and its folder where needed, and brings its schema up to
    /// date. Refused while another process has it open.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let lock = file::lock(path)?;
        let (writer, readers) = file::connect(path).await.map_err(error::read)?;
        let (recipes, old_keys) = (Recipes::default(), OldKeys::default());
        let store = Self { writer, readers, clock, recipes, old_keys, lock };
        store.migrate().await?;
        // Whoever held a lease here was an earlier process, and it is gone.
        sqlx::query(FORGET_LEASES).execute(&store.writer).await.map_err(error::write)?;
        Ok(store)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        migrations::migrator(&MIGRATIONS).run(&self.writer).await.map_err(error::migrate)?;
        self.check().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        // An old connection would believe its own picture of the schema.
        let options = self.readers.connect_options();
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(error::read)?;
        let schema = sqlx::query_as(migrations::SCHEMA).fetch_one(&mut connection).await;
        let (release, oldest) = schema.map_err(error::read)?;
        migrations::check(release, oldest)?;
        for statement in ALL.iter().chain(feed::ALL) {
            connection.prepare(statement.into_sql_str()).await.map_err(error::read)?;
        }
        connection.close().await.map_err(error::read)
    }

    async fn place(&self, batch: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        let mut tx = self.begin().await?;
        let mut inserted = HashSet::new();
        let mut existing: Vec<ExistingRow> = Vec::new();
        let mut recipes = Vec::new();
        for new in leaders(batch) {
            let (hash, document) = self.recipes.hash(&new.order.recipe)?;
            if let Some(document) = document {
                let add = sqlx::query(ADD_RECIPE).bind(hash.clone()).bind(document);
                add.execute(&mut *tx).await.map_err(error::write)?;
                recipes.push((hash.clone(), new.order.recipe.clone()));
            }
            let placed = place(new, hash)?.execute(&mut *tx).await.map_err(error::write)?;
            if placed.rows_affected() == 1 {
                record(new.order.id, &new.entry).execute(&mut *tx).await.map_err(error::write)?;
                inserted.insert(new.order.id);
            } else {
                let key = new.key.map(|key| key.key.to_vec());
                let obstacles = sqlx::query_as(EXISTING).bind(new.order.id.0).bind(key);
                existing.extend(obstacles.fetch_all(&mut *tx).await.map_err(error::write)?);
            }
        }
        tx.commit().await.map_err(error::write)?;
        for (hash, recipe) in recipes {
            self.recipes.learn(hash, recipe);
        }
        resolve(batch, &inserted, existing)
    }

    async fn change(&self, batch: &[Change]) -> Result<Vec<bool>, StoreError> {
        let mut tx = self.begin().await?;
        let mut changed = Vec::with_capacity(batch.len());
        for Change { order, entry, lease } in batch {
            let update = bind_order(sqlx::query(CHANGE), order)?.bind(*lease);
            let done = update.execute(&mut *tx).await.map_err(error::write)?.rows_affected() == 1;
            if let (true, Some(entry)) = (done, entry) {
                record(order.id, entry).execute(&mut *tx).await.map_err(error::write)?;
            }
            changed.push(done);
        }
        tx.commit().await.map_err(error::write)?;
        for (change, done) in batch.iter().zip(&mut changed).filter(|(_, done)| !**done) {
            // An earlier try of this very batch may have written it.
            let reads = self.find(change.order.id).await.map_err(error::after_write)?;
            *done = reading::holds(&reads, &change.order);
        }
        Ok(changed)
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        let now = self.time();
        let rows = sqlx::query(CLAIM)
            .bind(claim.status.as_str())
            .bind(Workflow::FORMAT)
            .bind(Time(now))
            .bind(claim.token)
            .bind(Time(now + claim.lease))
            .bind(claim.limit)
            .fetch_all(&self.writer)
            .await;
        let reads = self.read(rows.map_err(error::write)?).await?;
        let (orders, stopped) = reading::sort_out(reads, now, claim.token);
        self.change(&stopped).await?;
        Ok(Claimed { now, orders })
    }

    async fn release(&self, orders: &[OrderId], token: Uuid) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for id in orders {
            let release = sqlx::query(RELEASE).bind(id.0).bind(token);
            release.execute(&mut *tx).await.map_err(error::write)?;
        }
        tx.commit().await.map_err(error::write)
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.time())
    }

    async fn order(&self, id: OrderId) -> Result<Option<Stored>, StoreError> {
        reading::one(self.find(id).await?)
    }

    async fn order_with_history(
        &self,
        id: OrderId,
    ) -> Result<Option<(Order, Vec<Entry>)>, StoreError> {
        let Some(Stored { order, .. }) = self.order(id).await? else { return Ok(None) };
        // What was committed after the order was read has a higher number.
        let history = sqlx::query_as(HISTORY).bind(id.0).bind(order.seq);
        Ok(Some((order, row::entries(history.fetch_all(&self.readers).await)?)))
    }

    async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Vec<Order>, StoreError> {
        let mut query = Statement::list(EMAIL, filter, before, limit);
        let rows = query.build().fetch_all(&self.readers).await.map_err(error::read)?;
        Ok(reading::shown(self.read(rows).await?))
    }

    async fn look(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Looked, StoreError> {
        let mut query = Statement::look(EMAIL, filter, before, limit);
        let rows = query.build().fetch_all(&self.readers).await.map_err(error::read)?;
        let full = rows.len() == usize::from(limit);
        let all = full
            || self.counted(std::slice::from_ref(filter), before).await?.iter().all(|it| it.all);
        Ok(Looked { orders: reading::shown(self.read(rows).await?), all })
    }

    async fn tally(&self, filters: &[OrderFilter]) -> Result<Vec<Tally>, StoreError> {
        self.counted(filters, None).await
    }

    async fn count(&self) -> Result<BTreeMap<Status, i64>, StoreError> {
        // In bounded steps, so that other writers get through.
        loop {
            let mut tx = self.begin().await?;
            let counted = sqlx::query_as(COUNTED).fetch_one(&mut *tx).await;
            let (from, to): (i64, i64) = counted.map_err(error::read)?;
            if from >= to {
                break;
            }
            let count = sqlx::query(COUNT).bind(from).bind(to);
            count.execute(&mut *tx).await.map_err(error::write)?;
            let moved = sqlx::query(MOVE_COUNTED).bind(to);
            moved.execute(&mut *tx).await.map_err(error::write)?;
            tx.commit().await.map_err(error::write)?;
        }
        row::counters(sqlx::query_as(COUNTS).fetch_all(&self.readers).await)
    }

    async fn forget_keys(&self, before: DateTime<Utc>, limit: u16) -> Result<u64, StoreError> {
        let end = list::first_id(before.timestamp_millis());
        let old = sqlx::query_scalar(OLD_KEYS).bind(self.old_keys.begin()).bind(end).bind(limit);
        let old: Vec<Uuid> = old.fetch_all(&self.readers).await.map_err(error::read)?;
        if !old.is_empty() {
            let mut tx = self.begin().await?;
            for id in &old {
                let forget = sqlx::query(FORGET_KEY).bind(id);
                forget.execute(&mut *tx).await.map_err(error::write)?;
            }
            tx.commit().await.map_err(error::write)?;
        }
        self.old_keys.looked(&old, limit, end);
        Ok(old.len() as u64)
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
    async fn counted(
        &self,
        filters: &[OrderFilter],
        before: Option<OrderId>,
    ) -> Result<Vec<Tally>, StoreError> {
        let mut query = Statement::tally(EMAIL, filters, before);
        let rows = query.build_query_as().fetch_all(&self.readers).await;
        rows.map(|rows| list::tallies(&rows)).map_err(error::read)
    }

    /// The process clock's time, in the database's precision.
    fn time(&self) -> DateTime<Utc> {
        (self.clock)().trunc_subsecs(6)
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with(BEGIN).await.map_err(error::read)
    }

    async fn find(&self, id: OrderId) -> Result<Vec<Read>, StoreError> {
        let rows = sqlx::query(ORDER).bind(id.0).fetch_all(&self.readers).await;
        self.read(rows.map_err(error::read)?).await
    }

    async fn read(&self, rows: Vec<SqliteRow>) -> Result<Vec<Read>, StoreError> {
        if !self.recipes.cover(&rows).map_err(error::read)? {
            let all = sqlx::query_as(RECIPES).fetch_all(&self.readers).await;
            self.recipes.learn_all(all.map_err(error::read)?);
        }
        let read = |row| reading::read_order(row, &self.recipes);
        rows.iter().map(read).collect::<sqlx::Result<_>>().map_err(error::read)
    }
}
