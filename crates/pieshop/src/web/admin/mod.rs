//! The administrator's pages.

mod actions;
mod attempts;
mod board;
mod breaker;
mod charts;
mod counters;
mod dashboard;
mod detail;
mod faults;
mod form;
mod live;
mod next;
mod query;
mod recovery;
mod robots;
pub(super) mod session;
mod sign_in;
mod throttle;
mod timeline;

use axum::Router;
use axum::routing::{get, post};

pub(super) use board::Board;
pub use session::Credentials;
pub(super) use throttle::Attempts;

use super::Web;

/// Every page of the administrator.
pub(super) fn router() -> Router<Web> {
    Router::new()
        .route("/admin/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/admin/sign-out", post(sign_in::sign_out))
        .route("/admin", get(dashboard::show))
        .route("/admin/recovery", get(recovery::ask).post(recovery::act))
        .route("/admin/faults", post(faults::set))
        .route("/admin/orders/{id}", get(detail::show).post(actions::edit))
        .route("/admin/orders/{id}/recovery", post(actions::recover))
        .route("/admin/orders/{id}/cancel", post(actions::cancel))
        .merge(live::router())
        .layer(axum::middleware::from_fn(live::lead_out))
}
