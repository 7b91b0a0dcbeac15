//! What people ask of orders: place one, change it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use order_core::{Address, Customer, Order, OrderId, Policy, Recipe, Refusal, Status, Transition};
use thiserror::Error;
use tokio::sync::Notify;

use super::log_transition;
use crate::clock::Ambient;
use crate::store::{FirstAnswer, IdempotencyKey, Placed, SharedStore, StoreError};

/// The commands on orders.
#[derive(Clone)]
pub struct Orders {
    /// Reads go straight to the store.
    pub store: SharedStore,
    /// Clock and randomness.
    pub ambient: Ambient,
    pub(super) policy: Arc<Policy>,
    /// Rung where something may have become due.
    pub(super) bell: Arc<Notify>,
}

/// Why a command was not carried out.
#[derive(Debug, Error)]
pub enum CommandError {
    /// There is no such order.
    #[error("there is no such order")]
    NotFound(OrderId),
    /// The order's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyConflict,
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Orders {
    /// When a pie that is ordered `now` is promised.
    pub fn promise(&self, recipe: &Recipe, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.policy.ahead(Status::Ordered, recipe)
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
        let (order, entry) = Order::place(id, customer, address, recipe, now, &self.policy);
        let answer = FirstAnswer {
            id,
            promised_delivery: order.promised_delivery,
            created_at: order.created_at,
        };
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

    /// Changes the contact, the address or both.
    pub async fn edit(
        &self,
        id: OrderId,
        customer: Option<Customer>,
        address: Option<Address>,
    ) -> Result<(), CommandError> {
        loop {
            let order = self.store.order(id).await?.ok_or(CommandError::NotFound(id))?;
            let now = self.ambient.clock.now();
            let Transition { order: next, entry } =
                order.edit(customer.clone(), address.clone(), now)?;
            if self.store.change(&next, entry.as_ref()).await? {
                if let Some(entry) = &entry {
                    log_transition(&next, entry, Some(order.updated_at));
                }
                return Ok(());
            }
        }
    }
}
