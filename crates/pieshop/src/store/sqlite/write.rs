//! What changes the `SQLite` file. Each function is one transaction.

use std::collections::HashSet;

use order_core::{Entry, Order, OrderId, Status, Workflow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::SqliteStore;
use super::statements::{
    ADD_RECIPE, BEGIN, CHANGE, CLAIM, COUNT, COUNTED, EXISTING, MOVE_COUNTED, PLACE, RECORD,
    RELEASE,
};
use crate::store::error::{self, refused};
use crate::store::placing::{Existing, leaders, read_existing, resolve};
use crate::store::row::{Time, progress};
use crate::store::{Change, Claim, Claimed, NewOrder, Placed, StoreError};

impl SqliteStore {
    pub(super) async fn write_orders(&self, batch: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        let mut tx = self.begin().await?;
        let mut inserted = HashSet::new();
        let mut existing = Vec::new();
        let mut recipes = Vec::new();
        for new in leaders(batch) {
            let (hash, document) = self.recipes.hash(&new.order.recipe).map_err(refused)?;
            if let Some(document) = document {
                let add = sqlx::query(ADD_RECIPE).bind(hash.clone()).bind(document);
                add.execute(&mut *tx).await.map_err(error::write)?;
                recipes.push((hash.clone(), new.order.recipe.clone()));
            }
            let placed = place(new, hash)?.execute(&mut *tx).await.map_err(error::write)?;
            if placed.rows_affected() == 1 {
                record(&mut tx, new.order.id, &new.entry).await.map_err(error::write)?;
                inserted.insert(new.order.id);
            } else {
                existing.extend(obstacles(&mut tx, new).await.map_err(error::write)?);
            }
        }
        tx.commit().await.map_err(error::write)?;
        for (hash, recipe) in recipes {
            self.recipes.learn(hash, Some(recipe));
        }
        resolve(batch, &inserted, &existing)
            .ok_or_else(|| StoreError::Conflict("an order came and went".into()))
    }

    pub(super) async fn write_changes(&self, batch: &[Change]) -> Result<Vec<bool>, StoreError> {
        let mut tx = self.begin().await?;
        let mut changed = Vec::with_capacity(batch.len());
        for change in batch {
            let id = change.order.id;
            let update = bind_order(sqlx::query(CHANGE), &change.order)?.bind(change.lease);
            let done = update.execute(&mut *tx).await.map_err(error::write)?.rows_affected() == 1;
            if let (true, Some(entry)) = (done, &change.entry) {
                record(&mut tx, id, entry).await.map_err(error::write)?;
            }
            changed.push(done);
        }
        tx.commit().await.map_err(error::write)?;
        for (change, done) in batch.iter().zip(&mut changed).filter(|(_, done)| !**done) {
            // An earlier try of this very batch may have written it.
            *done = self.is_stored(&change.order).await.map_err(error::after_write)?;
        }
        Ok(changed)
    }

    pub(super) async fn write_leases(&self, claim: Claim) -> Result<Claimed, StoreError> {
        let now = self.time();
        let mut tx = self.begin().await?;
        let rows = sqlx::query(CLAIM)
            .bind(claim.status.as_str())
            .bind(Workflow::FORMAT)
            .bind(Time(now))
            .bind(claim.token)
            .bind(Time(now + claim.lease))
            .bind(claim.limit)
            .fetch_all(&mut *tx)
            .await
            .map_err(error::write)?;
        tx.commit().await.map_err(error::write)?;
        let mut orders = Vec::with_capacity(rows.len());
        let mut unreadable = Vec::new();
        for read in self.read_all(&rows).await? {
            match read {
                Ok(order) => orders.push(order),
                Err(lost) => unreadable.push(lost.into_error(now, claim.token)),
            }
        }
        if !unreadable.is_empty() {
            self.write_changes(&unreadable).await?;
        }
        orders.sort_by_key(|order| order.wake_at);
        Ok(Claimed { now, orders })
    }

    pub(super) async fn drop_leases(
        &self,
        orders: &[OrderId],
        token: Uuid,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for id in orders {
            let release = sqlx::query(RELEASE).bind(id.0).bind(token);
            release.execute(&mut *tx).await.map_err(error::write)?;
        }
        tx.commit().await.map_err(error::write)
    }

    /// Brings the counters up to date, in steps that let other writers through.
    pub(super) async fn write_counts(&self) -> Result<(), StoreError> {
        loop {
            let mut tx = self.begin().await?;
            let (from, to): (i64, i64) =
                sqlx::query_as(COUNTED).fetch_one(&mut *tx).await.map_err(error::read)?;
            if from >= to {
                return Ok(());
            }
            let count = sqlx::query(COUNT).bind(from).bind(to);
            count.execute(&mut *tx).await.map_err(error::write)?;
            let moved = sqlx::query(MOVE_COUNTED).bind(to);
            moved.execute(&mut *tx).await.map_err(error::write)?;
            tx.commit().await.map_err(error::write)?;
        }
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.writer.begin_with(BEGIN).await.map_err(error::read)
    }
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

fn place(new: &NewOrder, recipe: Vec<u8>) -> Result<Statement<'static>, StoreError> {
    Ok(bind_order(sqlx::query(PLACE), &new.order)?
        .bind(new.order.recipe.pie_type.clone())
        .bind(recipe)
        .bind(Time(new.order.promised_delivery))
        .bind(Time(new.order.created_at))
        .bind(new.key.map(|key| key.key.to_vec()))
        .bind(new.key.map(|key| key.body.to_vec())))
}

/// Binds what a change may change, as `$1` to `$22`.
fn bind_order(query: Statement<'static>, order: &Order) -> Result<Statement<'static>, StoreError> {
    let (attempt, tries) = progress(order);
    Ok(query
        .bind(order.id.0)
        .bind(order.customer.name.clone())
        .bind(order.customer.email.clone())
        .bind(order.customer.phone.clone())
        .bind(order.address.street.clone())
        .bind(order.address.city.clone())
        .bind(order.address.state.clone())
        .bind(order.address.zip.clone())
        .bind(order.status().as_str())
        .bind(order.job_ids.picker.clone())
        .bind(order.job_ids.baker.clone())
        .bind(order.job_ids.delivery.clone())
        .bind(Time(order.estimated_delivery))
        .bind(Time(order.updated_at))
        .bind(order.wake_at.map(Time))
        .bind(order.version)
        .bind(order.edits)
        .bind(order.seq)
        .bind(Workflow::FORMAT)
        .bind(serde_json::to_string(&order.workflow).map_err(refused)?)
        .bind(attempt)
        .bind(tries))
}

async fn record(connection: &mut SqliteConnection, id: OrderId, entry: &Entry) -> sqlx::Result<()> {
    let insert = sqlx::query(RECORD)
        .bind(id.0)
        .bind(entry.seq)
        .bind(entry.from.map(Status::as_str))
        .bind(entry.to.as_str())
        .bind(Time(entry.at))
        .bind(entry.note.as_deref())
        .bind(entry.error.as_deref());
    insert.execute(connection).await.map(drop)
}

/// The stored orders because of which a new one was not inserted.
async fn obstacles(
    connection: &mut SqliteConnection,
    new: &NewOrder,
) -> sqlx::Result<Vec<Existing>> {
    let key = new.key.map(|key| key.key.to_vec());
    let select = sqlx::query(EXISTING).bind(new.order.id.0).bind(key);
    select.fetch_all(connection).await?.iter().map(read_existing).collect()
}
