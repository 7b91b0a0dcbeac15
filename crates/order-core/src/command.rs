//! What people do to an order: cancel it, mend its address, put it right.

use thiserror::Error;

use crate::order::{Address, Customer, Moment, Order};
use crate::retry::Policy;
use crate::state::{Because, Failure, Stage, State, Status, Step, Work};
use crate::transition::{Change, Transition, robot_state};

/// A person's wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The customer does not want the pie any more.
    Cancel,
    /// Contact or address is to be changed.
    Edit {
        /// The value of [`Order::edits`] that the editor has seen.
        seen: i32,
        /// The new contact, if it changes.
        customer: Option<Customer>,
        /// The new address, if it changes.
        address: Option<Address>,
    },
    /// An administrator puts an order in ERROR right.
    Recover {
        /// How.
        action: RecoveryAction,
        /// Why; kept in the history.
        note: Option<String>,
    },
}

/// How an order in ERROR is put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryAction {
    /// The failed stage is tried again.
    Retry,
    /// The failed stage counts as done.
    Skip,
    /// The order ends in CANCELLED.
    Close,
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The cancellation was asked for before; nothing is left to do.
    #[error("the order's cancellation was already requested")]
    AlreadyRequested,
    /// It is too late to cancel.
    #[error("an order in {0} cannot be cancelled")]
    NotCancellable(Status),
    /// It is too late to change contact or address.
    #[error("an order in {0} cannot be changed any more")]
    NotEditable(Status),
    /// Somebody else changed the order since it was read.
    #[error("the order was changed since: its version is {current}")]
    VersionMismatch {
        /// The present value of [`Order::edits`].
        current: i32,
    },
    /// There is nothing to put right.
    #[error("an order in {0} needs no recovery")]
    NotInError(Status),
    /// The order is being cancelled.
    #[error("the order is being cancelled")]
    BeingCancelled,
}

impl Order {
    /// Carries out a person's wish.
    pub fn command(
        &self,
        command: Command,
        at: Moment,
        policy: &Policy,
    ) -> Result<Transition, Refusal> {
        let change = Change::of(self, at, policy);
        match command {
            Command::Cancel => self.cancel(change),
            Command::Edit { seen, customer, address } => {
                self.may_edit()?;
                self.is_as_seen(seen)?;
                Ok(change.edit(customer, address))
            }
            Command::Recover { action, note } => {
                let State::Error(failure) = self.state() else {
                    return Err(Refusal::NotInError(self.status()));
                };
                if self.workflow.cancel_requested {
                    return Err(Refusal::BeingCancelled);
                }
                Ok(change.recover(failure, action, note.as_deref()))
            }
        }
    }

    fn cancel(&self, change: Change<'_>) -> Result<Transition, Refusal> {
        let status = self.status();
        if status == Status::Completed {
            return Err(Refusal::NotCancellable(status));
        }
        if self.workflow.cancel_requested || status == Status::Cancelled {
            return Err(Refusal::AlreadyRequested);
        }
        if status == Status::Delivering {
            return Err(Refusal::NotCancellable(status));
        }
        Ok(change.end("cancelled by the customer"))
    }

    /// Whether contact and address may be changed.
    pub fn may_edit(&self) -> Result<(), Refusal> {
        match self.status() {
            status @ (Status::Delivering | Status::Completed | Status::Cancelled) => {
                Err(Refusal::NotEditable(status))
            }
            _ if self.workflow.cancel_requested => Err(Refusal::BeingCancelled),
            // A drone may be under way to the old address; it is asked after until that is known.
            status if self.state().work().is_some_and(|it| it.stage() == Stage::Delivering) => {
                Err(Refusal::NotEditable(status))
            }
            _ => Ok(()),
        }
    }

    fn is_as_seen(&self, seen: i32) -> Result<(), Refusal> {
        let current = self.edits;
        if seen == current { Ok(()) } else { Err(Refusal::VersionMismatch { current }) }
    }
}

impl Change<'_> {
    /// Ends the order: at once where nothing runs, else as soon as that is stopped.
    fn end(mut self, note: &str) -> Transition {
        let Some(work) = self.order.state().work().cloned() else {
            return self.finish(State::Cancelled, None, Some(note));
        };
        self.order.workflow.cancel_requested = true;
        let work = stop(work, Because::Unwanted);
        let state = match self.order.state() {
            State::Error(failure) => State::Error(Failure { open: Some(work), ..failure.clone() }),
            _ => robot_state(work),
        };
        let now = self.at.now;
        self.finish(state, Some(now), Some(note))
    }

    fn edit(mut self, customer: Option<Customer>, address: Option<Address>) -> Transition {
        let what = match (&customer, &address) {
            (Some(_), Some(_)) => "contact and address changed",
            (None, Some(_)) => "address changed",
            _ => "contact changed",
        };
        let order = &mut self.order;
        order.customer = customer.unwrap_or_else(|| order.customer.clone());
        order.address = address.unwrap_or_else(|| order.address.clone());
        order.edits += 1;
        let (state, wake_at) = (order.workflow.state.clone(), order.wake_at);
        let estimate = order.estimated_delivery;
        let mut transition = self.finish(state, wake_at, Some(what));
        // An edit tells nothing about the robots' times.
        transition.order.estimated_delivery = estimate;
        transition
    }

    fn recover(self, failure: &Failure, action: RecoveryAction, note: Option<&str>) -> Transition {
        let now = self.at.now;
        let text = |what: &str| note.map_or_else(|| what.into(), |note| format!("{what}: {note}"));
        match (action, failure.open.clone()) {
            (RecoveryAction::Retry, Some(work)) => {
                // The same job, with fresh tries: asking for it again shows how it stands.
                let work = Work { repeats: 0, ..stop_only_if_stopping(work) };
                self.finish(robot_state(work), Some(now), Some(&text("retry")))
            }
            (RecoveryAction::Retry, None) => self.enter(failure.stage, Some(&text("retry"))),
            (RecoveryAction::Skip, Some(work)) => {
                let open = Some(stop(work, Because::Unwanted));
                let state = State::Error(Failure { open, skip: true, ..failure.clone() });
                self.finish(state, Some(now), Some(&text("skip")))
            }
            (RecoveryAction::Skip, None) => self.leave(failure.stage, Some(&text("skip"))),
            (RecoveryAction::Close, _) => self.end(&text("close")),
        }
    }
}

/// The work with the job's cancellation due; a call of unknown fate is repeated first.
fn stop(work: Work, because: Because) -> Work {
    let step = match work.step {
        Step::Calling => Step::Calling,
        Step::Working { job, .. } | Step::Cancelling { job, .. } => {
            Step::Cancelling { job, because }
        }
    };
    Work { step, tries: 0, lost: 0, ..work }
}

fn stop_only_if_stopping(work: Work) -> Work {
    match work.step {
        Step::Cancelling { .. } => stop(work, Because::Retry),
        _ => Work { tries: 0, lost: 0, ..work },
    }
}
