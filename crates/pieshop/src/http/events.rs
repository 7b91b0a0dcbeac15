//! Server-sent events: what happens to one order, or to all.
//!
//! Each stream listens first and reads the history then, so that nothing falls in between; what
//! it has told already it knows by its position.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use futures::stream;
use order_core::{Entry, OrderId, Status};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

use super::auth::Administrator;
use super::error::ApiError;
use super::path::Id;
use super::views::{OrderStatus, changes_state};
use super::{Api, examples, openapi};
use crate::order_id;
use crate::store::{FeedCursor, FeedRow, StoreError};

/// A comment is sent after so much silence, so that nobody on the way thinks the stream dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Rows read at a time by a stream that has to catch up.
const PAGE: u16 = 500;
const LAST_EVENT_ID: &str = "Last-Event-ID";

/// The data of an event named `transition`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Happened {
    order_id: String,
    /// The state before; missing at the creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<OrderStatus>)]
    from: Option<&'static str>,
    /// The state after.
    #[schema(value_type = OrderStatus)]
    state: &'static str,
    timestamp: DateTime<Utc>,
    /// What was done, for the administrator only.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// What went wrong, for the administrator only.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Follow one order
///
/// Sends the order's changes of state so far and then each as it happens, a second late at most.
/// Ends after COMPLETED or CANCELLED.
#[utoipa::path(
    get, path = "/api/orders/{orderId}/events", operation_id = "followOrder", tag = "Orders",
    params(openapi::OrderIdParam, openapi::LastEventIdParam),
    responses(
        (status = 200, description = "Events named `transition`; their data is a `Happened`.",
            content_type = "text/event-stream", body = String,
            example = json!(examples::stream("4"))),
        (status = 204, description = "The order has ended and every event was sent before."),
    ),
)]
pub(super) async fn of_order(
    State(api): State<Api>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let parse = |text: &str| text.parse().ok().filter(|seq| *seq >= 0);
    let seen = last_event_id(&headers, parse)?.unwrap_or_default();
    let rows = api.live.subscribe();
    let mut told = OneOrder { api, id, rows, seen, ready: VecDeque::new(), ended: false };
    if !told.read().await? {
        return Err(ApiError::OrderNotFound(order_id::public(id)));
    }
    if told.ended && told.ready.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(sse(stream::unfold(told, |mut told| async { Some((Ok(told.next().await?), told)) })))
}

/// Follow all orders
///
/// Sends whatever happens from now on, or after `Last-Event-ID`: also failed tries, edits and an
/// administrator's actions.
#[utoipa::path(
    get, path = "/api/orders/events", operation_id = "followOrders", tag = "Administration",
    params(openapi::LastEventIdParam),
    responses((status = 200, description = "Events named `transition`; their data is a `Happened`.",
        content_type = "text/event-stream", body = String,
        example = json!(examples::stream("0-18")))),
    security(("administrator" = [])),
)]
pub(super) async fn of_all(
    _: Administrator,
    State(api): State<Api>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let resumed = last_event_id(&headers, parse_cursor)?;
    let rows = api.live.subscribe();
    let last = match resumed {
        Some(last) => last,
        None => api.orders.store.feed_end().await?,
    };
    let told = AllOrders { api, rows, last, ready: VecDeque::new(), behind: resumed.is_some() };
    Ok(sse(stream::unfold(told, |mut told| async { Some((Ok(told.next().await?), told)) })))
}

/// What is told of one order.
struct OneOrder {
    api: Api,
    id: OrderId,
    rows: Receiver<Arc<FeedRow>>,
    /// The number of the latest entry that was looked at.
    seen: i32,
    ready: VecDeque<Event>,
    ended: bool,
}

impl OneOrder {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            let stop = self.api.stop.clone();
            match stop.run_until_cancelled(self.rows.recv()).await? {
                Ok(row) if row.order == self.id => self.tell(&row.entry),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    // Whoever is cut off comes again with the last event's id.
                    self.read().await.map_err(ApiError::from).ok()?;
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Takes what is new from the stored history; `false` where there is no such order.
    async fn read(&mut self) -> Result<bool, StoreError> {
        let found = self.api.orders.store.order_with_history(self.id).await?;
        for entry in found.iter().flat_map(|(_, entries)| entries) {
            self.tell(entry);
        }
        Ok(found.is_some())
    }

    fn tell(&mut self, entry: &Entry) {
        if changes_state(entry) {
            self.ended = matches!(entry.to, Status::Completed | Status::Cancelled);
        }
        if entry.seq > self.seen {
            self.seen = entry.seq;
            if changes_state(entry) {
                let public = Entry { note: None, error: None, ..entry.clone() };
                self.ready.extend(event(entry.seq.to_string(), self.id, public));
            }
        }
    }
}

/// What is told of all orders.
struct AllOrders {
    api: Api,
    rows: Receiver<Arc<FeedRow>>,
    last: FeedCursor,
    ready: VecDeque<Event>,
    /// Rows may have been missed: the store has them.
    behind: bool,
}

impl AllOrders {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.behind {
                let page = self.api.orders.store.feed(self.last, PAGE).await;
                let page = page.map_err(ApiError::from).ok()?;
                self.behind = page.len() == usize::from(PAGE);
                for row in &page {
                    self.tell(row);
                }
                continue;
            }
            let stop = self.api.stop.clone();
            match stop.run_until_cancelled(self.rows.recv()).await? {
                Ok(row) => self.tell(&row),
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn tell(&mut self, row: &FeedRow) {
        if row.cursor > self.last {
            self.last = row.cursor;
            let id = format!("{}-{}", row.cursor.transaction, row.cursor.row);
            self.ready.extend(event(id, row.order, row.entry.clone()));
        }
    }
}

fn event(id: String, order: OrderId, entry: Entry) -> Option<Event> {
    let Entry { from, to, at, note, error, .. } = entry;
    let happened = Happened {
        order_id: order_id::public(order),
        from: from.map(Status::as_str),
        state: to.as_str(),
        timestamp: at,
        note,
        error,
    };
    Event::default().event("transition").id(id).json_data(happened).ok()
}

fn sse(events: impl stream::Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}

fn last_event_id<T>(
    headers: &HeaderMap,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let Some(id) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let parsed = id.to_str().ok().and_then(parse);
    let refused = || ApiError::field(LAST_EVENT_ID, "INVALID", "takes the id of an event");
    parsed.map(Some).ok_or_else(refused)
}

fn parse_cursor(text: &str) -> Option<FeedCursor> {
    let (transaction, row) = text.split_once('-')?;
    let number = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
    Some(FeedCursor { transaction: number(transaction)?, row: number(row)? })
}
