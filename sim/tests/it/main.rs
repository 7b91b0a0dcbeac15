//! Runs of the simulator, small enough for every change.

mod found;
mod seeds;
