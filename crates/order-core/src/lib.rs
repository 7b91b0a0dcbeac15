//! The order and its state machine, as plain values: no I/O, no clock, no randomness.

pub mod recipe;
pub use recipe::{Ingredient, Pick, Recipe};
