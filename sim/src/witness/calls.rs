//! What must hold of every call to a robot, when it is made and when it arrives.

use chrono::{DateTime, Utc};
use order_core::{JobStatus, OrderId, Request, Status, Step};
use uuid::Uuid;

use super::{Broken, Witness, broken, ensure};
use crate::kitchen::{Ask, Kitchen};
use crate::world::Who;

impl Witness {
    /// The order that a call is for.
    pub(crate) fn order_of(&self, ask: &Ask, kitchen: &Kitchen) -> Option<OrderId> {
        let key = match ask {
            Ask::Submit { key, .. } => Some(*key),
            Ask::Poll(job) | Ask::Cancel(job) => kitchen.key(job),
        };
        key.and_then(|key| self.attempts.get(&key)).map(|attempt| attempt.order)
    }

    /// A worker makes a call.
    pub(crate) fn called(&mut self, who: Who, ask: &Ask, kitchen: &Kitchen) -> Result<(), Broken> {
        let Some(order) = self.order_of(ask, kitchen) else {
            return broken("an attempt is committed before its first call");
        };
        let claims = self.claims.entry((who, order)).or_default();
        claims.calls += 1;
        ensure(claims.calls <= claims.taken, "there is at most one call for a claim")?;
        match ask {
            Ask::Submit { key, request } => self.is_committed(*key, request),
            Ask::Poll(_) | Ask::Cancel(_) => Ok(()),
        }
    }

    /// A worker has the outcome of a call.
    pub(crate) fn answered(&mut self, who: Who, order: OrderId) {
        self.claims.entry((who, order)).or_default().answered = true;
    }

    /// A request for a job arrives at its robot, perhaps after everybody has given it up. `makes`:
    /// the robot is going to make a job of it.
    pub(crate) fn arrived(
        &self,
        key: Uuid,
        request: &Request,
        makes: bool,
        kitchen: &Kitchen,
        now: DateTime<Utc>,
    ) -> Result<(), Broken> {
        self.is_committed(key, request)?;
        let Some(attempt) = self.attempts.get(&key) else { return Ok(()) };
        let Some(seen) = self.seen.get(&attempt.order) else { return Ok(()) };
        let wanted = seen
            .order
            .state()
            .work()
            .is_some_and(|work| work.step == Step::Calling && work.key(attempt.order) == key);
        if !makes || (!wanted && kitchen.forgot(key)) {
            // Nobody can keep a robot from doing again what it has forgotten.
            return Ok(());
        }
        ensure(wanted, "a call that comes late finds its job and makes none")?;
        let earlier = self.attempts.iter().filter(|(_, other)| {
            (other.order, other.stage) == (attempt.order, attempt.stage)
                && other.number < attempt.number
        });
        for (key, _) in earlier {
            let over = kitchen
                .job(*key)
                .is_none_or(|job| !job.is_alive(now) && job.status(now) != JobStatus::Completed);
            let orphan = kitchen.forgot(*key);
            ensure(over || orphan, "a new attempt begins when the one before is over")?;
        }
        Ok(())
    }

    /// An order at rest leaves no robot at work.
    pub(super) fn rests(
        &self,
        order: OrderId,
        kitchen: &Kitchen,
        now: DateTime<Utc>,
    ) -> Result<(), Broken> {
        let Some(seen) = self.seen.get(&order) else { return Ok(()) };
        for (key, _) in self.attempts.iter().filter(|(_, attempt)| attempt.order == order) {
            let alive = kitchen.job(*key).is_some_and(|job| job.is_alive(now));
            let rule = if seen.order.status() == Status::Cancelled {
                "no job of a cancelled order runs"
            } else {
                "no job of an order at rest runs"
            };
            ensure(!alive || kitchen.forgot(*key), rule)?;
        }
        Ok(())
    }

    fn is_committed(&self, key: Uuid, request: &Request) -> Result<(), Broken> {
        let attempt = self.attempts.get(&key);
        let committed = attempt.is_some_and(|attempt| attempt.request == *request);
        ensure(committed, "an attempt and its body are committed before the first call")
    }
}
