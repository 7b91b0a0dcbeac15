//! Creations and their idempotency keys: the part that needs no database.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use order_core::OrderId;
use uuid::Uuid;

use super::row::Time;
use super::{FirstAnswer, IdempotencyKey, NewOrder, Placed, StoreError};

/// A stored order that stands in the way of a new one.
#[derive(Debug)]
struct Existing {
    key: Option<IdempotencyKey>,
    answer: FirstAnswer,
}

/// A row of such an order: its id, its key and body, what was promised, and when it was made.
pub(super) type ExistingRow = (Uuid, Option<Vec<u8>>, Option<Vec<u8>>, Time, Time);

impl From<ExistingRow> for Existing {
    fn from((id, key, body, promised_delivery, created_at): ExistingRow) -> Self {
        // The schema admits no other length.
        let hash = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| bytes.try_into().ok());
        let key = hash(key).zip(hash(body)).map(|(key, body)| IdempotencyKey { key, body });
        let (promised_delivery, created_at) = (promised_delivery.0, created_at.0);
        Self { key, answer: FirstAnswer { id: OrderId(id), promised_delivery, created_at } }
    }
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
/// database has. Where a key that stood in the way was forgotten meanwhile, the batch is to be
/// repeated as after a lost connection.
pub(super) fn resolve(
    batch: &[NewOrder],
    inserted: &HashSet<OrderId>,
    existing: Vec<ExistingRow>,
) -> Result<Vec<Placed>, StoreError> {
    let existing: Vec<Existing> = existing.into_iter().map(Existing::from).collect();
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
    let placed: Option<Vec<Placed>> = batch.iter().map(outcome).collect();
    placed.ok_or_else(|| StoreError::Lost("a key was forgotten while it stood in the way".into()))
}

/// How far this process has looked for old keys, so that it looks at no order twice.
#[derive(Debug, Default)]
pub(super) struct OldKeys(Mutex<Uuid>);

impl OldKeys {
    /// Where to begin.
    pub(super) fn begin(&self) -> Uuid {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that keys were looked for up to `end` and that those of `found` are forgotten.
    pub(super) fn looked(&self, found: &[Uuid], limit: u16, end: Uuid) {
        let all = found.len() < usize::from(limit);
        let reached = found.last().copied().filter(|_| !all).unwrap_or(end);
        let mut position = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *position = reached.max(*position);
    }
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
