//! What the administrator can do about an order: edit it, put it right, cancel it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use order_core::{Command, Order, OrderId, Refusal, Status};
use serde::Deserialize;
use serde_json::json;

use super::detail::page;
use super::form::AdminForm;
use super::session::Session;
use crate::orchestrator::CommandError;
use crate::order_id;
use crate::recovery::recovery;
use crate::validate::{Check, FieldError};
use crate::web::Web;
use crate::web::cancel::cancellable;
use crate::web::form::{Field, OrderFields, OrderForm};
use crate::web::trouble::{Trouble, trouble};

/// The part of the page with the forms.
#[derive(Template)]
#[template(path = "admin_order_actions.html")]
pub(super) struct Actions {
    csrf: String,
    order_id: String,
    edits: i32,
    form: OrderFields,
    note: Field,
    may_recover: bool,
    may_edit: bool,
    may_cancel: bool,
}

/// What came of a form: the page says it.
#[derive(Default)]
pub(super) struct Said {
    pub(super) status: StatusCode,
    pub(super) notice: &'static str,
    pub(super) title: &'static str,
    pub(super) errors: Vec<FieldError>,
    pub(super) form: Option<OrderForm>,
    pub(super) note: String,
    /// The list that the administrator came from; empty for the whole one.
    pub(super) back_url: String,
    pub(super) paused: crate::web::live::Paused,
}

impl Actions {
    /// What can be done about `order`, and what was typed before.
    pub(super) fn of(order: &Order, session: &Session, said: &Said) -> Self {
        let typed = said.form.clone().unwrap_or_else(|| contact(order));
        Self {
            csrf: session.csrf.clone(),
            order_id: order_id::public(order.id),
            edits: order.edits,
            form: typed.fields(&said.errors),
            note: Field::of(&said.note, "note", &said.errors),
            may_recover: order.status() == Status::Error && !order.workflow.cancel_requested,
            may_edit: order.may_edit().is_ok(),
            may_cancel: cancellable(order),
        }
    }
}

/// An order's contact and address, as if they had been typed.
fn contact(order: &Order) -> OrderForm {
    let (customer, address) = (&order.customer, &order.address);
    let typed = [
        ("name", &customer.name),
        ("email", &customer.email),
        ("phone", &customer.phone),
        ("street", &address.street),
        ("city", &address.city),
        ("state", &address.state),
        ("zip", &address.zip),
    ];
    OrderForm(typed.map(|(name, text)| (name.to_owned(), text.clone())).into())
}

/// What the page before did, by the address.
#[derive(Deserialize)]
pub(super) struct Done {
    done: Option<String>,
}

impl Done {
    /// In words.
    pub(super) fn notice(&self) -> &'static str {
        match self.done.as_deref() {
            Some("saved") => "Contact and address are saved.",
            Some("recovered") => "The order goes on.",
            Some("cancelled") => "The order is being cancelled.",
            _ => "",
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Edit {
    /// The number of edits when the form was made.
    version: String,
    #[serde(flatten)]
    contact: OrderForm,
}

/// `POST /admin/orders/{id}`: changes contact and address.
pub(super) async fn edit(
    State(web): State<Web>,
    Path(id): Path<String>,
    AdminForm(session, Edit { version, contact }): AdminForm<Edit>,
) -> Response {
    let body = contact.body();
    let mut check = Check::default();
    let root = check.root(&body, &["customer", "deliveryAddress"]);
    let (customer, address) = (check.customer(&root), check.address(&root));
    let errors = check.into_errors();
    let mut said = Said { form: Some(contact), ..Said::default() };
    if !errors.is_empty() {
        said = Said { title: "Nothing was saved", errors, ..said };
        return page(&web, &session, &id, said.refused()).await;
    }
    // A number that is none was never seen by anybody.
    let seen = version.parse().unwrap_or(-1);
    let command = Command::Edit { seen, customer: Some(customer), address: Some(address) };
    carry_out(&web, &session, &id, command, "saved", said).await
}

#[derive(Deserialize)]
pub(super) struct Recovery {
    #[serde(default)]
    action: String,
    #[serde(default)]
    note: String,
}

/// `POST /admin/orders/{id}/recovery`
pub(super) async fn recover(
    State(web): State<Web>,
    Path(id): Path<String>,
    AdminForm(session, form): AdminForm<Recovery>,
) -> Response {
    let body = json!({ "action": form.action, "note": form.note });
    let mut check = Check::default();
    let root = check.root(&body, &["action", "note"]);
    let (action, note) = recovery(&root, &mut check);
    let errors = check.into_errors();
    let said = Said { note: form.note, ..Said::default() };
    if !errors.is_empty() {
        let said = Said { title: "Nothing was done", errors, ..said };
        return page(&web, &session, &id, said.refused()).await;
    }
    let command = Command::Recover { action, note };
    carry_out(&web, &session, &id, command, "recovered", said).await
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

/// `POST /admin/orders/{id}/cancel`
pub(super) async fn cancel(
    State(web): State<Web>,
    Path(id): Path<String>,
    AdminForm(session, Nothing {}): AdminForm<Nothing>,
) -> Response {
    carry_out(&web, &session, &id, Command::Cancel, "cancelled", Said::default()).await
}

async fn carry_out(
    web: &Web,
    session: &Session,
    id: &str,
    command: Command,
    done: &str,
    said: Said,
) -> Response {
    let Some(number): Option<OrderId> = order_id::parse(id) else {
        return trouble(Trouble::NoOrder);
    };
    let refusal = match web.orders.command(number, command).await {
        Ok(_) | Err(CommandError::Refused(Refusal::AlreadyRequested)) => {
            return Redirect::to(&format!("/admin/orders/{id}?done={done}")).into_response();
        }
        Err(CommandError::NotFound(_)) => return trouble(Trouble::NoOrder),
        Err(CommandError::Refused(refusal)) => refusal,
        Err(error) => return trouble(Trouble::Away(&error)),
    };
    let title = match refusal {
        Refusal::VersionMismatch { .. } => {
            "Somebody else changed the order meanwhile: look at it and save again"
        }
        Refusal::NotEditable(_) => "It is too late to change contact and address",
        Refusal::NotCancellable(_) => "It is too late to cancel",
        Refusal::NotInError(_) => "The order is not in error any more",
        Refusal::BeingCancelled | Refusal::AlreadyRequested => "The order is being cancelled",
    };
    let said = Said { status: StatusCode::CONFLICT, title, ..said };
    page(web, session, id, said).await
}

impl Said {
    fn refused(self) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, ..self }
    }
}
