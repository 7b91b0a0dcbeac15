//! The lane: orders that are due, claimed, acted on and recorded.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use order_core::{Effect, Order, OrderId, Outcome};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

use super::commands::Orders;
use super::log_transition;
use super::writer::Chain;
use crate::order_id;
use crate::robots::HttpRobots;
use crate::store::StoreError;

/// Orders taken up at one look.
const MOST: usize = 256;

/// Brings forward every order that is due.
pub(super) struct Lane {
    pub(super) orders: Orders,
    pub(super) robots: HttpRobots,
    pub(super) poll_interval: Duration,
}

impl Lane {
    /// Claims and acts until it is aborted. Nobody claims an order that is in hand already.
    pub(super) async fn run(self) {
        let mut in_hand: HashMap<OrderId, AbortHandle> = HashMap::new();
        let mut tasks = JoinSet::new();
        let lane = Arc::new(self);
        loop {
            // Before the look: an order that is finished now is read as it was recorded.
            in_hand.retain(|_, task| !task.is_finished());
            // Those in hand are due too: they must not hide the others.
            let limit = in_hand.len() + MOST;
            match lane.orders.store.due(lane.orders.ambient.clock.now(), limit).await {
                Ok(orders) => {
                    for order in orders {
                        in_hand
                            .entry(order.id)
                            .or_insert_with(|| tasks.spawn(lane.clone().act(order)));
                    }
                }
                Err(error) => tracing::error!(error = %Chain(&error), "cannot read due orders"),
            }
            tokio::select! {
                () = lane.orders.bell.notified() => {}
                Some(_) = tasks.join_next() => {}
                () = sleep(lane.poll_interval) => {}
            }
        }
    }

    /// Does what is due for an order, with no transaction open, and records what came of it.
    async fn act(self: Arc<Self>, order: Order) {
        let outcome = match order.next_effect(self.orders.ambient.clock.now()) {
            Effect::Advance => Outcome::Due,
            Effect::Submit { key, request } => self.robots.submit(key, &request).await,
            Effect::Poll(job) => self.robots.poll(&job).await,
            Effect::Nothing => return,
        };
        let id = order.id;
        if let Err(error) = self.record(order, &outcome).await {
            let order_id = order_id::public(id);
            tracing::error!(order_id, error = %Chain(&error), "cannot record an outcome");
            // The order stays due: the same is done again, under the same idempotency key.
            sleep(self.poll_interval).await;
        }
    }

    /// Records an outcome. If somebody edited the order meanwhile, the same outcome is applied to
    /// the edited order.
    async fn record(&self, mut order: Order, outcome: &Outcome) -> Result<(), StoreError> {
        let Orders { store, ambient, policy, .. } = &self.orders;
        loop {
            let Some(next) = order.apply(outcome.clone(), ambient.moment(), policy) else {
                return Ok(());
            };
            if store.change(&next.order, next.entry.as_ref()).await? {
                if let Some(entry) = &next.entry {
                    log_transition(&next.order, entry, Some(order.updated_at));
                }
                return Ok(());
            }
            match store.order(order.id).await? {
                Some(stored) => order = stored,
                None => return Ok(()),
            }
        }
    }
}
