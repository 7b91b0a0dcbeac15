//! What people ask of orders: place one, change it, put it right.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use order_core::{
    Address, Command, Customer, Entry, Order, OrderId, Policy, Recipe, Refusal, Transition,
    estimate,
};
use thiserror::Error;

use super::lane::Bell;
use super::log_transition;
use super::writer::{WriteError, Writer};
use crate::clock::Ambient;
use crate::store::{
    Change, FirstAnswer, IdempotencyKey, NewOrder, Placed, SharedStore, StoreError,
};

/// A command meets another writer at most this often in a row.
const MOST_REPEATS: u32 = 20;

/// The commands on orders.
#[derive(Clone)]
pub struct Orders {
    /// Reads go straight to the store.
    pub store: SharedStore,
    /// Clock and randomness.
    pub ambient: Ambient,
    pub(super) writer: Writer,
    pub(super) policy: Arc<Policy>,
    pub(super) bell: Bell,
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
    /// The order changes too fast.
    #[error("the order changes too fast to be edited: try again")]
    Contended,
    /// It was not stored, or that is not known.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The store cannot be read.
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
        match self
            .writer
            .place(NewOrder { order: order.clone(), entry: entry.clone(), key })
            .await?
        {
            Placed::Created => {
                log_transition(&order, &entry, None);
                self.bell.ring(order.status());
                Ok(answer)
            }
            Placed::Replayed(first) => Ok(first),
            Placed::KeyConflict => Err(CommandError::KeyConflict),
        }
    }

    /// Carries out a command on one order and returns the order as it is then.
    pub async fn command(&self, id: OrderId, command: Command) -> Result<Order, CommandError> {
        for _ in 0..MOST_REPEATS {
            let order = self.store.order(id).await?.ok_or(CommandError::NotFound(id))?.order;
            let Transition { order: next, entry } =
                order.command(command.clone(), self.ambient.moment(), &self.policy)?;
            let change = Change { order: next.clone(), entry: entry.clone(), lease: None };
            if self.writer.change(change).await?
                || self.is_recorded(&order, &next, entry.as_ref()).await?
            {
                if let Some(entry) = &entry {
                    log_transition(&next, entry, Some(order.updated_at));
                }
                self.bell.ring(next.status());
                return Ok(next);
            }
        }
        Err(CommandError::Contended)
    }

    /// Whether a change that was refused had been committed all the same: its answer was lost, and
    /// the order had moved on before the commit was repeated. To carry the command out once more
    /// could skip or repeat what nobody asked for.
    async fn is_recorded(
        &self,
        before: &Order,
        next: &Order,
        entry: Option<&Entry>,
    ) -> Result<bool, StoreError> {
        let Some((stored, history)) = self.store.order_with_history(next.id).await? else {
            return Ok(false);
        };
        // Two people's entries may be alike; what they wrote into the order is not.
        let same = (&stored.customer, &stored.address) == (&next.customer, &next.address);
        let ours = next.edits == before.edits || same;
        Ok(ours && entry.is_some_and(|entry| history.contains(entry)))
    }
}
