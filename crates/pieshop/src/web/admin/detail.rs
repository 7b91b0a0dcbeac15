//! Everything about one order.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use order_core::{Entry, Order, Status};

use super::actions::{Actions, Done, Said};
use super::attempts::{Attempt, attempts};
use super::next::came_from;
use super::session::Session;
use super::timeline::{TimelineLine, timeline};
use crate::order_id;
use crate::web::Web;
use crate::web::form::{Problem, problems};
use crate::web::live::{Live, Paused};
use crate::web::order::find;
use crate::web::page::Page;
use crate::web::words::{Badge, Time, late, span};

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
    history: Vec<Entry>,
    actions: Actions,
}

/// What went wrong.
struct FailureView {
    stage: &'static str,
    code: String,
    detail: String,
    message: String,
}

/// `GET /admin/orders/{id}`
pub(super) async fn show(
    session: Session,
    State(web): State<Web>,
    Path(id): Path<String>,
    Query(done): Query<Done>,
    paused: Paused,
    headers: HeaderMap,
) -> Response {
    let list = came_from(&headers).filter(|page| page.starts_with("/admin?"));
    let said = Said {
        notice: done.notice(),
        back_url: list.unwrap_or_default(),
        paused,
        ..Said::default()
    };
    page(&web, &session, &id, said).await
}

/// The page of an order, and what came of a form.
pub(super) async fn page(web: &Web, session: &Session, id: &str, said: Said) -> Response {
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
        Self {
            title: format!(
                "{failed}{} for {}, {} – Pie Shop Kitchen",
                order.recipe.name, order.customer.name, status.word
            ),
            csrf: session.csrf.clone(),
            actions: Actions::of(order, session, &said),
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
            history: entries.to_vec(),
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

/// What is done next, and when.
fn due(order: &Order, now: DateTime<Utc>) -> String {
    match order.wake_at {
        None if order.status() == Status::Error => "nothing; it waits for you".into(),
        None => "nothing".into(),
        Some(at) if at <= now => "now".into(),
        Some(at) => format!("in {}", span(at - now)),
    }
}
