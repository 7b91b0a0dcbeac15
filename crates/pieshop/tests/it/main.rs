//! The service's integration tests: one binary, a module a subject.
#![cfg(test)]

mod catalog;
mod config;
mod database;
mod processes;
mod robots;
mod store;
