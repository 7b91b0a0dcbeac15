//! Pages that say what is wrong, and what to do.

use std::error::Error;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::page::Page;
use crate::orchestrator::writer::Chain;

/// Why there is no page.
#[derive(Clone, Copy)]
pub(super) enum Trouble<'a> {
    /// No order has this number.
    NoOrder,
    /// There is nothing at this address.
    NoPage,
    /// A form was not made for the session that sent it.
    OtherSession,
    /// The database cannot be asked, or did not answer.
    Away(&'a (dyn Error + 'static)),
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage<'a> {
    trouble: Trouble<'a>,
}

/// The answer that says so.
pub(super) fn trouble(trouble: Trouble<'_>) -> Response {
    let page = |status| Page(status, TroublePage { trouble }).into_response();
    match trouble {
        Trouble::NoOrder | Trouble::NoPage => page(StatusCode::NOT_FOUND),
        Trouble::OtherSession => page(StatusCode::FORBIDDEN),
        Trouble::Away(error) => {
            tracing::error!(error = %Chain(error), "a page cannot be shown");
            let page = page(StatusCode::SERVICE_UNAVAILABLE);
            ([(header::RETRY_AFTER, "5")], page).into_response()
        }
    }
}
