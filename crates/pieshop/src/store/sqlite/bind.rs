//! Orders and history entries as arguments of `SQLite`'s statements.

use order_core::{Entry, Order, OrderId, Status, Workflow};
use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;

use super::statements::{PLACE, RECORD};
use crate::store::row::{Time, progress};
use crate::store::{NewOrder, StoreError, error};

type Statement = Query<'static, Sqlite, SqliteArguments>;

pub(super) fn place(new: &NewOrder, recipe: Vec<u8>) -> Result<Statement, StoreError> {
    Ok(bind_order(sqlx::query(PLACE), &new.order)?
        .bind(new.order.recipe.pie_type.as_str())
        .bind(recipe)
        .bind(Time(new.order.promised_delivery))
        .bind(Time(new.order.created_at))
        .bind(new.key.map(|key| key.key.to_vec()))
        .bind(new.key.map(|key| key.body.to_vec())))
}

/// Binds the id as `$1`, and what a change may change as `$2` to `$22`.
pub(super) fn bind_order(query: Statement, order: &Order) -> Result<Statement, StoreError> {
    let (attempt, tries) = progress(order);
    Ok(query
        .bind(order.id.0)
        .bind(order.customer.name.as_str())
        .bind(order.customer.email.as_str())
        .bind(order.customer.phone.as_str())
        .bind(order.address.street.as_str())
        .bind(order.address.city.as_str())
        .bind(order.address.state.as_str())
        .bind(order.address.zip.as_str())
        .bind(order.status().as_str())
        .bind(order.job_ids.picker.as_deref())
        .bind(order.job_ids.baker.as_deref())
        .bind(order.job_ids.delivery.as_deref())
        .bind(Time(order.estimated_delivery))
        .bind(Time(order.updated_at))
        .bind(order.wake_at.map(Time))
        .bind(order.version)
        .bind(order.edits)
        .bind(order.seq)
        .bind(Workflow::FORMAT)
        .bind(serde_json::to_string(&order.workflow).map_err(error::refused)?)
        .bind(attempt)
        .bind(tries))
}

pub(super) fn record(order: OrderId, entry: &Entry) -> Statement {
    sqlx::query(RECORD)
        .bind(order.0)
        .bind(entry.seq)
        .bind(entry.from.map(Status::as_str))
        .bind(entry.to.as_str())
        .bind(Time(entry.at))
        .bind(entry.note.as_deref())
        .bind(entry.error.as_deref())
}
