//! Orders in `PostgreSQL`, for any number of processes.

mod bind;
pub(super) mod codes;
mod connect;
mod feed;
mod statements;
mod time;
mod together;

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use order_core::{Entry, Order, OrderId, Status, Workflow};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Json;
use sqlx::{Connection, Executor, FromRow, Row, SqlSafeStr};
use uuid::Uuid;

use self::bind::{change, place};
pub use self::connect::PostgresStore;
use self::statements::{
    ADD_RECIPES, ADOPT, ALL, CLAIM, COUNT, COUNTS, EXISTING, FORGET_KEYS, IS_FOREIGN, NOW,
    OLD_KEYS, ORDERS, PING, RECIPES, RELEASE,
};
use super::list::Statement;
use super::migrations::Step;
use super::placing::{leaders, resolve};
use super::reading::{self, Read};
use super::row;
use super::{
    Change, Claim, Claimed, Looked, NewOrder, OrderFilter, Placed, Store, StoreError, Stored,
    Tally, error, list, migrations,
};

const MIGRATIONS: [Step; 1] =
    [(1, "orders", include_str!("../../../migrations/postgres/0001_orders.sql"))];

/// The e-mail address as the index has it.
const EMAIL: &str = "lower(customer_email) collate \"C\"";

/// A row of a history in one column: number, states before and after, time, note, error.
type EntryDocument = (i32, Option<Status>, Status, DateTime<Utc>, Option<String>, Option<String>);

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        migrations::migrator(&MIGRATIONS).run(&self.readers).await.map_err(error::migrate)?;
        sqlx::query(ADOPT).execute(&self.readers).await.map_err(error::read)?;
        self.check().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        // A connection that is not used again: it does not learn the arguments' types.
        let options = self.readers.connect_options();
        let mut connection = PgConnection::connect_with(&options).await.map_err(error::read)?;
        let schema = sqlx::query_as(migrations::SCHEMA).fetch_one(&mut connection).await;
        let (release, oldest) = schema.map_err(error::read)?;
        migrations::check(release, oldest)?;
        for statement in ALL.iter().chain(feed::ALL) {
            connection.prepare(statement.into_sql_str()).await.map_err(error::read)?;
        }
        let foreign = sqlx::query_scalar(IS_FOREIGN).fetch_one(&mut connection).await;
        if foreign.map_err(error::read)? {
            let advice = "this database comes from another server: run `pieshop migrate` once";
            return Err(error::unavailable(advice, "its history is of transactions to come"));
        }
        connection.close().await.map_err(error::read)
    }

    async fn place(&self, batch: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        let leaders = leaders(batch);
        let recipes = self.add_recipes(&leaders).await?;
        let inserted = ids(&self.write(place(&leaders, &recipes)).await?)?;
        let missed = leaders.iter().filter(|new| !inserted.contains(&new.order.id));
        let (ids, keys): (Vec<Uuid>, Vec<Option<[u8; 32]>>) =
            missed.map(|new| (new.order.id.0, new.key.map(|key| key.key))).unzip();
        let mut existing = Vec::new();
        if !ids.is_empty() {
            let rows = self.write(sqlx::query(EXISTING).bind(ids).bind(keys)).await;
            for row in rows.map_err(error::after_write)? {
                existing.push(FromRow::from_row(&row).map_err(error::read)?);
            }
        }
        resolve(batch, &inserted, existing)
    }

    async fn change(&self, batch: &[Change]) -> Result<Vec<bool>, StoreError> {
        // In the order of ids, so that two batches never wait for each other.
        let mut sorted: Vec<&Change> = batch.iter().collect();
        sorted.sort_by_key(|change| change.order.id);
        let changed = ids(&self.write(change(&sorted)).await?)?;
        let missed = batch.iter().map(|change| change.order.id);
        let missed: Vec<Uuid> = missed.filter(|id| !changed.contains(id)).map(|id| id.0).collect();
        // An earlier try of this very batch may have written them.
        let reads = match missed.as_slice() {
            [] => Vec::new(),
            missed => self.find(missed).await.map_err(error::after_write)?,
        };
        let done = |order: &Order| changed.contains(&order.id) || reading::holds(&reads, order);
        Ok(batch.iter().map(|change| done(&change.order)).collect())
    }

    /// While one batch waits for the disk, others are worked on.
    fn writers(&self) -> usize {
        3
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        let statement = sqlx::query(CLAIM)
            .bind(claim.status.as_str())
            .bind(Workflow::FORMAT)
            .bind(i32::from(claim.limit))
            .bind(claim.token)
            .bind(claim.lease);
        let mut rows = self.write(statement).await?;
        let first = rows.first().ok_or_else(|| error::read(sqlx::Error::RowNotFound))?;
        let now = first.try_get("database_now").map_err(error::read)?;
        // Without anything due, there is one row with the time alone.
        if first.try_get::<Option<Uuid>, _>("id").map_err(error::read)?.is_none() {
            rows.clear();
        }
        let (orders, stopped) = reading::sort_out(self.read(rows).await?, now, claim.token);
        if !stopped.is_empty() {
            self.change(&stopped).await?;
        }
        Ok(Claimed { now, orders })
    }

    async fn release(&self, orders: &[OrderId], token: Uuid) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = orders.iter().map(|id| id.0).collect();
        self.write(sqlx::query(RELEASE).bind(ids).bind(token)).await.map(drop)
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        sqlx::query_scalar(NOW).fetch_one(&self.readers).await.map_err(error::read)
    }

    async fn order(&self, id: OrderId) -> Result<Option<Stored>, StoreError> {
        reading::one(self.find(&[id.0]).await?)
    }

    async fn order_with_history(
        &self,
        id: OrderId,
    ) -> Result<Option<(Order, Vec<Entry>)>, StoreError> {
        let row = self.together.ask(id.0).await.map_err(error::read)?;
        let Some(row) = row else { return Ok(None) };
        let Json(history) =
            row.try_get::<Json<Vec<EntryDocument>>, _>("history").map_err(error::read)?;
        let stored = reading::one(self.read(vec![row]).await?)?;
        let entry = |(seq, from, to, at, note, error)| Entry { seq, from, to, at, note, error };
        Ok(stored.map(|stored| (stored.order, history.into_iter().map(entry).collect())))
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
        let step = || sqlx::query_scalar::<_, i64>(COUNT).fetch_one(&self.readers);
        while step().await.map_err(error::write)? > 0 {}
        row::counters(sqlx::query_as(COUNTS).fetch_all(&self.readers).await)
    }

    async fn forget_keys(&self, before: DateTime<Utc>, limit: u16) -> Result<u64, StoreError> {
        let end = list::first_id(before.timestamp_millis());
        let old = sqlx::query_scalar(OLD_KEYS).bind(self.old_keys.begin()).bind(end);
        let old = old.bind(i32::from(limit)).fetch_all(&self.readers).await;
        let old: Vec<Uuid> = old.map_err(error::read)?;
        if !old.is_empty() {
            self.write(sqlx::query(FORGET_KEYS).bind(&old)).await?;
        }
        self.old_keys.looked(&old, limit, end);
        Ok(old.len() as u64)
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
    async fn counted(
        &self,
        filters: &[OrderFilter],
        before: Option<OrderId>,
    ) -> Result<Vec<Tally>, StoreError> {
        let mut query = Statement::tally(EMAIL, filters, before);
        let rows = query.build_query_as().fetch_all(&self.readers).await;
        rows.map(|rows| list::tallies(&rows)).map_err(error::read)
    }

    /// Makes sure that the database has the orders' recipes; returns their hashes.
    async fn add_recipes(&self, orders: &[&NewOrder]) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut hashes = Vec::with_capacity(orders.len());
        let (mut new, mut documents) = (Vec::new(), Vec::new());
        for NewOrder { order, .. } in orders {
            let (hash, document) = self.recipes.hash(&order.recipe)?;
            if let Some(document) = document {
                new.push((hash.clone(), order.recipe.clone()));
                documents.push(document);
            }
            hashes.push(hash);
        }
        if !new.is_empty() {
            let column: Vec<&[u8]> = new.iter().map(|(hash, _)| hash.as_slice()).collect();
            self.write(sqlx::query(ADD_RECIPES).bind(column).bind(documents)).await?;
            for (hash, recipe) in new {
                self.recipes.learn(hash, recipe);
            }
        }
        Ok(hashes)
    }

    async fn find(&self, ids: &[Uuid]) -> Result<Vec<Read>, StoreError> {
        let rows = sqlx::query(ORDERS).bind(ids).fetch_all(&self.readers).await;
        self.read(rows.map_err(error::read)?).await
    }

    async fn read(&self, rows: Vec<PgRow>) -> Result<Vec<Read>, StoreError> {
        if !self.recipes.cover(&rows).map_err(error::read)? {
            let all = sqlx::query_as(RECIPES).fetch_all(&self.readers).await;
            self.recipes.learn_all(all.map_err(error::read)?);
        }
        let read = |row| reading::read_order(row, &self.recipes);
        rows.iter().map(read).collect::<sqlx::Result<_>>().map_err(error::read)
    }
}

fn ids(rows: &[PgRow]) -> Result<HashSet<OrderId>, StoreError> {
    let read = |row: &PgRow| row.try_get("id").map(OrderId);
    rows.iter().map(read).collect::<sqlx::Result<_>>().map_err(error::read)
}
