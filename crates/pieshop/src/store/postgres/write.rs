//! Creations and transitions: each batch is one statement.

use std::collections::HashSet;

use order_core::{Entry, Order, OrderId, Status, Workflow};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::statements::{ADD_RECIPES, CHANGE, EXISTING, PLACE};
use super::{PostgresStore, Statement};
use crate::store::error::{self, refused};
use crate::store::placing::{leaders, read_existing, resolve};
use crate::store::row::progress;
use crate::store::{Change, NewOrder, Placed, StoreError};

impl PostgresStore {
    pub(super) async fn write_orders(&self, batch: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        let leaders = leaders(batch);
        let recipes = self.write_recipes(&leaders).await?;
        loop {
            let rows = self.write(place(&leaders, &recipes)).await?;
            let inserted = ids(&rows).map_err(error::read)?;
            let rows = self.obstacles(&leaders, &inserted).await.map_err(error::after_write)?;
            let existing: sqlx::Result<Vec<_>> = rows.iter().map(read_existing).collect();
            if let Some(placed) = resolve(batch, &inserted, &existing.map_err(error::read)?) {
                return Ok(placed);
            }
        }
    }

    pub(super) async fn write_changes(&self, batch: &[Change]) -> Result<Vec<bool>, StoreError> {
        // In the order of ids, so that two batches never wait for each other.
        let mut sorted: Vec<&Change> = batch.iter().collect();
        sorted.sort_by_key(|change| change.order.id);
        let rows = self.write(change(&sorted)).await?;
        let changed = ids(&rows).map_err(error::read)?;
        let missed: Vec<&Order> = batch
            .iter()
            .map(|change| &change.order)
            .filter(|order| !changed.contains(&order.id))
            .collect();
        // An earlier try of this very batch may have written them.
        let stored = self.stored(&missed).await.map_err(error::after_write)?;
        let done = |id| changed.contains(&id) || stored.contains(&id);
        Ok(batch.iter().map(|change| done(change.order.id)).collect())
    }

    /// Makes sure that the database has the orders' recipes; returns their hashes.
    async fn write_recipes(&self, orders: &[&NewOrder]) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut hashes = Vec::with_capacity(orders.len());
        let (mut new, mut documents) = (Vec::new(), Vec::new());
        for NewOrder { order, .. } in orders {
            let (hash, document) = self.recipes.hash(&order.recipe).map_err(refused)?;
            if let Some(document) = document {
                new.push((hash.clone(), order.recipe.clone()));
                documents.push(document);
            }
            hashes.push(hash);
        }
        if !new.is_empty() {
            let column: Vec<&[u8]> = new.iter().map(|(hash, _)| hash.as_slice()).collect();
            let add = sqlx::query(ADD_RECIPES).bind(column).bind(documents);
            self.write(add).await?;
            for (hash, recipe) in new {
                self.recipes.learn(hash, Some(recipe));
            }
        }
        Ok(hashes)
    }

    /// The stored orders because of which others than the `inserted` were not inserted.
    async fn obstacles(
        &self,
        orders: &[&NewOrder],
        inserted: &HashSet<OrderId>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let missed = || orders.iter().filter(|new| !inserted.contains(&new.order.id));
        let ids: Vec<Uuid> = missed().map(|new| new.order.id.0).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<[u8; 32]> = missed().filter_map(|new| Some(new.key?.key)).collect();
        let select = sqlx::query(EXISTING).bind(ids).bind(keys);
        self.write(select).await
    }
}

fn place(batch: &[&NewOrder], recipes: &[Vec<u8>]) -> Statement<'static> {
    let orders: Vec<&Order> = batch.iter().map(|new| &new.order).collect();
    let entries: Vec<Option<&Entry>> = batch.iter().map(|new| Some(&new.entry)).collect();
    bind_entries(bind_orders(sqlx::query(PLACE), &orders), &entries)
        .bind(column(&orders, |order| order.recipe.pie_type.as_str()))
        .bind(recipes)
        .bind(column(&orders, |order| order.promised_delivery))
        .bind(column(&orders, |order| order.created_at))
        .bind(column(batch, |new| new.key.map(|key| key.key)))
        .bind(column(batch, |new| new.key.map(|key| key.body)))
}

fn change(batch: &[&Change]) -> Statement<'static> {
    let orders: Vec<&Order> = batch.iter().map(|change| &change.order).collect();
    let entries: Vec<Option<&Entry>> = batch.iter().map(|change| change.entry.as_ref()).collect();
    bind_entries(bind_orders(sqlx::query(CHANGE), &orders), &entries)
        .bind(column(batch, |change| change.lease))
}

/// Binds what a change may change, as the arrays `$1` to `$22`.
fn bind_orders(query: Statement<'static>, orders: &[&Order]) -> Statement<'static> {
    query
        .bind(column(orders, |order| order.id.0))
        .bind(column(orders, |order| order.customer.name.as_str()))
        .bind(column(orders, |order| order.customer.email.as_str()))
        .bind(column(orders, |order| order.customer.phone.as_str()))
        .bind(column(orders, |order| order.address.street.as_str()))
        .bind(column(orders, |order| order.address.city.as_str()))
        .bind(column(orders, |order| order.address.state.as_str()))
        .bind(column(orders, |order| order.address.zip.as_str()))
        .bind(column(orders, |order| order.status().as_str()))
        .bind(column(orders, |order| order.job_ids.picker.as_deref()))
        .bind(column(orders, |order| order.job_ids.baker.as_deref()))
        .bind(column(orders, |order| order.job_ids.delivery.as_deref()))
        .bind(column(orders, |order| order.estimated_delivery))
        .bind(column(orders, |order| order.updated_at))
        .bind(column(orders, |order| order.wake_at))
        .bind(column(orders, |order| order.version))
        .bind(column(orders, |order| order.edits))
        .bind(column(orders, |order| order.seq))
        .bind(column(orders, |_| Workflow::FORMAT))
        .bind(column(orders, |order| Json(&order.workflow)))
        .bind(column(orders, |order| progress(order).0))
        .bind(column(orders, |order| progress(order).1))
}

/// Binds history entries as the arrays `$23` to `$28`.
fn bind_entries(query: Statement<'static>, entries: &[Option<&Entry>]) -> Statement<'static> {
    query
        .bind(column(entries, |entry| entry.map(|entry| entry.seq)))
        .bind(column(entries, |entry| entry.and_then(|entry| entry.from).map(Status::as_str)))
        .bind(column(entries, |entry| entry.map(|entry| entry.to.as_str())))
        .bind(column(entries, |entry| entry.map(|entry| entry.at)))
        .bind(column(entries, |entry| entry.and_then(|entry| entry.note.as_deref())))
        .bind(column(entries, |entry| entry.and_then(|entry| entry.error.as_deref())))
}

fn column<R: Copy, T>(rows: &[R], value: impl Fn(R) -> T) -> Vec<T> {
    rows.iter().copied().map(value).collect()
}

fn ids(rows: &[PgRow]) -> sqlx::Result<HashSet<OrderId>> {
    rows.iter().map(|row| row.try_get("id").map(OrderId)).collect()
}
