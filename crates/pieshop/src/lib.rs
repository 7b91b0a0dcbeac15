//! Pie Shop: takes orders for pies and drives robots until the pie is at the door.

pub mod app;
mod attention;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
mod filter;
pub mod http;
pub mod orchestrator;
pub mod order_id;
mod recovery;
pub mod robots;
mod secrets;
pub mod store;
pub mod telemetry;
pub mod up;
mod validate;
pub mod web;
