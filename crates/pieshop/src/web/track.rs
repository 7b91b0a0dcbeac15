//! Finds an order by its number.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Web;
use super::form::{Field, Problem};
use super::page::Page;
use crate::order_id;

#[derive(Template)]
#[template(path = "track.html")]
struct Track {
    id: Field,
    error_title: &'static str,
    errors: Vec<Problem>,
}

/// The number that was typed; missing where nobody has asked yet.
#[derive(Deserialize)]
pub(super) struct Asked {
    id: Option<String>,
}

/// `GET /track`
pub(super) async fn find(State(web): State<Web>, Query(asked): Query<Asked>) -> Response {
    let Some(typed) = asked.id else { return form(StatusCode::OK, String::new(), "") };
    // Copied numbers bring blanks along, and some keyboards capitals.
    let number = typed.trim().to_lowercase();
    let error = match order_id::parse(&number) {
        None if number.is_empty() => "Type the number of your order",
        None => "This is no order number: it begins with ord_ and has 26 letters and digits more",
        Some(id) => match web.orders.store.order(id).await {
            Ok(Some(_)) => return Redirect::to(&format!("/orders/{number}")).into_response(),
            Ok(None) => "There is no order with this number",
            Err(_) => {
                let error = "We cannot look at the moment: try again soon";
                return form(StatusCode::SERVICE_UNAVAILABLE, typed, error);
            }
        },
    };
    form(StatusCode::UNPROCESSABLE_ENTITY, typed, error)
}

fn form(status: StatusCode, typed: String, error: &'static str) -> Response {
    let wrong = !error.is_empty();
    let page = Track {
        id: Field { value: typed, error: error.into() },
        error_title: if wrong { "We did not find your order" } else { "" },
        errors: wrong.then(|| Problem { field: "id", message: error.into() }).into_iter().collect(),
    };
    Page(status, page).into_response()
}
