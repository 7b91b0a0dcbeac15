//! The dashboard: which orders there are, and how the kitchen is doing.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use order_core::{Order, OrderId};

use super::board::{self, Frame};
use super::faults::{self, Faults};
use super::live::Live;
use super::query::Asked;
use super::recovery::{self, Bulk};
use super::robots::RobotList;
use super::session::Session;
use crate::catalog::SharedCatalog;
use crate::filter::Fields;
use crate::store::{Looked, StoreError};
use crate::validate::Check;
use crate::web::Web;
use crate::web::form::{Problem, problems};
use crate::web::page::Page;
use crate::web::trouble::{Trouble, trouble};

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard<'a> {
    csrf: String,
    notice: String,
    live: Live,
    asked: &'a Asked,
    error_title: &'static str,
    errors: Vec<Problem>,
    catalog: &'a SharedCatalog,
    board: Arc<Frame>,
    orders: Vec<Order>,
    /// Whether every order was looked at that could match.
    all: bool,
    /// The last order of the page, where older ones match too.
    older_than: Option<OrderId>,
    now: DateTime<Utc>,
    bulk: Bulk,
    robots: RobotList,
    faults: Option<Faults>,
}

/// `GET /admin`
pub(super) async fn show(
    session: Session,
    State(web): State<Web>,
    RawQuery(query): RawQuery,
) -> Response {
    let mut check = Check::default();
    let mut fields = Fields::of_query(query.as_deref(), &mut check);
    let done = fields.text("done").unwrap_or_default();
    let asked = Asked::of(fields, check, web.orders.ambient.clock.now());
    let (status, error_title) = if asked.errors.is_empty() {
        (StatusCode::OK, "")
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, "This filter cannot be used")
    };
    let page = async {
        let board = board::frame(&web).await?;
        let Looked { mut orders, all } = list(&web, &asked).await?;
        let more = orders.len() > usize::from(asked.limit);
        orders.truncate(asked.limit.into());
        Ok::<_, StoreError>(Dashboard {
            csrf: session.csrf,
            notice: notice(&done),
            live: Live::of(&asked, &orders),
            asked: &asked,
            error_title,
            errors: problems(&asked.errors),
            catalog: &web.catalog,
            older_than: orders.last().map(|order| order.id).filter(|_| more),
            orders,
            all,
            board,
            now: web.orders.ambient.clock.now(),
            bulk: Bulk::of(&asked),
            robots: RobotList::now(&web).await,
            faults: Faults::now(&web).await,
        })
    };
    match page.await {
        Ok(page) => Page(status, page).into_response(),
        Err(error) => trouble(Trouble::Away(&error)),
    }
}

/// The orders of the page, and one more where there are older ones; none where the filter cannot be
/// used.
async fn list(web: &Web, asked: &Asked) -> Result<Looked, StoreError> {
    if !asked.errors.is_empty() {
        return Ok(Looked { orders: Vec::new(), all: true });
    }
    web.orders.store.look(&asked.filter, asked.before, asked.limit + 1).await
}

/// What was done just now, on the page before.
fn notice(done: &str) -> String {
    recovery::notice(done).or_else(|| faults::notice(done)).unwrap_or_default()
}
