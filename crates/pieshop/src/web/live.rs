//! A page that keeps itself up to date: rendered anew when the order changes, and now and then.
//!
//! Who watches asks the database only when the order has changed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use order_core::{Entry, Order, OrderId, Status};
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::Web;
use super::actions::Actions;
use super::admin::session::Session;
use super::order::find;
use super::progress::Progress;
use crate::store::FeedRow;

/// Times and the drone's place are told anew so often.
const EVERY: Duration = Duration::from_secs(5);
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How the page of an order keeps itself up to date.
#[derive(Clone)]
pub(super) struct Live {
    /// Where its events come from; empty where nothing moves.
    pub(super) url: String,
    pub(super) refresh_url: String,
    /// Leads to the page that pauses, or to the one that goes on; empty where nothing moves again.
    pub(super) pause_url: String,
}

impl Live {
    /// Of the page of `order` at `here`.
    pub(super) fn of(order: &Order, here: String, Paused(paused): Paused) -> Self {
        let over = matches!(order.status(), Status::Completed | Status::Cancelled);
        let (off, live) = (format!("{here}?live=off"), format!("{here}/live"));
        let (refresh_url, pause_url) = if paused { (off, here) } else { (here, off) };
        Self {
            url: if over || paused { String::new() } else { live },
            refresh_url,
            pause_url: if over { String::new() } else { pause_url },
        }
    }

    /// Whether anything moves.
    pub(super) fn on(&self) -> bool {
        !self.url.is_empty()
    }
}

/// Whether nothing shall move, by the page's address.
#[derive(Clone, Copy, Default)]
pub(super) struct Paused(bool);

impl<S: Sync> FromRequestParts<S> for Paused {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        #[derive(Deserialize)]
        struct Asked {
            live: Option<String>,
        }

        let asked = Query::<Asked>::try_from_uri(&parts.uri);
        Ok(Self(asked.is_ok_and(|Query(asked)| asked.live.as_deref() == Some("off"))))
    }
}

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
    let rows = web.observer.feed.subscribe();
    watch(web, rows, &id, true).await
}

/// `GET /admin/orders/{id}/live`: events `changed`, `state` where it is another, `announcement`
/// and `end`; the page fetches itself anew.
pub(super) async fn of_admin(
    _: Session,
    State(web): State<Web>,
    Path(id): Path<String>,
) -> Response {
    let rows = web.observer.feed.subscribe();
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
        let stop = self.web.observer.feed.stop.clone();
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
        self.over = matches!(status, Status::Completed | Status::Cancelled);
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
                self.part("actions", &Actions::of(&self.order, Paused(false)));
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
