//! What a dashboard asks after when something has happened: its own rows, and what is newer.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::board::html;
use super::query::{Asked, ids};
use super::rows::Rows;
use super::session::Session;
use crate::filter::Fields;
use crate::order_id;
use crate::store::{OrderFilter, StoreError};
use crate::validate::Check;
use crate::web::Web;
use crate::web::page::Part;
use crate::web::trouble::{Trouble, trouble};
use crate::web::words::grouped;

/// More new orders than this are not counted on the page.
const MOST: u64 = 100;

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
        Ok(html(&Rows::of(&orders, web.orders.ambient.clock.now())).into())
    };
    answer(web.board.parts.get(&format!("rows?{query}"), make).await)
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
        let filter = OrderFilter { after: newest.flatten(), ..asked.filter.clone() };
        let tallies = web.orders.store.tally(&[filter]).await?;
        let tally = tallies.first().copied().unwrap_or_default();
        let news = match tally.matched {
            0 => String::new(),
            1 => "One new order".into(),
            number if number > MOST || !tally.all => format!("{MOST}+ new orders"),
            number => format!("{} new orders", grouped(i64::try_from(number).unwrap_or(i64::MAX))),
        };
        Ok(html(&News { news, newest_page_url: asked.url("/admin", &[]) }).into())
    };
    answer(web.board.parts.get(&format!("news?{query}"), make).await)
}

fn answer(part: Result<Arc<str>, StoreError>) -> Response {
    match part {
        Ok(part) => Part(part).into_response(),
        Err(error) => trouble(Trouble::Away(&error)),
    }
}
