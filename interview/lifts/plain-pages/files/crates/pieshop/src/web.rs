//! The pages: rendered here, readable without scripts. Reading order: `router`, then `shop.rs`.

mod admin;
mod assets;
mod form;
mod order;
mod page;
mod shop;
mod trouble;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;

pub use admin::Credentials;

use trouble::{Trouble, trouble};

use crate::catalog::SharedCatalog;
use crate::orchestrator::Orders;

/// What the pages work with.
pub struct WebState {
    /// Commands on orders, and the store for reads.
    pub orders: Orders,
    /// The pies on offer.
    pub catalog: SharedCatalog,
    /// The administrator's password, and what sessions are signed with.
    pub credentials: Arc<Credentials>,
}

/// The state, shared by all requests.
type Web = Arc<WebState>;

/// Every page.
pub fn router(state: WebState) -> Router {
    Router::new()
        .route("/", get(shop::show).post(shop::place))
        .route("/orders/{id}", get(order::show))
        .route("/static/{*name}", get(assets::serve))
        .merge(admin::router())
        .with_state(Arc::new(state))
}

/// The answer where there is no page.
pub fn no_page() -> Response {
    trouble(Trouble::NoPage)
}
