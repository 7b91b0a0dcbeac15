//! What people ask of orders: place one, change it, put it right.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use order_core::{
    Address, Command, Customer, Order, OrderId, Policy, Recipe, Refusal, Transition, estimate,
};
use thiserror::Error;
use tokio::sync::Notify;

use super::log_transition;
use crate::clock::Ambient;
use crate::store::{FirstAnswer, IdempotencyKey, Placed, SharedStore, StoreError};

/// A command meets another writer at most this often in a row.
const MOST_REPEATS: u32 = 20;

/// The commands on orders.
#[derive(Clone)]
pub struct Orders {
    /// Reads go straight to the store.
    pub store: SharedStore,
    /// Clock and randomness.
    pub ambient: Ambient,
    pub(super) policy: Arc<Policy>,
    pub(super) bell: Arc<Notify>,
}

/// Why a command was not carried out.
#[derive(Debug, Error)]
pub enum CommandError {
    /// There is no such order.
    #[error("there is no such order")]
    NotFound,
    /// The order's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyConflict,
    /// The order changes too fast.
    #[error("the order changes too fast to be edited: try again")]
    Contended,
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Orders {
    /// When a pie that is ordered `now` is promised.
    pub fn promise(&self, recipe: &Recipe, now: DateTime<Utc>) -> DateTime<Utc> {
        estimate::at_creation(recipe, now, &self.policy)
    }

    /// Accepts an order. It is durable when this returns.
    pub async fn place(
        &self,
        customer: Customer,
        address: Address,
        recipe: Arc<Recipe>,
        key: Option<IdempotencyKey>,
    ) -> Result<FirstAnswer, CommandError> {
        let now = self.ambient.clock.now();
        let id = self.ambient.entropy.order_id(now);
        let Transition { order, entry } =
            Order::place(id, customer, address, recipe, now, &self.policy);
        let answer = FirstAnswer {
            id,
            promised_delivery: order.promised_delivery,
            created_at: order.created_at,
        };
        let Some(entry) = entry else { return Err(CommandError::Contended) };
        match self.store.place(&order, &entry, key).await? {
            Placed::Created => {
                log_transition(&order, &entry, None);
                self.bell.notify_one();
                Ok(answer)
            }
            Placed::Replayed(first) => Ok(first),
            Placed::KeyConflict => Err(CommandError::KeyConflict),
        }
    }

    /// Carries out a command on one order and returns the order as it is then.
    pub async fn command(&self, id: OrderId, command: Command) -> Result<Order, CommandError> {
        for _ in 0..MOST_REPEATS {
            let order = self.store.order(id).await?.ok_or(CommandError::NotFound)?;
            let Transition { order: next, entry } =
                order.command(command.clone(), self.ambient.moment(), &self.policy)?;
            if self.store.change(&next, entry.as_ref()).await? {
                if let Some(entry) = &entry {
                    log_transition(&next, entry, Some(order.updated_at));
                }
                self.bell.notify_one();
                return Ok(next);
            }
        }
        Err(CommandError::Contended)
    }
}
