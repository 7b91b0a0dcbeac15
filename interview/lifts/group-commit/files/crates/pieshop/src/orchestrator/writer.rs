//! How errors are shown, and the one write path.

use std::slice::from_ref;
use std::sync::Arc;

use thiserror::Error;

use crate::store::{Change, NewOrder, Placed, SharedStore, StoreError};

/// Writes to the store, a transaction a write.
#[derive(Clone)]
pub struct Writer {
    store: SharedStore,
}

/// Why a write was not acknowledged.
#[derive(Clone, Debug, Error)]
pub enum WriteError {
    /// It may have been stored or not.
    #[error("whether this was stored is not known")]
    OutcomeUnknown,
    /// It was not stored.
    #[error("this was not stored")]
    NotStored(#[source] Arc<StoreError>),
}

impl Writer {
    /// Writes to this store.
    pub fn new(store: &SharedStore) -> Self {
        Self { store: store.clone() }
    }

    /// Creates an order.
    pub async fn place(&self, order: NewOrder) -> Result<Placed, WriteError> {
        only(self.store.place(from_ref(&order)).await)
    }

    /// Records a transition; `false` where the stored version or lease is another.
    pub async fn change(&self, change: Change) -> Result<bool, WriteError> {
        only(self.store.change(from_ref(&change)).await)
    }
}

/// What became of the only write.
fn only<T>(done: Result<Vec<T>, StoreError>) -> Result<T, WriteError> {
    match done {
        Ok(done) => done.into_iter().next().ok_or(WriteError::OutcomeUnknown),
        Err(StoreError::Lost(_)) => Err(WriteError::OutcomeUnknown),
        Err(error) => Err(WriteError::NotStored(Arc::new(error))),
    }
}

/// Shows an error with everything that caused it.
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
