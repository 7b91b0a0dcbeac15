//! The order and its state machine, as plain values: no I/O, no clock, no randomness.
//!
//! An engine asks [`Order::next_effect`] what is due, carries it out, and hands what came of it to
//! [`Order::apply`]; people act through [`Order::edit`]. Each answers with the next order and
//! the history entry that must be committed together with it.

pub mod effect;
pub mod order;
pub mod recipe;
pub mod retry;
pub mod state;
pub mod transition;

pub use effect::{Effect, JobReport, JobStatus, Outcome};
pub use order::{Address, Customer, Moment, Order, OrderId, Refusal};
pub use recipe::{Ingredient, Pick, Recipe};
pub use retry::Policy;
pub use state::{Failure, Job, Request, State, Status, Step, Work};
pub use transition::{Entry, Transition};
