//! What must hold of every commit that changes an order.

use chrono::{DateTime, Utc};
use order_core::{Entry, Order, Stage, State, Status, Step, Work};
use pieshop::store::Change;

use super::{Attempt, Broken, Seen, Witness, broken, ensure};
use crate::kitchen::Kitchen;
use crate::world::Who;

const ROBOT_STAGES: [Stage; 3] = [Stage::Picking, Stage::Baking, Stage::Delivering];
const EDITS: [&str; 3] = ["contact changed", "address changed", "contact and address changed"];
const COMMANDS: [&str; 4] = ["cancelled by the customer", "retry", "skip", "close"];

impl Witness {
    /// A change was committed.
    pub(crate) fn changed(
        &mut self,
        who: Who,
        change: &Change,
        kitchen: &Kitchen,
        now: DateTime<Utc>,
    ) -> Result<(), Broken> {
        let Change { order, entry, lease } = change;
        let Some(seen) = self.seen.get_mut(&order.id) else {
            return broken("only what is there is changed");
        };
        let note = entry.as_ref().and_then(|entry| entry.note.as_deref()).unwrap_or_default();
        let command = EDITS.contains(&note) || COMMANDS.iter().any(|it| note.starts_with(it));
        if let Some(token) = lease {
            let holder = self.leases.remove(&order.id);
            ensure(holder == Some((who, *token)), "only the holder of the lease records")?;
        } else {
            ensure(command, "without a lease only a person's command is recorded")?;
            seen.commands_committed += 1;
            ensure(
                seen.commands_committed <= seen.commands + self.bulk,
                "a command is carried out once",
            )?;
        }
        row(&seen.order, order, EDITS.contains(&note))?;
        history(seen, order, entry.as_ref())?;
        due(order)?;
        if lease.is_none() {
            seen.retried |= note.starts_with("retry");
            seen.skips |= note.starts_with("skip");
        }
        way(seen, order, kitchen, now)?;
        if order.workflow.cancel_requested {
            seen.cancelled_at.get_or_insert(seen.rank);
        }
        attempts(seen, order)?;
        let answered = self.claims.get(&(who, order.id)).is_some_and(|claims| claims.answered);
        tries(seen, change, answered, self.tries)?;
        if let Some(work) = order.state().work() {
            let key = work.key(order.id);
            let attempt = self.attempts.entry(key).or_insert_with(|| Attempt {
                order: order.id,
                stage: work.stage(),
                number: work.attempt,
                request: work.request.clone(),
            });
            let same = (attempt.order, attempt.stage, attempt.number)
                == (order.id, work.stage(), work.attempt);
            ensure(same, "one key stands for one order, stage and attempt")?;
            ensure(attempt.request == work.request, "one key has one body")?;
            let number = (order.id, work.stage(), work.attempt);
            let first = *self.keys_of.entry(number).or_insert(key);
            ensure(first == key, "one attempt has one key")?;
        }
        seen.order = order.clone();
        seen.versions.push(order.updated_at);
        seen.history.extend(entry.clone());
        if seen.order.status() != Status::Error {
            seen.skips = false;
        }
        let id = order.id;
        if order.wake_at.is_none() { self.rests(id, kitchen, now) } else { Ok(()) }
    }
}

fn row(old: &Order, new: &Order, edit: bool) -> Result<(), Broken> {
    ensure(new.version == old.version + 1, "every change counts the version up by one")?;
    ensure(new.updated_at > old.updated_at, "the times of changes rise strictly")?;
    let over = [Status::Completed, Status::Cancelled].contains(&old.status());
    ensure(!over, "nothing changes after the end")?;
    ensure(
        new.created_at == old.created_at
            && new.promised_delivery == old.promised_delivery
            && new.recipe == old.recipe,
        "what was promised stays",
    )?;
    let cancel = old.workflow.cancel_requested && !new.workflow.cancel_requested;
    ensure(!cancel, "a cancellation is not taken back")?;
    if edit {
        ensure(new.edits == old.edits + 1, "an edit counts the edits up by one")?;
        ensure(new.workflow == old.workflow, "an edit changes no state")
    } else {
        let same =
            new.customer == old.customer && new.address == old.address && new.edits == old.edits;
        ensure(same, "no edit is overwritten")
    }
}

fn history(seen: &Seen, order: &Order, entry: Option<&Entry>) -> Result<(), Broken> {
    let Some(entry) = entry else {
        ensure(order.status() == seen.order.status(), "every change of state is an entry")?;
        return ensure(order.seq == seen.order.seq, "without an entry none is counted");
    };
    let last = seen.history.last();
    let next = last.map_or(1, |last| last.seq + 1);
    ensure(entry.seq == next && order.seq == next, "the entries are numbered without a gap")?;
    ensure(entry.from == last.map(|last| last.to), "the history is a chain")?;
    ensure(entry.to == order.status(), "the row's state is the last entry's")?;
    ensure(last.is_none_or(|last| entry.at > last.at), "the history's times rise strictly")?;
    ensure(entry.at == order.updated_at, "an entry has the time of its change")
}

/// Something is due exactly where an order cannot rest.
fn due(order: &Order) -> Result<(), Broken> {
    let restless = match order.state() {
        State::Completed | State::Cancelled => false,
        State::Error(failure) => failure.open.is_some(),
        State::Ordered
        | State::Picking(_)
        | State::Prepping { .. }
        | State::Baking(_)
        | State::Delivering(_) => true,
    };
    ensure(order.wake_at.is_some() == restless, "an order has a wake-up time if something is due")?;
    match order.state() {
        State::Error(failure) => ensure(
            !failure.code.is_empty() && !failure.detail.is_empty(),
            "an order in ERROR has a reason",
        ),
        _ => Ok(()),
    }
}

/// How far the pie has come: it never goes back, and never further without a good reason.
fn way(
    seen: &mut Seen,
    order: &Order,
    kitchen: &Kitchen,
    now: DateTime<Utc>,
) -> Result<(), Broken> {
    let rank = match order.status() {
        Status::Ordered => 0,
        Status::Picking => 1,
        Status::Prepping => 2,
        Status::Baking => 3,
        Status::Delivering => 4,
        Status::Completed => 5,
        Status::Error | Status::Cancelled => return Ok(()),
    };
    if rank == seen.rank {
        return Ok(());
    }
    ensure(rank == seen.rank + 1, "a pie passes each stage once, one after the other")?;
    seen.rank = rank;
    (seen.repeats, seen.retried) = (0, false);
    let work = seen.order.state().work();
    let completed = work.is_some_and(|work| kitchen.completed(work.key(order.id), now));
    let prepared = matches!(seen.order.state(), State::Prepping { .. } | State::Ordered);
    ensure(
        completed || prepared || seen.skips,
        "a stage is left when its robot has completed the job, or an administrator skips it",
    )
}

fn attempts(seen: &mut Seen, order: &Order) -> Result<(), Broken> {
    let mut begun = Vec::new();
    for stage in ROBOT_STAGES {
        let [old, new] = [&seen.order, order].map(|order| order.workflow.attempts.of(stage));
        ensure(new == old || new == old + 1, "attempts are never reset, and begin one by one")?;
        begun.extend((new > old).then_some(stage));
    }
    if let Some(work) = order.state().work() {
        let number = order.workflow.attempts.of(work.stage());
        ensure(work.attempt == number, "the work is that of the latest attempt")?;
    }
    let Some(stage) = begun.first() else { return again(&seen.order, order) };
    ensure(begun.len() == 1, "one attempt begins at a time")?;
    ensure(!order.workflow.cancel_requested, "what is to be cancelled begins nothing")?;
    if seen.order.status() != stage.status() {
        (seen.repeats, seen.retried) = (0, false);
        return Ok(());
    }
    if std::mem::take(&mut seen.retried) {
        seen.repeats = 0;
        return Ok(());
    }
    seen.repeats += 1;
    match stage {
        Stage::Picking => ensure(seen.repeats <= 1, "picking is repeated once by itself"),
        Stage::Delivering => Ok(()),
        Stage::Prepping | Stage::Baking => broken("no oven is filled twice without a person"),
    }
}

/// A job that the robot has forgotten may be asked for again where no pie is in it.
fn again(old: &Order, new: &Order) -> Result<(), Broken> {
    let (Some(old), Some(new)) = (old.state().work(), new.state().work()) else { return Ok(()) };
    let back = new.step == Step::Calling && old.step != Step::Calling;
    ensure(!back || new.stage() == Stage::Picking, "no forgotten oven or drone is filled again")
}

/// Failed calls in a row stay within the policy, wherever the order is not in ERROR already.
fn tries(seen: &mut Seen, change: &Change, answered: bool, most: u32) -> Result<(), Broken> {
    let Change { order, entry, lease } = change;
    let entry = entry.as_ref();
    let leased = lease.is_some();
    let step = |order: &Order| order.state().work().map(place);
    let failed = leased
        && entry.is_some_and(|entry| entry.error.is_some() && entry.from == Some(entry.to))
        && step(order).is_some()
        && step(order) == step(&seen.order);
    let same = step(order) == step(&seen.order) && leased;
    if failed {
        seen.failures += 1;
    } else if !same || answered {
        seen.failures = 0;
    }
    if order.status() == Status::Error || order.workflow.cancel_requested {
        return Ok(());
    }
    let counted = order.state().work().map_or(0, |work| work.tries);
    ensure(counted < most && seen.failures < most, "failed calls stay within the policy")
}

/// What of a work its failed calls have in common.
fn place(work: &Work) -> (Stage, u32, u32, u8, Option<String>) {
    let (step, job) = match &work.step {
        Step::Calling => (0, None),
        Step::Working { job, .. } => (1, Some(job)),
        Step::Cancelling { job, .. } => (2, Some(job)),
    };
    (work.stage(), work.attempt, work.lost, step, job.map(|job| job.id().to_owned()))
}
