//! Watches a run and says which rule is broken. Nothing of what is tested is used to judge it: what
//! must hold is written down here once more.

mod calls;
mod changes;
mod end;
mod feed;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use order_core::{Entry, Order, OrderId, Request, Stage, Status};
use pieshop::store::{FirstAnswer, IdempotencyKey, NewOrder};
use uuid::Uuid;

use crate::world::Who;

/// A rule that is broken, in a sentence.
pub(crate) struct Broken(pub(crate) String);

/// Everything that was seen so far.
#[derive(Default)]
pub(crate) struct Witness {
    tries: u32,
    seen: BTreeMap<OrderId, Seen>,
    keys: BTreeMap<[u8; 32], (OrderId, [u8; 32])>,
    answers: BTreeMap<[u8; 32], FirstAnswer>,
    acknowledged: Vec<OrderId>,
    cancelled: Vec<OrderId>,
    attempts: BTreeMap<Uuid, Attempt>,
    keys_of: BTreeMap<(OrderId, Stage, u32), Uuid>,
    leases: BTreeMap<OrderId, (Who, Uuid)>,
    claims: BTreeMap<(Who, OrderId), Claims>,
    listeners: BTreeMap<Who, feed::Listener>,
    /// Commands that may have touched any order.
    bulk: u32,
}

/// An order as of its last commit.
struct Seen {
    order: Order,
    history: Vec<Entry>,
    /// When each version was committed, from 1.
    versions: Vec<DateTime<Utc>>,
    /// How far the pie has come.
    rank: u8,
    /// Failed calls of the same step that were recorded, one after the other.
    failures: u32,
    /// Attempts that followed another without an administrator.
    repeats: u32,
    /// An administrator wants a fresh attempt.
    retried: bool,
    /// An administrator wants the failed stage to be skipped.
    skips: bool,
    /// How far the pie had come when the cancellation began.
    cancelled_at: Option<u8>,
    commands: u32,
    commands_committed: u32,
}

/// What a robot's key stands for.
struct Attempt {
    order: OrderId,
    stage: Stage,
    number: u32,
    request: Request,
}

#[derive(Default)]
struct Claims {
    taken: u32,
    calls: u32,
    /// The call of the latest claim was answered somehow.
    answered: bool,
}

impl Witness {
    /// `tries`: how often the policy allows a call to fail.
    pub(crate) fn new(tries: u32) -> Self {
        Self { tries, ..Self::default() }
    }

    /// An order was created.
    pub(crate) fn placed(&mut self, new: &NewOrder) -> Result<(), Broken> {
        let NewOrder { order, entry, key } = new;
        ensure(!self.seen.contains_key(&order.id), "an id belongs to one order")?;
        ensure(order.version == 1 && order.seq == 1, "an order begins at version and entry 1")?;
        ensure(
            entry.seq == 1 && entry.from.is_none() && entry.to == order.status(),
            "a history begins with the creation",
        )?;
        ensure(order.wake_at.is_some(), "a new order has something due")?;
        if let Some(key) = key {
            let other = self.keys.insert(key.key, (order.id, key.body));
            ensure(other.is_none(), "one idempotency key of a customer makes one order")?;
        }
        let seen = Seen {
            order: order.clone(),
            history: vec![entry.clone()],
            versions: vec![order.updated_at],
            rank: 0,
            failures: 0,
            repeats: 0,
            retried: false,
            skips: false,
            cancelled_at: None,
            commands: 0,
            commands_committed: 0,
        };
        self.seen.insert(order.id, seen);
        Ok(())
    }

    /// A worker has told a customer that the order is accepted.
    pub(crate) fn acknowledged(
        &mut self,
        answer: &FirstAnswer,
        key: Option<IdempotencyKey>,
    ) -> Result<(), Broken> {
        let Some(seen) = self.seen.get(&answer.id) else {
            return broken("an order that is acknowledged is stored");
        };
        ensure(
            seen.order.created_at == answer.created_at
                && seen.order.promised_delivery == answer.promised_delivery,
            "an acknowledgement tells what is stored",
        )?;
        if let Some(key) = key {
            let there = self.keys.get(&key.key);
            ensure(there == Some(&(answer.id, key.body)), "a key leads to its own order")?;
            let first = self.answers.entry(key.key).or_insert(*answer);
            ensure(first == answer, "a repeated request gets the first answer again")?;
        }
        self.acknowledged.push(answer.id);
        Ok(())
    }

    /// A worker has told a customer, who asked for the first time, that nothing was stored.
    pub(crate) fn refused(&self, key: [u8; 32]) -> Result<(), Broken> {
        ensure(!self.keys.contains_key(&key), "what is said not to be stored is not stored")
    }

    /// Somebody asks for a command on an order; on any, where there is none.
    pub(crate) fn asked(&mut self, order: Option<OrderId>) {
        match order.and_then(|id| self.seen.get_mut(&id)) {
            Some(seen) => seen.commands += 1,
            None => self.bulk += 1,
        }
    }

    /// A worker has told somebody that a command is done.
    pub(crate) fn done(&mut self, order: &Order, cancels: bool) -> Result<(), Broken> {
        if cancels {
            self.cancelled.push(order.id);
        }
        let version = usize::try_from(order.version).unwrap_or_default();
        let committed = self.seen.get(&order.id).and_then(|it| it.versions.get(version - 1));
        ensure(committed == Some(&order.updated_at), "a command that is acknowledged is stored")
    }

    /// A worker has an order in hand.
    pub(crate) fn claimed(&mut self, who: Who, order: &Order, token: Uuid) {
        self.leases.insert(order.id, (who, token));
        let claims = self.claims.entry((who, order.id)).or_default();
        (claims.taken, claims.answered) = (claims.taken + 1, false);
    }

    /// A worker gives an order back.
    pub(crate) fn released(&mut self, order: OrderId, token: Uuid) {
        if self.leases.get(&order).is_some_and(|(_, held)| *held == token) {
            self.leases.remove(&order);
        }
    }

    /// Whether an order is in ERROR.
    pub(crate) fn is_failed(&self, order: OrderId) -> bool {
        self.seen.get(&order).is_some_and(|seen| seen.order.status() == Status::Error)
    }

    /// The ids of all orders.
    pub(crate) fn orders(&self) -> Vec<OrderId> {
        self.seen.keys().copied().collect()
    }
}

fn ensure(truth: bool, rule: &str) -> Result<(), Broken> {
    if truth { Ok(()) } else { broken(rule) }
}

fn broken(rule: &str) -> Result<(), Broken> {
    Err(Broken(rule.to_owned()))
}
