//! Orders and history entries as arguments of `PostgreSQL`'s statements: an array a column.

use order_core::{Entry, Order, Status, Workflow};
use sqlx::types::Json;

use super::connect::Statement;
use super::statements::{CHANGE, PLACE};
use crate::store::row::progress;
use crate::store::{Change, NewOrder};

pub(super) fn place(batch: &[&NewOrder], recipes: &[Vec<u8>]) -> Statement<'static> {
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

pub(super) fn change(batch: &[&Change]) -> Statement<'static> {
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
