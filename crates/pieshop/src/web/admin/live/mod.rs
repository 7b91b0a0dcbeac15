//! A dashboard that keeps itself up to date: told once a second, however many watch.

mod news;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::stream;
use order_core::{Order, Status};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use url::form_urlencoded;

use super::board::{EVERY, Frame, frame, html};
use super::next::{came_from, sign_in};
use super::query::{Asked, address};
use super::robots::RobotList;
use super::session::Session;
use crate::order_id;
use crate::web::Web;
use crate::web::fresh::Fresh;
use crate::web::live::of_admin;
use crate::web::words::grouped;

const HEARTBEAT: Duration = Duration::from_secs(15);

/// What is asked for by pages that keep themselves up to date.
pub(super) fn router() -> Router<Web> {
    Router::new()
        .route("/admin/live", get(live))
        .route("/admin/rows", get(news::rows))
        .route("/admin/news", get(news::news))
        .route("/admin/orders/{id}/live", get(of_admin))
}

/// Leads a page whose session has ended to the sign-in: a redirect would put the sign-in into the
/// middle of the page.
pub(super) async fn lead_out(request: Request, next: Next) -> Response {
    let part = request.headers().contains_key("hx-request");
    let page = came_from(request.headers());
    let answer = next.run(request).await;
    let location = answer.headers().get(header::LOCATION);
    if part && location.is_some_and(|to| to.as_bytes().starts_with(b"/admin/sign-in")) {
        (StatusCode::UNAUTHORIZED, [("hx-redirect", sign_in(page))]).into_response()
    } else {
        answer
    }
}

/// How a dashboard keeps itself up to date.
pub(super) struct Live {
    paused: bool,
    /// Leads to the page that pauses, or to the one that goes on.
    pub(super) pause_url: String,
    /// Where it asks after its own rows.
    pub(super) rows_url: String,
    /// Where it asks after newer orders; empty where it shows others than the newest.
    pub(super) news_url: String,
}

impl Live {
    /// Of the page that shows `orders`.
    pub(super) fn of(asked: &Asked, orders: &[Order]) -> Self {
        let ids: Vec<_> = orders.iter().map(|order| order_id::public(order.id)).collect();
        let newest: Vec<_> = ids.iter().take(1).map(|id| ("after", id.as_str())).collect();
        let on_top = asked.errors.is_empty() && asked.before.is_none();
        let off = ("live", "off".to_owned());
        let paused = asked.view.contains(&off);
        let mut view = asked.view.clone();
        view.retain(|(name, _)| *name != "live");
        view.extend((!paused).then_some(off));
        view.extend(asked.before.map(|before| ("cursor", order_id::public(before))));
        let mut other = form_urlencoded::Serializer::new(String::new());
        let other = other.extend_pairs(&asked.texts).extend_pairs(&view).finish();
        Self {
            paused,
            pause_url: address("/admin", &other),
            rows_url: format!("/admin/rows?ids={}", ids.join(",")),
            news_url: if on_top { asked.url("/admin/news", &newest) } else { String::new() },
        }
    }

    /// Whether anything moves.
    pub(super) fn on(&self) -> bool {
        !self.paused
    }
}

/// Who watches.
pub(super) struct Audience {
    /// Parts of pages that each has asked for with an address of its own.
    pub(super) parts: Fresh<Arc<str>>,
    told: watch::Sender<Option<Arc<Told>>>,
    telling: AtomicBool,
}

impl Default for Audience {
    fn default() -> Self {
        Self {
            parts: Fresh::new(EVERY),
            told: watch::channel(None).0,
            telling: AtomicBool::new(false),
        }
    }
}

/// What is told at a moment.
struct Told {
    frame: Arc<Frame>,
    robots: String,
    /// Transitions of all orders that were seen so far.
    seen: u64,
}

impl Told {
    /// What is swapped on the pages, by the name of its event.
    fn parts(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("charts", &self.frame.charts),
            ("robots", &self.robots),
            ("counters", &self.frame.counters),
        ]
    }

    /// How many orders are in error.
    fn errors(&self) -> i64 {
        self.frame.counts.get(&Status::Error).copied().unwrap_or_default()
    }
}

/// `GET /admin/live`: events with parts of the page where they are others, each named as the part,
/// `announcement` with words for who listens to it, and `changed` where anything happened, at which
/// the page asks after its own rows.
async fn live(_: Session, State(web): State<Web>) -> Response {
    let news = web.board.audience.told.subscribe();
    if !web.board.audience.telling.swap(true, Ordering::AcqRel) {
        tokio::spawn(tell(web.clone()));
    }
    let watcher = Watcher { web, news, told: None, ready: Vec::new() };
    let events = stream::unfold(watcher, |mut watcher| async {
        let event = watcher.next().await?;
        Some((Ok::<_, Infallible>(event), watcher))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}

/// Makes the board anew, once for all, until nobody watches any more.
async fn tell(web: Web) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while web.observer.feed.stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if web.board.audience.told.is_closed() {
            web.board.audience.telling.store(false, Ordering::Release);
            // Whoever came in between has found the task at work and started none.
            if web.board.audience.told.is_closed()
                || web.board.audience.telling.swap(true, Ordering::AcqRel)
            {
                return;
            }
        }
        let seen = web.observer.feed.told();
        let robots = html(&RobotList::now(&web).await);
        // Where the database is away, the board on the pages says as of when it is.
        if let Ok(frame) = frame(&web).await {
            web.board.audience.told.send_replace(Some(Arc::new(Told { frame, robots, seen })));
        }
    }
}

/// Somebody who watches.
struct Watcher {
    web: Web,
    news: watch::Receiver<Option<Arc<Told>>>,
    told: Option<Arc<Told>>,
    ready: Vec<Event>,
}

impl Watcher {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop() {
                return Some(event);
            }
            let stop = self.web.observer.feed.stop.clone();
            stop.run_until_cancelled(self.news.changed()).await?.ok()?;
            let news = self.news.borrow_and_update().clone();
            if let Some(news) = news {
                self.tell(news);
            }
        }
    }

    /// Makes the events that bring a page up to date; the last one is told first.
    fn tell(&mut self, news: Arc<Told>) {
        let told = self.told.as_deref();
        // Whoever comes, or comes again, may have missed something.
        if told.is_none_or(|told| told.seen != news.seen) {
            self.ready.push(Event::default().event("changed").data("now"));
        }
        if told.is_some_and(|told| told.errors() != news.errors()) {
            let words = match news.errors() {
                0 => "No order is in error any more".to_owned(),
                1 => "One order is in error".to_owned(),
                errors => format!("{} orders are in error", grouped(errors)),
            };
            self.ready.push(Event::default().event("announcement").data(words));
        }
        for (place, (name, part)) in news.parts().into_iter().enumerate() {
            if told.is_none_or(|told| told.parts()[place].1 != part) {
                self.ready.push(Event::default().event(name).data(part));
            }
        }
        self.told = Some(news);
    }
}
