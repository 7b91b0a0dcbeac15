//! The pages: rendered here, readable without scripts. Reading order: `router`, then `shop.rs`.

mod actions;
mod admin;
mod assets;
mod cancel;
mod docs;
mod flight;
mod form;
mod fresh;
mod live;
mod order;
mod page;
mod progress;
mod shop;
mod time;
mod track;
mod trouble;
mod words;
mod written;

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

pub use admin::Credentials;

use trouble::{Trouble, trouble};

use crate::catalog::SharedCatalog;
use crate::orchestrator::{Observer, Orders};
use crate::robots::Robots;

/// What the pages work with.
pub struct WebState {
    /// Commands on orders, and the store for reads.
    pub orders: Orders,
    /// What happens to all orders.
    pub observer: Observer,
    /// The pies on offer.
    pub catalog: SharedCatalog,
    /// Asked only for how they are doing.
    pub robots: Arc<dyn Robots>,
    /// The administrator's password, and what sessions are signed with.
    pub credentials: Arc<Credentials>,
}

/// The state, shared by all requests.
type Web = Arc<Shared>;

/// What the pages are made with, and what they remember.
struct Shared {
    state: WebState,
    attempts: admin::Attempts,
    board: admin::Board,
}

impl Deref for Shared {
    type Target = WebState;

    fn deref(&self) -> &WebState {
        &self.state
    }
}

/// Every page.
pub fn router(state: WebState) -> Router {
    Router::new()
        .route("/", get(shop::show).post(shop::place))
        .route("/track", get(track::find))
        .route("/orders/{id}", get(order::show))
        .route("/orders/{id}/live", get(live::of_order))
        .route("/orders/{id}/cancel", post(cancel::cancel))
        .route("/api/docs", get(docs::show))
        .route("/api/docs/swagger-ui.css", get(async || docs::file("swagger-ui.css")))
        .route("/api/docs/swagger-ui-bundle.js", get(async || docs::file("swagger-ui-bundle.js")))
        .route("/static/{version}/{*name}", get(assets::serve))
        .merge(admin::router())
        .with_state(Arc::new(Shared {
            state,
            attempts: admin::Attempts::default(),
            board: admin::Board::default(),
        }))
}

/// The answer where there is no page.
pub fn no_page() -> Response {
    trouble(Trouble::NoPage)
}
