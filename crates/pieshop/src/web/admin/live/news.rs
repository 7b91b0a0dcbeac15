//! What a dashboard asks after when something has happened: its own rows, and what is newer.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, Utc};
use order_core::{Order, OrderId};

use crate::filter::Fields;
use crate::order_id;
use crate::store::{OrderFilter, StoreError};
use crate::validate::Check;
use crate::web::Web;
use crate::web::admin::board::html;
use crate::web::admin::query::Asked;
use crate::web::admin::session::Session;
use crate::web::page::guarded;
use crate::web::trouble::{Trouble, trouble};

/// More new orders than this are not counted on the page.
const MOST: u16 = 100;
/// More rows than a page has are not asked after at once.
const MOST_ROWS: usize = 200;

/// The rows of the dashboard's table.
#[derive(Template)]
#[template(path = "rows.html")]
struct Rows {
    orders: Vec<Order>,
    now: DateTime<Utc>,
}

#[derive(Template)]
#[template(path = "news.html")]
struct News {
    news: String,
    newest_page_url: String,
}

/// `GET /admin/rows`: the rows of exactly these orders. Whoever asks for the same within a second
/// gets the same.
pub(super) async fn rows(
    _: Session,
    State(web): State<Web>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let mut fields = Fields::of_query(Some(&query), &mut Check::default());
    let Some(ids) = fields.text("ids").as_deref().and_then(ids) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let make = async {
        let limit = u16::try_from(ids.len()).unwrap_or(u16::MAX);
        let filter = OrderFilter { ids, ..OrderFilter::default() };
        let orders = web.orders.store.look(&filter, None, limit).await?.orders;
        Ok(html(&Rows { orders, now: web.orders.ambient.clock.now() }).into())
    };
    answer(web.board.audience.parts.get(&format!("rows?{query}"), make).await)
}

/// `GET /admin/news`: how many orders match that are newer than those on the page.
pub(super) async fn news(
    _: Session,
    State(web): State<Web>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let mut check = Check::default();
    let mut fields = Fields::of_query(Some(&query), &mut check);
    let after = fields.text("after");
    let newest = after.as_deref().map(order_id::parse);
    let asked = Asked::of(fields, check, web.orders.ambient.clock.now());
    if !asked.errors.is_empty() || newest == Some(None) {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    let make = async {
        let looked = web.orders.store.look(&asked.filter, None, MOST + 1).await?;
        let newer = |id: &OrderId| newest.flatten().is_none_or(|newest| *id > newest);
        let number = looked.orders.iter().take_while(|order| newer(&order.id)).count();
        let news = match number {
            0 => String::new(),
            1 => "One new order".into(),
            number if number > MOST.into() => format!("{MOST}+ new orders"),
            number => format!("{number} new orders"),
        };
        Ok(html(&News { news, newest_page_url: asked.url("/admin", &[]) }).into())
    };
    answer(web.board.audience.parts.get(&format!("news?{query}"), make).await)
}

fn answer(part: Result<Arc<str>, StoreError>) -> Response {
    match part {
        Ok(part) => guarded(Html(part.to_string())),
        Err(error) => trouble(Trouble::Away(&error)),
    }
}

/// The orders that an address lists, such as `ord_…,ord_…`; `None` where it holds anything else, or
/// more than a page has.
fn ids(text: &str) -> Option<Vec<OrderId>> {
    let ids: Option<Vec<_>> = text.split(',').map(order_id::parse).collect();
    ids.filter(|ids| ids.len() <= MOST_ROWS)
}
