//! The storefront: the pies, and the form that orders one.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use sha2::{Digest, Sha256};

use super::form::{OrderFields, OrderForm, Problem, problems};
use super::page::Page;
use super::{Web, assets, words};
use crate::catalog::SharedCatalog;
use crate::orchestrator::writer::Chain;
use crate::orchestrator::{CommandError, WriteError};
use crate::order_id;
use crate::store::IdempotencyKey;
use crate::validate::{ANY, Check, FieldError, order_digest};

/// The storefront.
#[derive(Template)]
#[template(path = "shop.html")]
struct Shop<'a> {
    /// How long a pie takes that is ordered now.
    promise: String,
    catalog: &'a SharedCatalog,
    form: OrderFields,
    pie_chosen: bool,
    /// Goes with the form, so that sending it twice orders one pie.
    key: String,
    error_title: &'static str,
    errors: Vec<Problem>,
}

/// What is wrong with an order: the answer's status, what it says, and about which fields.
type Wrong = (StatusCode, &'static str, Vec<FieldError>);

/// `GET /`; with `?pie=apple` the form begins with that pie.
pub(super) async fn show(State(web): State<Web>, Query(choice): Query<OrderForm>) -> Response {
    let known = web.catalog.find(choice.text("pie"));
    let known = known.map(|pie| ("pieType".to_owned(), pie.pie_type.clone()));
    let form = OrderForm(known.into_iter().collect());
    shop(&web, &form, fresh_key(&web), (StatusCode::OK, "", Vec::new()))
}

/// `POST /`: the same as `POST /api/orders`.
pub(super) async fn place(State(web): State<Web>, Form(form): Form<OrderForm>) -> Response {
    match order(&web, &form).await {
        Ok(id) => Redirect::to(&format!("/orders/{id}")).into_response(),
        Err(wrong) if wrong.0 == StatusCode::CONFLICT => shop(&web, &form, fresh_key(&web), wrong),
        Err(wrong) => shop(&web, &form, form.text("key").to_owned(), wrong),
    }
}

async fn order(web: &Web, form: &OrderForm) -> Result<String, Wrong> {
    let mut body = form.body();
    body["pieType"] = form.text("pieType").into();
    let mut check = Check::default();
    let root = check.root(&body, &["pieType", "customer", "deliveryAddress"]);
    let pie_type = check.text(&root, "pieType", 50, ANY);
    let recipe = web.catalog.find(&pie_type);
    if recipe.is_none() && !pie_type.is_empty() {
        check.fail("pieType", "INVALID", "is not on offer any more");
    }
    let (customer, address) = (check.customer(&root), check.address(&root));
    let errors = check.into_errors();
    let Some(recipe) = recipe.filter(|_| errors.is_empty()) else {
        let title = "Something is missing or not right";
        return Err((StatusCode::UNPROCESSABLE_ENTITY, title, errors));
    };
    // A form without a key was not made here: each time it is sent, it is another order.
    let key = Some(form.text("key")).filter(|key| !key.is_empty()).map(|key| IdempotencyKey {
        key: Sha256::digest(format!("form {key}")).into(),
        body: order_digest(&pie_type, &customer, &address),
    });
    let placed = web.orders.place(customer, address, recipe, key).await;
    placed.map(|answer| order_id::public(answer.id)).map_err(|error| refused(&error))
}

/// Why the order was not taken.
fn refused(error: &CommandError) -> Wrong {
    let title = match error {
        CommandError::KeyConflict => {
            let title =
                "This form was sent before, with other words. Send it again to order another pie";
            return (StatusCode::CONFLICT, title, Vec::new());
        }
        CommandError::Write(WriteError::OutcomeUnknown) => {
            "We do not know whether your order was stored. Send it again: it is not ordered twice"
        }
        _ => "We cannot take orders at the moment. What you typed is still here: try again soon",
    };
    tracing::error!(error = %Chain(error), "an order could not be stored");
    (StatusCode::SERVICE_UNAVAILABLE, title, Vec::new())
}

fn shop(web: &Web, form: &OrderForm, key: String, said: Wrong) -> Response {
    let (status, error_title, errors) = said;
    let now = web.orders.ambient.clock.now();
    let slowest = web.catalog.pies().iter().map(|pie| web.orders.promise(pie, now) - now).max();
    let page = Shop {
        promise: words::span(slowest.unwrap_or_default()),
        catalog: &web.catalog,
        form: form.fields(&errors),
        pie_chosen: status == StatusCode::OK && !form.text("pieType").is_empty(),
        key,
        error_title,
        errors: problems(&errors),
    };
    Page(status, page).into_response()
}

fn fresh_key(web: &Web) -> String {
    web.orders.ambient.entropy.token().simple().to_string()
}
