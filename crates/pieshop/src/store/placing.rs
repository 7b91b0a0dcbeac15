//! What became of a batch of creations: the part that needs no database.

use std::collections::{HashMap, HashSet};

use order_core::OrderId;
use sqlx::{ColumnIndex, Decode, Row, Type};
use uuid::Uuid;

use super::row::Time;
use super::{FirstAnswer, IdempotencyKey, NewOrder, Placed};

/// A stored order that stands in the way of a new one.
#[derive(Debug)]
pub(super) struct Existing {
    pub(super) key: Option<IdempotencyKey>,
    pub(super) answer: FirstAnswer,
}

/// Reads what stands in the way; a key that is not 32 bytes long is nobody's.
pub(super) fn read_existing<'r, R>(row: &'r R) -> sqlx::Result<Existing>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    Time: Decode<'r, R::Database> + Type<R::Database>,
{
    let hash = |column| {
        let bytes = row.try_get::<Option<Vec<u8>>, _>(column)?;
        Ok::<_, sqlx::Error>(bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()))
    };
    let (key, body) = (hash("idempotency_key")?, hash("idempotency_body")?);
    Ok(Existing {
        key: key.zip(body).map(|(key, body)| IdempotencyKey { key, body }),
        answer: FirstAnswer {
            id: OrderId(row.try_get("id")?),
            promised_delivery: row.try_get::<Time, _>("promised_delivery")?.0,
            created_at: row.try_get::<Time, _>("created_at")?.0,
        },
    })
}

/// The orders of a batch that are to be written: the first of each idempotency key. In the order of
/// the keys, since two writers that wait for each other's keys would deadlock otherwise.
pub(super) fn leaders(batch: &[NewOrder]) -> Vec<&NewOrder> {
    let mut seen = HashSet::new();
    let mut leaders: Vec<&NewOrder> =
        batch.iter().filter(|new| new.key.is_none_or(|key| seen.insert(key.key))).collect();
    leaders.sort_by_key(|new| (new.key.map(|key| key.key), new.order.id));
    leaders
}

/// What became of each order of the batch, given which were inserted just now and what else the
/// database has. `None` when an order that stood in the way is gone again: then try once more.
pub(super) fn resolve(
    batch: &[NewOrder],
    inserted: &HashSet<OrderId>,
    existing: &[Existing],
) -> Option<Vec<Placed>> {
    // An order that is there under its own id was committed by an earlier try of this batch.
    let ours = |id| inserted.contains(&id) || existing.iter().any(|old| old.answer.id == id);
    let known = existing.iter().map(|old| (old.key, old.answer));
    let new = batch.iter().filter(|new| inserted.contains(&new.order.id));
    let answers: HashMap<_, _> = known
        .chain(new.map(|new| (new.key, FirstAnswer::of(new))))
        .filter_map(|(key, answer)| key.map(|key| (key.key, (key.body, answer))))
        .collect();
    let outcome = |new: &NewOrder| {
        if ours(new.order.id) {
            return Some(Placed::Created);
        }
        let key = new.key?;
        let (body, answer) = answers.get(&key.key)?;
        Some(if *body == key.body { Placed::Replayed(*answer) } else { Placed::KeyConflict })
    };
    batch.iter().map(outcome).collect()
}

impl FirstAnswer {
    fn of(new: &NewOrder) -> Self {
        let NewOrder { order, .. } = new;
        Self {
            id: order.id,
            promised_delivery: order.promised_delivery,
            created_at: order.created_at,
        }
    }
}
