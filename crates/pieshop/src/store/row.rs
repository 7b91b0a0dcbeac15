//! What is kept in the rows of every table.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use order_core::{Entry, Order, Recipe, Status};
use sha2::{Digest, Sha256};
use sqlx::{ColumnIndex, Decode, Row, Type};

use super::{StoreError, error};

/// A time as it is stored: in whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time(pub(super) DateTime<Utc>);

/// A row of a history.
pub(super) type EntryRow = (i32, Option<String>, String, Time, Option<String>, Option<String>);

/// Reads history entries.
pub(super) fn entries(rows: sqlx::Result<Vec<EntryRow>>) -> Result<Vec<Entry>, StoreError> {
    rows.and_then(|rows| rows.into_iter().map(entry).collect()).map_err(error::read)
}

/// Reads the counters.
pub(super) fn counters(
    rows: sqlx::Result<Vec<(String, i64)>>,
) -> Result<BTreeMap<Status, i64>, StoreError> {
    let read = |(state, orders): (String, i64)| Ok((status(&state)?, orders));
    rows.and_then(|rows| rows.into_iter().map(read).collect()).map_err(error::read)
}

/// Attempt and tries of the work under way, or zeros.
pub(super) fn progress(order: &Order) -> (i16, i16) {
    let small = |count: u32| i16::try_from(count).unwrap_or(i16::MAX);
    order.state().work().map_or((0, 0), |work| (small(work.attempt), small(work.tries)))
}

pub(super) fn entry((seq, from, to, at, note, error): EntryRow) -> sqlx::Result<Entry> {
    let from = from.as_deref().map(status).transpose()?;
    Ok(Entry { seq, from, to: status(&to)?, at: at.0, note, error })
}

/// The state that a database names.
pub(super) fn status(name: &str) -> sqlx::Result<Status> {
    Status::parse(name).ok_or_else(|| sqlx::Error::Decode(format!("no state is {name}").into()))
}

/// The recipes that this process has seen in the database, by the SHA-256 of their document.
#[derive(Debug, Default)]
pub(super) struct Recipes(RwLock<HashMap<Vec<u8>, Arc<Recipe>>>);

impl Recipes {
    /// Whether all recipes of these rows are known.
    pub(super) fn cover<R: Row>(&self, rows: &[R]) -> sqlx::Result<bool>
    where
        &'static str: ColumnIndex<R>,
        for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut hashes = rows.iter().map(|row| row.try_get::<Vec<u8>, _>("recipe"));
        hashes.try_fold(true, |all, hash| Ok(all && known.contains_key(&hash?)))
    }

    /// The hash of a recipe, and its document where the database may not have it yet.
    pub(super) fn hash(
        &self,
        recipe: &Arc<Recipe>,
    ) -> Result<(Vec<u8>, Option<String>), StoreError> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // A catalog hands out the same few recipes again and again.
        if let Some((hash, _)) = known.iter().find(|(_, known)| Arc::ptr_eq(known, recipe)) {
            return Ok((hash.clone(), None));
        }
        let document = serde_json::to_string(recipe).map_err(error::refused)?;
        Ok((Sha256::digest(&document).to_vec(), Some(document)))
    }

    /// Remembers a recipe that the database has.
    pub(super) fn learn(&self, hash: Vec<u8>, recipe: Arc<Recipe>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(hash, recipe);
    }

    /// Remembers the recipes of these rows that are not known yet and can be read.
    pub(super) fn learn_all(&self, rows: Vec<(Vec<u8>, String)>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (hash, document) in rows {
            if let Ok(recipe) = serde_json::from_str(&document) {
                known.entry(hash).or_insert_with(|| Arc::new(recipe));
            }
        }
    }

    /// A recipe that is known.
    pub(super) fn get(&self, hash: &[u8]) -> Option<Arc<Recipe>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }
}
