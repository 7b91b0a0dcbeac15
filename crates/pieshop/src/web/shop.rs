//! The storefront: the pies, and the form that orders one.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use order_core::recipe::Recipe;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Web;
use super::form::{OrderFields, OrderForm, Problem, problems};
use super::page::{Page, filters};
use super::{assets, words};
use crate::orchestrator::writer::Chain;
use crate::orchestrator::{CommandError, WriteError};
use crate::order_id;
use crate::store::IdempotencyKey;
use crate::validate::{ANY, Check, FieldError, order_digest};

/// The storefront.
#[derive(Template)]
#[template(path = "shop.html")]
struct Shop {
    title: String,
    promise: String,
    pies: Vec<Pie>,
    form: OrderFields,
    pie_chosen: bool,
    key: String,
    error_title: &'static str,
    errors: Vec<Problem>,
}

/// A pie on offer.
struct Pie {
    key: String,
    name: String,
    description: String,
    ingredients: String,
    picture: String,
}

/// Which pie the form begins with.
#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pie: String,
}

/// What is wrong with an order, and how the answer says so.
struct Wrong {
    status: StatusCode,
    title: &'static str,
    errors: Vec<FieldError>,
}

/// `GET /`
pub(super) async fn show(State(web): State<Web>, Query(choice): Query<Choice>) -> Response {
    let known = web.catalog.find(&choice.pie).is_some();
    let form = OrderForm::new(fresh_key(&web), if known { choice.pie } else { String::new() });
    shop(&web, &form, known, None)
}

/// `POST /`: the same as `POST /api/orders`.
pub(super) async fn place(State(web): State<Web>, Form(form): Form<OrderForm>) -> Response {
    match order(&web, &form).await {
        Ok(id) => Redirect::to(&format!("/orders/{id}")).into_response(),
        Err(wrong) => shop(&web, &form, false, Some(wrong)),
    }
}

async fn order(web: &Web, form: &OrderForm) -> Result<String, Wrong> {
    let body = form.body();
    let mut check = Check::default();
    let root = check.root(&body, &["pieType", "customer", "deliveryAddress"]);
    let pie_type = check.text(&root, "pieType", 50, ANY);
    let (customer, address) = (check.customer(&root), check.address(&root));
    let recipe = web.catalog.find(&pie_type);
    if recipe.is_none() && !pie_type.is_empty() {
        check.fail("pieType", "INVALID", "is not on offer any more");
    }
    let errors = check.into_errors();
    let Some(recipe) = recipe.filter(|_| errors.is_empty()) else {
        let title = "Something is missing or not right";
        return Err(Wrong { status: StatusCode::UNPROCESSABLE_ENTITY, title, errors });
    };
    let key = IdempotencyKey {
        key: Sha256::digest(format!("form {}", form.key)).into(),
        body: order_digest(&pie_type, &customer, &address),
    };
    let placed = web.orders.place(customer, address, recipe, Some(key)).await;
    placed.map(|answer| order_id::public(answer.id)).map_err(|error| Wrong::of(&error))
}

impl Wrong {
    fn of(error: &CommandError) -> Self {
        let (status, title) = match error {
            CommandError::KeyConflict => (
                StatusCode::CONFLICT,
                "This form was sent before, with other words. Send it again to order another pie",
            ),
            CommandError::Write(WriteError::OutcomeUnknown) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "We do not know whether your order was stored. Send it again: it is not ordered twice",
            ),
            _ => (
                StatusCode::SERVICE_UNAVAILABLE,
                "We cannot take orders at the moment. What you typed is still here: try again soon",
            ),
        };
        if status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::error!(error = %Chain(error), "an order could not be stored");
        }
        Self { status, title, errors: Vec::new() }
    }
}

fn shop(web: &Web, form: &OrderForm, pie_chosen: bool, wrong: Option<Wrong>) -> Response {
    let conflict = wrong.as_ref().is_some_and(|wrong| wrong.status == StatusCode::CONFLICT);
    let (status, error_title, errors) = match wrong {
        Some(Wrong { status, title, errors }) => (status, title, errors),
        None => (StatusCode::OK, "", Vec::new()),
    };
    let failed = if error_title.is_empty() { "" } else { "Error: " };
    let page = Shop {
        title: format!("{failed}Order a pie – Pie Shop"),
        promise: promise(web),
        pies: pies(web),
        form: form.fields(&errors),
        pie_chosen,
        key: if conflict { fresh_key(web) } else { form.key.clone() },
        error_title,
        errors: problems(&errors),
    };
    Page(status, page).into_response()
}

fn fresh_key(web: &Web) -> String {
    web.orders.ambient.entropy.token().simple().to_string()
}

/// How long a pie takes that is ordered now: the slowest one.
fn promise(web: &Web) -> String {
    let now = web.orders.ambient.clock.now();
    let pies = web.catalog.pies();
    let longest = pies.iter().map(|pie| web.orders.promise(pie, now) - now).max();
    format!("within {}", words::span(longest.unwrap_or_default()))
}

fn pies(web: &Web) -> Vec<Pie> {
    let pies = web.catalog.pies();
    let pie = |pie: &Arc<Recipe>| Pie {
        key: pie.pie_type.clone(),
        name: pie.name.clone(),
        description: pie.description.clone(),
        ingredients: pie
            .ingredients
            .iter()
            .map(|it| it.item.replace('_', " "))
            .collect::<Vec<_>>()
            .join(", "),
        picture: picture(&pie.pie_type),
    };
    pies.iter().map(pie).collect()
}

/// The picture of a pie; one without its own gets the picture of any pie.
pub(super) fn picture(pie_type: &str) -> String {
    let own = format!("img/{pie_type}.svg");
    assets::url(if assets::exists(&own) { &own } else { "img/pie.svg" })
}
