//! Orders as they are read from their rows.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{
    Address, Attempts, Customer, Entry, Failure, JobIds, Order, OrderId, Pick, Recipe, Stage,
    State, Status, Workflow,
};
use sqlx::{ColumnIndex, Decode, Row, Type};
use uuid::Uuid;

use super::row::{Recipes, Time, status};
use super::{Change, StoreError, Stored, error};

/// A row's order, or what is left of it when this release cannot read its documents.
pub(super) type Read = Result<Stored, Box<Unreadable>>;

/// An order whose workflow or recipe this release cannot read.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// What can be shown: the order in ERROR `UNREADABLE`, otherwise as stored.
    pub(super) order: Order,
    /// The name of its state in the database.
    pub(super) status: Status,
    /// What is wrong, without any of the order's data.
    pub(super) reason: String,
    /// The workflow as stored.
    pub(super) raw: String,
}

/// The order that was asked for, if there is one.
pub(super) fn one(reads: Vec<Read>) -> Result<Option<Stored>, StoreError> {
    reads.into_iter().next().transpose().map_err(|unreadable| {
        let advice = format!("this release cannot read order {}", unreadable.order.id.0);
        error::unavailable(&advice, unreadable.reason)
    })
}

/// Whether exactly this order is among those that were read.
pub(super) fn holds(reads: &[Read], order: &Order) -> bool {
    reads.iter().flatten().any(|stored| stored.order == *order)
}

/// Orders to look at; one that cannot be read is shown in ERROR.
pub(super) fn shown(reads: Vec<Read>) -> Vec<Order> {
    let show = |read: Read| read.map_or_else(|unreadable| unreadable.order, |stored| stored.order);
    reads.into_iter().map(show).collect()
}

impl Unreadable {
    /// The change that stops the order, for whoever holds its lease under `token`.
    fn stop(self, now: DateTime<Utc>, token: Uuid) -> Change {
        let Self { mut order, status, reason, raw } = self;
        tracing::error!(order_id = %order.id.0, reason, "an order cannot be read and is stopped");
        order.updated_at = now.max(order.updated_at + TimeDelta::microseconds(1));
        order.version += 1;
        order.seq += 1;
        let entry = Entry {
            seq: order.seq,
            from: Some(status),
            to: Status::Error,
            at: order.updated_at,
            note: None,
            error: Some(format!("UNREADABLE: {reason}: {raw}")),
        };
        Change { order, entry: Some(entry), lease: Some(token) }
    }
}

/// Reads one order. A recipe that is not known counts as unreadable.
pub(super) fn read_order<'r, R>(row: &'r R, recipes: &Recipes) -> sqlx::Result<Read>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    Time: Decode<'r, R::Database> + Type<R::Database>,
    i16: Decode<'r, R::Database> + Type<R::Database>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let status = status(&row.try_get::<String, _>("current_state")?)?;
    let raw: String = row.try_get("workflow")?;
    let pie_type: String = row.try_get("pie_type")?;
    let workflow = read_workflow(&raw, row.try_get("format")?, status);
    let recipe = recipes.get(&row.try_get::<Vec<u8>, _>("recipe")?);
    let mut reason = workflow.as_ref().err().cloned();
    // An order in ERROR goes on being shown without its recipe; nothing is baked from it there.
    if recipe.is_none() && status != Status::Error {
        reason.get_or_insert_with(|| "its recipe cannot be read".into());
    }
    let mut order = Order {
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
        recipe: recipe.unwrap_or_else(|| Arc::new(nameless(pie_type))),
        workflow: match (workflow, &reason) {
            (Ok(workflow), None) => workflow,
            (_, reason) => {
                let reason = reason.clone().unwrap_or_default();
                unreadable(&raw, status, row.try_get("attempt")?, reason)
            }
        },
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
    Ok(match reason {
        None => Ok(Stored { order, lease: row.try_get("lease_token")? }),
        Some(reason) => {
            order.wake_at = None;
            Err(Box::new(Unreadable { order, status, reason, raw }))
        }
    })
}

/// The orders of a claim, longest due first, and the changes that stop the unreadable ones.
pub(super) fn sort_out(
    reads: Vec<Read>,
    now: DateTime<Utc>,
    token: Uuid,
) -> (Vec<Order>, Vec<Change>) {
    let (mut orders, mut stopped) = (Vec::with_capacity(reads.len()), Vec::new());
    for read in reads {
        match read {
            Ok(stored) => orders.push(stored.order),
            Err(unreadable) => stopped.push(unreadable.stop(now, token)),
        }
    }
    orders.sort_by_key(|order| order.wake_at);
    (orders, stopped)
}

fn read_workflow(raw: &str, format: i16, status: Status) -> Result<Workflow, String> {
    if format > Workflow::FORMAT {
        return Err(format!("its format {format} is that of a newer release"));
    }
    // The error's own text could quote contact data.
    let workflow: Workflow = serde_json::from_str(raw)
        .map_err(|error| format!("its workflow cannot be read from column {}", error.column()))?;
    if workflow.state.status() != status {
        return Err("its workflow is in another state".into());
    }
    Ok(workflow)
}

/// What can be saved of a workflow: the attempts, so that no idempotency key is used twice.
fn unreadable(raw: &str, status: Status, attempt: i16, detail: String) -> Workflow {
    let attempt = u32::try_from(attempt).unwrap_or_default();
    let attempts = serde_json::from_str::<serde_json::Value>(raw)
        .ok()
        .and_then(|value| serde_json::from_value(value.get("attempts")?.clone()).ok())
        .unwrap_or(Attempts { picking: attempt, baking: attempt, delivering: attempt });
    let stage = match status {
        Status::Ordered | Status::Picking => Stage::Picking,
        Status::Prepping => Stage::Prepping,
        Status::Baking => Stage::Baking,
        Status::Delivering => Stage::Delivering,
        _ if attempts.delivering > 0 => Stage::Delivering,
        _ if attempts.baking > 0 => Stage::Baking,
        _ => Stage::Picking,
    };
    let failure = Failure {
        stage,
        code: "UNREADABLE".into(),
        message: "Something went wrong with your pie.".into(),
        detail,
        open: None,
        skip: false,
    };
    Workflow { state: State::Error(failure), attempts, cancel_requested: false }
}

/// Stands in for a recipe that cannot be read.
fn nameless(pie_type: String) -> Recipe {
    Recipe {
        name: pie_type.clone(),
        pie_type,
        description: String::new(),
        baking_time: 0,
        baking_temp: 0,
        ingredients: Vec::new(),
        prep_steps: Vec::new(),
        difficulty: String::new(),
        pick: Pick { fruit_type: String::new(), quantity: 0, quality: String::new() },
    }
}
