//! A lane: orders in one state, claimed, acted on and recorded.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use order_core::{Effect, Order, Outcome, Policy, Status};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::log_transition;
use super::writer::{Chain, Writer};
use crate::clock::Ambient;
use crate::order_id;
use crate::robots::Robots;
use crate::store::{Change, Claim, SharedStore, StoreError, Stored};

/// Wakes the lane of a state that has something due, in this process.
#[derive(Clone, Default)]
pub struct Bell(Arc<[Notify; Status::ALL.len()]>);

impl Bell {
    /// Something may be due for an order in `status`.
    pub fn ring(&self, status: Status) {
        self.0[status as usize].notify_one();
    }

    async fn heard(&self, status: Status) {
        self.0[status as usize].notified().await;
    }
}

/// Brings forward the orders in one state.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) status: Status,
    pub(super) permits: usize,
    pub(super) store: SharedStore,
    pub(super) robots: Arc<dyn Robots>,
    pub(super) ambient: Ambient,
    pub(super) policy: Arc<Policy>,
    pub(super) writer: Writer,
    pub(super) bell: Bell,
    pub(super) lease: TimeDelta,
    pub(super) poll_interval: Duration,
}

impl Lane {
    /// Claims and acts until `stop`, then waits for what is in hand.
    pub(super) async fn run(self, stop: CancellationToken) {
        let permits = Arc::new(Semaphore::new(self.permits));
        let tasks = TaskTracker::new();
        let lane = Arc::new(self);
        let mut healthy = true;
        while !stop.is_cancelled() {
            let claimed = match lane.claim(&permits, &stop).await {
                Ok(claimed) => {
                    healthy = true;
                    claimed
                }
                Err(error) => {
                    // An outage is one line, however long it lasts.
                    if std::mem::replace(&mut healthy, false) {
                        let (lane, error) = (lane.status.as_str(), Chain(&error));
                        tracing::error!(lane, %error, "cannot claim orders");
                    }
                    stop.run_until_cancelled(sleep(lane.poll_interval)).await;
                    continue;
                }
            };
            let full = claimed.full;
            for (order, permit) in claimed.orders {
                let lane = lane.clone();
                tasks.spawn(async move {
                    lane.act(order, claimed.token).await;
                    drop(permit);
                });
            }
            if !full {
                let heard = timeout(lane.poll_interval, lane.bell.heard(lane.status));
                let _ = stop.run_until_cancelled(heard).await;
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    /// Claims at most as many orders as there are free permits, and as the robot's breaker admits.
    async fn claim(
        &self,
        permits: &Arc<Semaphore>,
        stop: &CancellationToken,
    ) -> Result<InHand, StoreError> {
        let token = self.ambient.entropy.token();
        let first = stop.run_until_cancelled(permits.clone().acquire_owned()).await;
        let Some(Ok(first)) = first else {
            return Ok(InHand { orders: Vec::new(), token, full: false });
        };
        // Whoever was answered by the same commit gives its permit back first: one large claim
        // costs less than several small ones.
        tokio::task::yield_now().await;
        let mut free = first;
        let more = u32::try_from(permits.available_permits()).unwrap_or(u32::MAX);
        if let Ok(more) = permits.clone().try_acquire_many_owned(more) {
            free.merge(more);
        }
        let all = free.num_permits();
        let allowed = self.robots.breaker(self.status).map_or(all, |it| it.allowance.min(all));
        let limit = u16::try_from(allowed).unwrap_or(u16::MAX);
        if limit == 0 {
            return Ok(InHand { orders: Vec::new(), token, full: false });
        }
        let claim = Claim { status: self.status, limit, lease: self.lease, token };
        let claimed = self.store.claim(claim).await?;
        self.ambient.clock.set(claimed.now);
        // With fewer than all, those claimed must ask the breaker before any more are.
        let full = claimed.orders.len() == all;
        let with_permit = |order| Some((order, free.split(1)?));
        Ok(InHand {
            orders: claimed.orders.into_iter().map_while(with_permit).collect(),
            token,
            full,
        })
    }

    /// Does what is due for an order, with no transaction open, and records what came of it.
    async fn act(&self, order: Order, token: Uuid) {
        let outcome = match order.next_effect(self.ambient.clock.now()) {
            Effect::Advance => Outcome::Due,
            Effect::Submit { key, request } => self.robots.submit(key, &request).await,
            Effect::Poll(job) => self.robots.poll(&job).await,
            Effect::Cancel(job) => self.robots.cancel(&job).await,
            Effect::Wait(_) | Effect::Nothing => return self.release(&order, token).await,
        };
        self.record(order, outcome, token).await;
    }

    /// Records an outcome. If somebody edited the order meanwhile, the same outcome is applied to
    /// the edited order; if the lease is lost, another worker records what it saw.
    async fn record(&self, mut order: Order, outcome: Outcome, token: Uuid) {
        loop {
            let moment = self.ambient.moment();
            let Ok(next) = order.apply(outcome.clone(), moment, &self.policy) else {
                return self.release(&order, token).await;
            };
            let change =
                Change { order: next.order.clone(), entry: next.entry.clone(), lease: Some(token) };
            match self.writer.change(change).await {
                Ok(true) => {
                    if let Some(entry) = &next.entry {
                        log_transition(&next.order, entry, Some(order.updated_at));
                    }
                    if next.order.wake_at.is_some_and(|at| at <= moment.now) {
                        self.bell.ring(next.order.status());
                    }
                    return;
                }
                Ok(false) => {}
                Err(error) => return self.unrecorded(&order, &error),
            }
            match self.store.order(order.id).await {
                Ok(Some(Stored { order: stored, lease })) if lease == Some(token) => order = stored,
                Ok(_) => return,
                Err(error) => return self.unrecorded(&order, &error),
            }
        }
    }

    /// The lease runs out and the same effect is tried again, under the same idempotency key.
    fn unrecorded(&self, order: &Order, error: &(dyn std::error::Error + 'static)) {
        let (order_id, lane) = (order_id::public(order.id), self.status.as_str());
        tracing::error!(order_id, lane, error = %Chain(error), "cannot record an outcome");
    }

    async fn release(&self, order: &Order, token: Uuid) {
        if let Err(error) = self.store.release(&[order.id], token).await {
            self.unrecorded(order, &error);
        }
    }
}

/// Orders that were claimed, each with its permit.
struct InHand {
    orders: Vec<(Order, OwnedSemaphorePermit)>,
    token: Uuid,
    full: bool,
}
