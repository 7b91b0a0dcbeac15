//! What must hold at the end, when nothing has gone wrong for a while.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use order_core::{OrderId, State, Status};

use super::{Broken, Witness, ensure};
use crate::database::Database;
use crate::kitchen::Kitchen;

impl Witness {
    /// Whether every order is at rest.
    pub(crate) fn all_rest(&self) -> bool {
        self.restless().is_none()
    }

    /// An order that is still under way.
    pub(crate) fn restless(&self) -> Option<OrderId> {
        self.seen.values().find(|seen| seen.order.wake_at.is_some()).map(|seen| seen.order.id)
    }

    /// Everything has come to an end: how, of one order.
    pub(crate) fn ends(
        &self,
        id: OrderId,
        database: &Database,
        kitchen: &Kitchen,
        now: DateTime<Utc>,
    ) -> Result<(), Broken> {
        let Some(seen) = self.seen.get(&id) else { return Ok(()) };
        let row = database.rows.get(&id);
        ensure(row.is_some_and(|row| row.order == seen.order), "what was committed stays")?;
        let history = database.histories.get(&id);
        ensure(history == Some(&seen.history), "the history stays as it was written")?;
        let rests = match seen.order.state() {
            State::Completed | State::Cancelled => true,
            State::Error(failure) => failure.open.is_none() && !failure.code.is_empty(),
            _ => false,
        };
        ensure(rests, "at the end every order is finished, or in ERROR with a reason")?;
        let cancelled = self.cancelled.contains(&id) || seen.order.workflow.cancel_requested;
        let ended = match seen.order.status() {
            Status::Cancelled => true,
            // A drone that was under way when it was to be stopped may have arrived.
            Status::Completed => seen.cancelled_at == Some(4),
            _ => false,
        };
        ensure(!cancelled || ended, "a cancellation that was asked for comes to its end")?;
        self.rests(id, kitchen, now)
    }

    /// Whoever was told of an acceptance finds the order.
    pub(crate) fn acknowledged_are_there(&self, database: &Database) -> Result<(), Broken> {
        let lost = self.acknowledged.iter().find(|id| !database.rows.contains_key(id));
        ensure(lost.is_none(), "an order that is acknowledged is never lost")
    }

    /// A worker has counted the orders by state.
    pub(crate) fn counted(&self, counted: &BTreeMap<Status, i64>) -> Result<(), Broken> {
        let of = |counts: &BTreeMap<Status, i64>, status| counts.get(&status).copied();
        let counts = self.counts();
        let equal = Status::ALL.into_iter().all(|status| {
            of(counted, status).unwrap_or_default() == of(&counts, status).unwrap_or_default()
        });
        ensure(equal, "the counters equal the history")
    }

    /// The number of orders by state, by the history.
    pub(crate) fn counts(&self) -> BTreeMap<Status, i64> {
        let mut counts = BTreeMap::new();
        for seen in self.seen.values() {
            *counts
                .entry(seen.history.last().map_or(Status::Ordered, |last| last.to))
                .or_default() += 1;
        }
        counts
    }
}
