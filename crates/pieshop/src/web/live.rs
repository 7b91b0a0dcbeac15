//! A page that keeps itself up to date: rendered anew when the order changes, and now and then.
//!
//! Who watches asks the database only when the order has changed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use order_core::{Entry, Order, OrderId, Status};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::Web;
use super::admin::session::Session;
use super::order::{Actions, find};
use super::progress::Progress;
use crate::store::FeedRow;

/// Times and the drone's place are told anew so often.
const EVERY: Duration = Duration::from_secs(5);
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Somebody who watches an order.
struct Watcher {
    web: Web,
    rows: Receiver<Arc<FeedRow>>,
    order: Order,
    entries: Vec<Entry>,
    /// Parts of the page are told, not only that it changed.
    parts: bool,
    told: Status,
    ready: Vec<Event>,
    over: bool,
}

/// `GET /orders/{id}/live`: events `order` and `actions` with parts of the page, `announcement`
/// with words for who listens to it, and `end`.
pub(super) async fn of_order(State(web): State<Web>, Path(id): Path<String>) -> Response {
    let rows = web.live.subscribe();
    watch(web, rows, &id, true).await
}

/// `GET /admin/orders/{id}/live`: events `changed`, `state` where it is another, `announcement`
/// and `end`; the page fetches itself anew.
pub(super) async fn of_admin(
    _: Session,
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Response {
    let rows = web.live.subscribe();
    watch(web, rows, &id, false).await
}

async fn watch(web: Web, rows: Receiver<Arc<FeedRow>>, id: &str, parts: bool) -> Response {
    let (order, entries) = match find(&web, id).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let told = order.status();
    let ready = Vec::new();
    let mut watcher = Watcher { web, rows, order, entries, parts, told, ready, over: false };
    watcher.render(false);
    let events = stream::unfold(watcher, |mut watcher| async {
        let event = watcher.next().await?;
        Some((Ok::<_, Infallible>(event), watcher))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}

impl Watcher {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            let changed = self.changed().await?;
            if changed {
                // Whoever is cut off by an error comes again.
                let found = self.web.orders.store.order_with_history(self.order.id).await;
                (self.order, self.entries) = found.ok()??;
            }
            self.render(changed);
        }
    }

    /// Waits until the order changes or time has passed; `None`: the service ends.
    async fn changed(&mut self) -> Option<bool> {
        let id: OrderId = self.order.id;
        let rows = &mut self.rows;
        let ours = async {
            loop {
                match rows.recv().await {
                    Ok(row) if row.order == id => return Some(()),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return Some(()),
                    Err(RecvError::Closed) => return None,
                }
            }
        };
        let stop = self.web.stop.clone();
        match stop.run_until_cancelled(timeout(EVERY, ours)).await? {
            Ok(row) => row.map(|()| true),
            Err(_) => Some(false),
        }
    }

    /// Makes the events that bring a page up to date; the last one is told first.
    fn render(&mut self, changed: bool) {
        let now = self.web.orders.ambient.clock.now();
        let progress = Progress::of(&self.order, &self.entries, now);
        let status = self.order.status();
        self.over = progress.ended;
        if self.over {
            self.ready.push(Event::default().event("end").data("over"));
        }
        let moved = std::mem::replace(&mut self.told, status) != status;
        if moved {
            self.ready.push(Event::default().event("announcement").data(progress.headline));
        }
        if self.parts {
            // Swapped only when it must be: an open question would be closed.
            if moved {
                self.part("actions", &Actions::of(&self.order, false));
            }
            self.part("order", &progress);
        } else if changed {
            let names = if moved { ["state", "changed"].as_slice() } else { &["changed"] };
            self.ready.extend(names.iter().map(|name| Event::default().event(*name).data("now")));
        }
    }

    fn part(&mut self, name: &str, part: &impl Template) {
        match part.render() {
            Ok(part) => self.ready.push(Event::default().event(name).data(part)),
            Err(error) => tracing::error!(%error, "a part of a page cannot be rendered"),
        }
    }
}
