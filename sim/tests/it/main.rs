//! Runs of the simulator, small enough for every change.
#![cfg(test)]

mod seeds;
