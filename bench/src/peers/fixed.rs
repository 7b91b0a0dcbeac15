//! The most that this framework answers: the same bytes again and again.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

pub(super) fn router(size: usize) -> Router {
    let body = Bytes::from(vec![b'x'; size]);
    let answer = move || async move { ([(CONTENT_TYPE, "application/json")], body) };
    Router::new().route("/api/orders/{id}", get(answer))
}
