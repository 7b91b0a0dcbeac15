//! Pie Shop: takes orders for pies and drives robots until the pie is at the door.

pub mod app;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod config;
mod filter;
pub mod http;
pub mod orchestrator;
pub mod order_id;
pub mod robots;
pub mod store;
pub mod telemetry;
pub mod up;
mod validate;
pub mod web;
