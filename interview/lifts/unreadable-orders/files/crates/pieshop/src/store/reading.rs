//! Orders as they are read from their rows.

use order_core::{Address, Customer, JobIds, Order, OrderId};
use sqlx::{ColumnIndex, Decode, Row, Type};
use uuid::Uuid;

use super::Stored;
use super::row::{Recipes, Time};

/// Whether exactly this order is among those that were read.
pub(super) fn holds(reads: &[Stored], order: &Order) -> bool {
    reads.iter().any(|stored| stored.order == *order)
}

/// The orders of a list.
pub(super) fn shown(reads: Vec<Stored>) -> Vec<Order> {
    reads.into_iter().map(|stored| stored.order).collect()
}

/// The orders of a claim, longest due first.
pub(super) fn by_due(reads: Vec<Stored>) -> Vec<Order> {
    let mut orders = shown(reads);
    orders.sort_by_key(|order| order.wake_at);
    orders
}

/// Reads one order, whose recipe must be known.
pub(super) fn read_order<'r, R>(row: &'r R, recipes: &Recipes) -> sqlx::Result<Stored>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    Time: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let workflow: String = row.try_get("workflow")?;
    let recipe = recipes.get(&row.try_get::<Vec<u8>, _>("recipe")?);
    let order = Order {
        id: OrderId(row.try_get("id")?),
        customer: Customer {
            name: row.try_get("customer_name")?,
            email: row.try_get("customer_email")?,
            phone: row.try_get("customer_phone")?,
        },
        address: Address {
            street: row.try_get("delivery_street")?,
            city: row.try_get("delivery_city")?,
            state: row.try_get("delivery_state")?,
            zip: row.try_get("delivery_zip")?,
        },
        recipe: recipe.ok_or_else(|| sqlx::Error::Decode("its recipe cannot be read".into()))?,
        workflow: serde_json::from_str(&workflow)
            .map_err(|error| sqlx::Error::Decode(error.into()))?,
        job_ids: JobIds {
            picker: row.try_get("picker_job_id")?,
            baker: row.try_get("baker_job_id")?,
            delivery: row.try_get("delivery_id")?,
        },
        estimated_delivery: row.try_get::<Time, _>("estimated_delivery")?.0,
        promised_delivery: row.try_get::<Time, _>("promised_delivery")?.0,
        created_at: row.try_get::<Time, _>("created_at")?.0,
        updated_at: row.try_get::<Time, _>("updated_at")?.0,
        wake_at: row.try_get::<Option<Time>, _>("wake_at")?.map(|time| time.0),
        version: row.try_get("version")?,
        edits: row.try_get("edits")?,
        seq: row.try_get("seq")?,
    };
    Ok(Stored { order, lease: row.try_get("lease_token")? })
}
