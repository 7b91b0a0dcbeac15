//! The orchestrator, on a paused clock between a database and robots that fail as told.

mod breaker;
mod commands;
mod kitchen;
mod lanes;
mod leases;
mod logs;
mod observer;
mod store;
mod tables;
mod world;
mod writer;
