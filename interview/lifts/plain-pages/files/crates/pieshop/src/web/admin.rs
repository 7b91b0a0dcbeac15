//! The administrator's pages.

mod list;
mod order;
mod session;

use axum::Router;
use axum::routing::{get, post};

pub use session::Credentials;

use super::Web;

/// Every page of the administrator.
pub(super) fn router() -> Router<Web> {
    Router::new()
        .route("/admin/sign-in", get(session::ask).post(session::sign_in))
        .route("/admin/sign-out", post(session::sign_out))
        .route("/admin", get(list::show))
        .route("/admin/orders/{id}", get(order::show))
}
