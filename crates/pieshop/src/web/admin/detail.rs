//! Everything about one order, and what the administrator can do about it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use order_core::{Command, Entry, Order, OrderId, Refusal, Status};
use serde::Deserialize;
use serde_json::json;

use super::attempts::{Attempt, attempts};
use super::form::AdminForm;
use super::history::{HistoryLine, history};
use super::session::{Session, came_from};
use super::timeline::{TimelineLine, timeline};
use crate::orchestrator::CommandError;
use crate::order_id;
use crate::validate::{Check, FieldError, recovery};
use crate::web::Web;
use crate::web::form::{ContactForm, Field, OrderFields, Problem, problems};
use crate::web::live::{Live, Paused};
use crate::web::order::{cancellable, find};
use crate::web::page::{Page, filters};
use crate::web::trouble::{Trouble, trouble};
use crate::web::words::{Badge, Time, span};

#[derive(Template)]
#[template(path = "admin_order.html")]
struct Detail {
    title: String,
    csrf: String,
    live: Live,
    back_url: String,
    notice: &'static str,
    error_title: &'static str,
    errors: Vec<Problem>,
    pie: String,
    customer: String,
    order_id: String,
    uuid: String,
    status: Badge,
    cancel_requested: bool,
    late: String,
    created: Time,
    updated: Time,
    promised: Time,
    expected: Option<Time>,
    due: String,
    version: i64,
    edits: i32,
    failure: Option<FailureView>,
    timeline: Vec<TimelineLine>,
    attempts: Vec<Attempt>,
    history: Vec<HistoryLine>,
    form: OrderFields,
    note: Field,
    may: May,
}

/// What the administrator can do.
struct May {
    recover: bool,
    edit: bool,
    cancel: bool,
}

/// What went wrong.
struct FailureView {
    stage: &'static str,
    code: String,
    detail: String,
    message: String,
}

/// What came of a form: the page says it.
#[derive(Default)]
struct Said {
    status: StatusCode,
    notice: &'static str,
    title: &'static str,
    errors: Vec<FieldError>,
    form: Option<ContactForm>,
    note: String,
    /// The list that the administrator came from; empty for the whole one.
    back_url: String,
    paused: Paused,
}

/// What the page before did, by the address.
#[derive(Deserialize)]
pub(super) struct View {
    done: Option<String>,
}

impl View {
    fn notice(&self) -> &'static str {
        match self.done.as_deref() {
            Some("saved") => "Contact and address are saved.",
            Some("recovered") => "The order goes on.",
            Some("cancelled") => "The order is being cancelled.",
            _ => "",
        }
    }
}

/// `GET /admin/orders/{id}`
pub(super) async fn show(
    session: Session,
    State(web): State<Web>,
    Path(id): Path<String>,
    Query(view): Query<View>,
    paused: Paused,
    headers: HeaderMap,
) -> Response {
    let list = came_from(&headers).filter(|page| page.starts_with("/admin?"));
    let said = Said {
        notice: view.notice(),
        back_url: list.unwrap_or_default(),
        paused,
        ..Said::default()
    };
    page(&web, &session, &id, said).await
}

#[derive(Deserialize)]
pub(super) struct Edit {
    /// The number of edits when the form was made.
    version: String,
    #[serde(flatten)]
    contact: ContactForm,
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
        Err(CommandError::NotFound) => return trouble(Trouble::NoOrder),
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

async fn page(web: &Web, session: &Session, id: &str, said: Said) -> Response {
    match find(web, id).await {
        Ok((order, entries)) => {
            let now = web.orders.ambient.clock.now();
            let status = said.status;
            let page = Detail::new(&order, &entries, session, said, now);
            Page(status, page).into_response()
        }
        Err(answer) => answer,
    }
}

impl Detail {
    fn new(
        order: &Order,
        entries: &[Entry],
        session: &Session,
        said: Said,
        now: DateTime<Utc>,
    ) -> Self {
        let id = order_id::public(order.id);
        let over = matches!(order.status(), Status::Completed | Status::Cancelled);
        let failed = if said.title.is_empty() { "" } else { "Error: " };
        let status = Badge::from(order.status());
        let remaining = order.seconds_remaining(now).is_some();
        let contact = said.form.unwrap_or_else(|| ContactForm::of(order));
        Self {
            title: format!(
                "{failed}{} for {}, {} – Pie Shop Kitchen",
                order.recipe.name, order.customer.name, status.word
            ),
            csrf: session.csrf.clone(),
            live: Live::of(order, format!("/admin/orders/{id}"), said.paused),
            back_url: Some(said.back_url).filter(|it| !it.is_empty()).unwrap_or("/admin".into()),
            notice: said.notice,
            error_title: said.title,
            errors: problems(&said.errors),
            pie: order.recipe.name.clone(),
            customer: order.customer.name.clone(),
            order_id: id,
            uuid: order.id.0.to_string(),
            status,
            cancel_requested: order.workflow.cancel_requested && !over,
            late: late(order, now),
            created: order.created_at.into(),
            updated: order.updated_at.into(),
            promised: order.promised_delivery.into(),
            expected: remaining.then(|| order.estimated_delivery.into()),
            due: due(order, now),
            version: order.version,
            edits: order.edits,
            failure: FailureView::of(order),
            timeline: timeline(order, entries),
            attempts: attempts(order, entries),
            history: history(entries),
            form: contact.fields(&said.errors),
            note: Field::of(&said.note, "note", &said.errors),
            may: May {
                recover: order.status() == Status::Error && !order.workflow.cancel_requested,
                edit: order.may_edit(order.edits).is_ok(),
                cancel: cancellable(order),
            },
        }
    }
}

impl FailureView {
    fn of(order: &Order) -> Option<Self> {
        let order_core::State::Error(failure) = order.state() else { return None };
        Some(Self {
            stage: Badge::from(failure.stage.status()).word,
            code: failure.code.clone(),
            detail: failure.detail.clone(),
            message: failure.message.clone(),
        })
    }
}

/// How late it is; empty where it is not.
pub(super) fn late(order: &Order, now: DateTime<Utc>) -> String {
    if !order.is_late(now) {
        return String::new();
    }
    let until = if order.status() == Status::Completed { order.updated_at } else { now };
    format!("{} late", span(until - order.promised_delivery))
}

/// What is done next, and when.
fn due(order: &Order, now: DateTime<Utc>) -> String {
    match order.wake_at {
        None if order.status() == Status::Error => "nothing; it waits for you".into(),
        None => "nothing".into(),
        Some(at) if at <= now => "now".into(),
        Some(at) => format!("in {}", span(at - now)),
    }
}
