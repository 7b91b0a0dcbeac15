//! The order and its state machine, as plain values: no I/O, no clock, no randomness.
//!
//! An engine asks [`Order::next_effect`] what is due, carries it out, and hands what came of it to
//! [`Order::apply`]; people act through [`Order::command`]. Each answers with the next order and
//! the history entry that must be committed together with it.

pub mod command;
pub mod effect;
pub mod estimate;
pub mod order;
mod progress;
pub mod recipe;
pub mod retry;
pub mod state;
pub mod transition;

pub use command::{Command, Refusal};
pub use effect::{Effect, JobReport, JobStatus, Outcome};
pub use order::{Address, Customer, JobIds, Moment, Order, OrderId, Workflow};
pub use recipe::{Ingredient, Pick, Recipe};
pub use retry::{Backoff, Policy};
pub use state::{Failure, Job, Request, Robot, State, Status, Step, Work};
pub use transition::{Entry, Transition, TransitionError};
