//! The dashboard: the orders that match a filter, newest first.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use order_core::{Order, OrderId};
use url::form_urlencoded;

use super::session::Session;
use crate::catalog::SharedCatalog;
use crate::filter::Fields;
use crate::order_id;
use crate::store::OrderFilter;
use crate::validate::{Check, FieldError};
use crate::web::Web;
use crate::web::form::{Field, Problem, problems};
use crate::web::page::Page;
use crate::web::trouble::{Trouble, trouble};

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard<'a> {
    asked: &'a Asked,
    error_title: &'static str,
    errors: Vec<Problem>,
    catalog: &'a SharedCatalog,
    orders: Vec<Order>,
    /// The last order of the page, where older ones match too.
    older_than: Option<OrderId>,
    now: DateTime<Utc>,
}

/// `GET /admin`
pub(super) async fn show(
    _: Session,
    State(web): State<Web>,
    Query(fields): Query<Fields>,
) -> Result<Response, Response> {
    let asked = Asked::of(fields);
    let mut page = Dashboard {
        asked: &asked,
        error_title: "",
        errors: problems(&asked.errors),
        catalog: &web.catalog,
        orders: Vec::new(),
        older_than: None,
        now: web.orders.ambient.clock.now(),
    };
    if !asked.errors.is_empty() {
        page.error_title = "This filter cannot be used";
        return Ok(Page(StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    // One more than is shown tells whether there are older ones.
    let found = web.orders.store.list(&asked.filter, asked.before, asked.limit + 1).await;
    page.orders = found.map_err(|error| trouble(Trouble::Away(&error)))?;
    if page.orders.len() > usize::from(asked.limit) {
        page.orders.truncate(asked.limit.into());
        page.older_than = page.orders.last().map(|order| order.id);
    }
    Ok(Page(StatusCode::OK, page).into_response())
}

/// What the address asks for.
struct Asked {
    fields: Fields,
    filter: OrderFilter,
    limit: u16,
    /// Only orders before this one.
    before: Option<OrderId>,
    errors: Vec<FieldError>,
}

impl Asked {
    fn of(fields: Fields) -> Self {
        let mut check = Check::default();
        let filter = fields.filter(&mut check);
        let (limit, before) = fields.page(&mut check);
        Self { fields, filter, limit, before, errors: check.into_errors() }
    }

    /// Whether anything is filtered at all.
    fn filtered(&self) -> bool {
        ["status", "pieType", "from", "to", "q"].iter().any(|name| !self.text(name).is_empty())
    }

    /// What was typed into a field.
    fn text(&self, name: &str) -> &str {
        self.fields.text(name).unwrap_or_default()
    }

    /// What was typed into a field, and what is wrong with it.
    fn field(&self, name: &str) -> Field {
        Field::of(self.text(name), name, &self.errors)
    }

    /// The address of the page of the same list that begins after `before`, or of the first one.
    fn page_url(&self, before: Option<OrderId>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.fields.0.iter().filter(|(name, _)| *name != "cursor"));
        query.extend_pairs(before.map(|before| ("cursor", order_id::public(before))));
        format!("/admin?{}", query.finish())
    }
}
