//! Server-sent events: what happens to one order, or to all.
//!
//! Each stream listens first and reads the history then, so that nothing falls in between; what
//! it has told already it knows by its position.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
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
use super::{Api, openapi};
use crate::order_id;
use crate::store::{FeedCursor, FeedRow};

/// A comment is sent after so much silence, so that nobody on the way thinks the stream dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Rows read at a time by a stream that has to catch up.
const PAGE: u16 = 500;
const LAST_EVENT_ID: &str = "Last-Event-ID";

/// The data of an event named `transition`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Transition)]
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

/// One event of a stream, of which there is one after the other.
#[derive(ToSchema)]
#[schema(as = Event)]
#[expect(dead_code, reason = "describes what `event` makes")]
pub(super) struct EventFields {
    #[schema(pattern = "^transition$")]
    event: String,
    /// For `Last-Event-ID`.
    id: String,
    /// A `Transition` as JSON.
    data: String,
}

/// Where an order's stream goes on.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `last_event_id` reads")]
pub(super) struct LastEventOfOrderParam {
    /// The id of the last event that was seen; the stream begins after it.
    #[param(rename = "Last-Event-ID", nullable = false, pattern = "^[0-9]{1,9}$")]
    last: Option<String>,
}

/// Where the stream of all orders goes on.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `last_event_id` reads")]
pub(super) struct LastEventOfAllParam {
    /// The id of the last event that was seen; the stream begins after it.
    #[param(rename = "Last-Event-ID", nullable = false, pattern = "^[0-9]{1,18}-[0-9]{1,18}$")]
    last: Option<String>,
}

/// The streams.
pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/api/orders/{orderId}/events", get(of_order))
        .route("/api/orders/events", get(of_all))
}

const EXAMPLE_OF_ORDER: &str = r#"{"orderId":"ord_01kcq8k0g0e8gs1x5yv8m3n7qf","from":"PREPPING","state":"BAKING","timestamp":"2025-12-17T16:45:00Z"}"#;
const EXAMPLE_OF_ALL: &str = r#"{"orderId":"ord_01kcq8k0g0e8gs1x5yv8m3n7qf","from":"BAKING","state":"ERROR","timestamp":"2025-12-17T16:45:00Z","error":"BURNT: the pie is black"}"#;

/// Follow one order
///
/// Sends the order's changes of state so far and then each as it happens, a second late at most.
/// Ends after COMPLETED or CANCELLED.
#[utoipa::path(
    get, path = "/api/orders/{orderId}/events", operation_id = "followOrder", tag = "Orders",
    params(openapi::OrderIdParam, LastEventOfOrderParam),
    responses(
        (status = 200, description = "Events named `transition`; their data is a `Transition`.",
            content_type = "text/event-stream", body = EventFields,
            example = json!({ "event": "transition", "id": "4", "data": EXAMPLE_OF_ORDER })),
        (status = 204, description = "The order has ended and every event was sent before."),
    ),
)]
pub(super) async fn of_order(
    State(api): State<Api>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let seen = last_event_id(&headers, number)?.unwrap_or_default();
    let rows = api.observer.feed.subscribe();
    let mut told = Told::new(api, rows, Position::One { id, seen, over: false });
    told.read().await?;
    match told.at {
        Position::One { over: true, .. } if told.ready.is_empty() => {
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Ok(sse(told)),
    }
}

/// Follow all orders
///
/// Sends whatever happens from now on, or after `Last-Event-ID`: also failed tries, edits and an
/// administrator's actions.
#[utoipa::path(
    get, path = "/api/orders/events", operation_id = "followOrders", tag = "Administration",
    params(LastEventOfAllParam),
    responses((status = 200, description = "Events named `transition`; their data is a `Transition`.",
        content_type = "text/event-stream", body = EventFields,
        example = json!({ "event": "transition", "id": "0-17", "data": EXAMPLE_OF_ALL }))),
    security(("administrator" = [])),
)]
pub(super) async fn of_all(
    _: Administrator,
    State(api): State<Api>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let resumed = last_event_id(&headers, parse_cursor)?;
    let rows = api.observer.feed.subscribe();
    let last = match resumed {
        Some(last) => last,
        None => api.orders.store.feed_end().await?,
    };
    Ok(sse(Told::new(api, rows, Position::All(last))))
}

/// A stream: where it stands, and what is ready to be told.
struct Told {
    api: Api,
    rows: Receiver<Arc<FeedRow>>,
    at: Position,
    ready: VecDeque<Event>,
    /// The store may hold more than what was told.
    behind: bool,
}

/// Up to where everything was told.
enum Position {
    /// The number of an order's entry; and whether its last one is among them.
    One {
        id: OrderId,
        seen: i32,
        over: bool,
    },
    All(FeedCursor),
}

impl Told {
    fn new(api: Api, rows: Receiver<Arc<FeedRow>>, at: Position) -> Self {
        Self { api, rows, at, ready: VecDeque::new(), behind: true }
    }

    /// Whoever is cut off by an error comes again with the last event's id.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.behind {
                self.read().await.ok()?;
                continue;
            }
            if let Position::One { over: true, .. } = self.at {
                return None;
            }
            let stop = self.api.observer.feed.stop.clone();
            match stop.run_until_cancelled(self.rows.recv()).await? {
                Ok(row) => self.tell(row.cursor, row.order, &row.entry),
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Takes what is new from the store.
    async fn read(&mut self) -> Result<(), ApiError> {
        let store = self.api.orders.store.clone();
        self.behind = match self.at {
            Position::One { id, .. } => {
                let found = store.order_with_history(id).await?;
                let (_, entries) =
                    found.ok_or_else(|| ApiError::OrderNotFound(order_id::public(id)))?;
                for entry in &entries {
                    self.tell(FeedCursor::default(), id, entry);
                }
                false
            }
            Position::All(last) => {
                let page = store.feed(last, PAGE).await?;
                for row in &page {
                    self.tell(row.cursor, row.order, &row.entry);
                }
                page.len() == usize::from(PAGE)
            }
        };
        Ok(())
    }

    fn tell(&mut self, cursor: FeedCursor, order: OrderId, entry: &Entry) {
        match &mut self.at {
            Position::One { id, seen, over } => {
                if *id != order || !changes_state(entry) {
                    return;
                }
                *over |= matches!(entry.to, Status::Completed | Status::Cancelled);
                if entry.seq > *seen {
                    *seen = entry.seq;
                    let public = Entry { note: None, error: None, ..entry.clone() };
                    self.ready.extend(event(entry.seq.to_string(), order, public));
                }
            }
            Position::All(last) if cursor > *last => {
                *last = cursor;
                let id = format!("{}-{}", cursor.transaction, cursor.row);
                self.ready.extend(event(id, order, entry.clone()));
            }
            Position::All(_) => {}
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

fn sse(told: Told) -> Response {
    let events = stream::unfold(told, |mut told| async {
        let event = told.next().await?;
        Some((Ok::<_, Infallible>(event), told))
    });
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
    Some(FeedCursor { transaction: number(transaction)?, row: number(row)? })
}

/// A number in digits alone: no sign.
fn number<N: FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
