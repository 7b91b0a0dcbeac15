//! The real programs, started, killed and started again.

mod commands;
mod run;
mod survival;
