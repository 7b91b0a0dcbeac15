//! The service's integration tests: one binary, a module a subject.
#![cfg(test)]

mod catalog;
mod config;
mod counting;
mod database;
mod events;
mod hostile;
mod http_changes;
mod http_lists;
mod http_log;
mod http_orders;
mod http_pies;
mod http_recovery;
mod http_requests;
mod http_stats;
mod openapi;
mod orchestrator;
mod pages;
mod pages_admin;
mod pages_dashboard;
mod pages_live;
mod processes;
mod robots;
mod store;
mod support;
