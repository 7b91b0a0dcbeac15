//! The REST API. Reading order: `router.rs`, then the handlers of `orders.rs`.

mod auth;
mod body;
mod bulk;
mod cancel;
mod changes;
pub mod connections;
mod error;
mod events;
mod filter;
mod health;
mod if_match;
mod json;
mod openapi;
mod orders;
mod path;
mod pie_changes;
mod pies;
mod readiness;
mod recovery;
mod request;
mod router;
mod stats;
mod views;

use std::sync::Arc;
use std::time::Duration;

pub use auth::{InvalidHash, TokenHash};
pub use openapi::openapi;
pub use router::router;

use crate::catalog::SharedCatalog;
use crate::orchestrator::{Observer, Orders};
use crate::robots::Robots;

/// What the handlers work with.
pub struct ApiState {
    /// Commands on orders, and the store for reads.
    pub orders: Orders,
    /// What happens to all orders.
    pub observer: Observer,
    /// The pies on offer.
    pub catalog: SharedCatalog,
    /// Asked only for the state of their breakers.
    pub robots: Arc<dyn Robots>,
    /// The administrator's token.
    pub admin: TokenHash,
    /// Size of a request body, in bytes, at most.
    pub body_limit: usize,
    /// Time that a request may take until its answer begins.
    pub request_timeout: Duration,
}

/// The state, shared by all requests.
type Api = Arc<ApiState>;
