//! What every store must do, on both databases; and what only one of them can get wrong.

mod changing;
mod claiming;
mod faults;
mod file;
mod listing;
mod orders;
mod placing;
mod reading;
mod schema;
mod support;
