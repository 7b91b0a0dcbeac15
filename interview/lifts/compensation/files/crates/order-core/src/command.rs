//! What people do to an order: mend its contact and address.

use thiserror::Error;

use crate::order::{Address, Customer, Moment, Order};
use crate::retry::Policy;
use crate::state::Status;
use crate::transition::Transition;

/// A person's wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Contact or address is to be changed.
    Edit {
        /// The value of [`Order::edits`] that the editor has seen.
        seen: i32,
        /// The new contact, if it changes.
        customer: Option<Customer>,
        /// The new address, if it changes.
        address: Option<Address>,
    },
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It is too late to change contact or address.
    #[error("an order in {0} cannot be changed any more")]
    NotEditable(Status),
    /// Somebody else changed the order since it was read.
    #[error("the order was changed since: its version is {current}")]
    VersionMismatch {
        /// The present value of [`Order::edits`].
        current: i32,
    },
}

impl Order {
    /// Carries out a person's wish.
    pub fn command(&self, command: Command, at: Moment, _: &Policy) -> Result<Transition, Refusal> {
        let Command::Edit { seen, customer, address } = command;
        match self.status() {
            status @ (Status::Delivering | Status::Completed) => Err(Refusal::NotEditable(status)),
            _ if seen != self.edits => Err(Refusal::VersionMismatch { current: self.edits }),
            _ => {
                let mut next = self.clone();
                next.customer = customer.unwrap_or(next.customer);
                next.address = address.unwrap_or(next.address);
                next.edits += 1;
                let note = Some("contact or address changed".into());
                Ok(next.recorded(self.status(), self.tick(at.now), note, None))
            }
        }
    }
}
