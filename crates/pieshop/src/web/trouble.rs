//! Pages that say what is wrong, and what to do.

use std::error::Error;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::page::{Page, filters};
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
struct TroublePage {
    title: &'static str,
    headline: &'static str,
    text: &'static str,
}

/// The answer that says so.
pub(super) fn trouble(trouble: Trouble<'_>) -> Response {
    let (status, title, headline, text) = match trouble {
        Trouble::NoOrder => (
            StatusCode::NOT_FOUND,
            "Error: No such order – Pie Shop",
            "We know no such order",
            "Look at its number again: it begins with ord_.",
        ),
        Trouble::NoPage => (
            StatusCode::NOT_FOUND,
            "Error: No such page – Pie Shop",
            "There is nothing here",
            "The address may be mistyped.",
        ),
        Trouble::OtherSession => (
            StatusCode::FORBIDDEN,
            "Error: Not done – Pie Shop",
            "Nothing was done",
            "The form is of another session. Go back, load the page again, and send it once more.",
        ),
        Trouble::Away(error) => {
            tracing::error!(error = %Chain(error), "a page cannot be shown");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "Error: Not available – Pie Shop",
                "We cannot look at the moment",
                "Your order is safe. Try again in a minute.",
            )
        }
    };
    page(status, title, headline, text)
}

/// A page in these words.
pub(super) fn page(
    status: StatusCode,
    title: &'static str,
    headline: &'static str,
    text: &'static str,
) -> Response {
    let mut answer = Page(status, TroublePage { title, headline, text }).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    answer
}
