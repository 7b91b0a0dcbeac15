//! What all administrators see alike: made once a second, however many watch.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use order_core::Status;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::charts::Charts;
use super::counters::Counters;
use super::robots::{Lookout, RobotList};
use super::session::Session;
use crate::store::{Attention, OrderFilter, StoreError};
use crate::web::Web;
use crate::web::fresh::Fresh;
use crate::web::words::grouped;

/// The board is made anew so often while somebody watches.
const EVERY: Duration = Duration::from_secs(1);
/// The charts hold minutes: they need not move each second.
const CHARTS_EVERY: Duration = Duration::from_secs(10);
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What is shared by all who watch.
pub(crate) struct Board {
    frames: Fresh<Arc<Frame>>,
    charts: Fresh<Arc<str>>,
    /// Parts of pages that each has asked for with an address of its own.
    pub(super) parts: Fresh<Arc<str>>,
    pub(super) lookout: Lookout,
    told: watch::Sender<Option<Arc<Frame>>>,
    telling: AtomicBool,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            frames: Fresh::new(EVERY),
            charts: Fresh::new(CHARTS_EVERY),
            parts: Fresh::new(EVERY),
            lookout: Lookout::default(),
            told: watch::channel(None).0,
            telling: AtomicBool::new(false),
        }
    }
}

impl Board {
    /// Makes everything anew for whoever looks next.
    pub(super) fn forget(&self) {
        self.frames.forget();
    }
}

/// The board at a moment, as HTML.
pub(super) struct Frame {
    pub(super) counters: String,
    pub(super) robots: String,
    pub(super) charts: Arc<str>,
    /// All orders that there are.
    pub(super) orders: i64,
    /// How many of them are in error.
    errors: i64,
    /// Entries of all histories that were seen so far.
    seen: u64,
}

impl Frame {
    /// What is swapped on the pages, by the name of its event.
    fn parts(&self) -> [(&'static str, &str); 3] {
        [("charts", &self.charts), ("robots", &self.robots), ("counters", &self.counters)]
    }
}

/// The board as it is now, not older than a second.
pub(super) async fn frame(web: &Web) -> Result<Arc<Frame>, StoreError> {
    web.board.frames.get("", make(web)).await
}

async fn make(web: &Web) -> Result<Arc<Frame>, StoreError> {
    let now = web.orders.ambient.clock.now();
    let filter = |attention| OrderFilter { attention: Some(attention), ..OrderFilter::default() };
    let filters = [filter(Attention::Late { now }), filter(Attention::Retrying)];
    let tallies = web.orders.store.tally(&filters).await?;
    let (counts, seen) = web.live.activity(|activity| (activity.counts.clone(), activity.seen));
    let tally = |number: usize| tallies.get(number).copied().unwrap_or_default();
    let robots = RobotList::of(&web.board.lookout.conditions(web).await);
    let robots = super::breaker::told(web, robots);
    let charts = async {
        let charts = web.live.activity(|activity| Charts::of(activity, now));
        Ok::<_, Infallible>(html(&charts).into())
    };
    let Ok(charts) = web.board.charts.get("", charts).await;
    Ok(Arc::new(Frame {
        counters: html(&Counters::of(&counts, tally(0), tally(1), now)),
        robots: html(&robots),
        charts,
        orders: counts.values().sum(),
        errors: counts.get(&Status::Error).copied().unwrap_or_default(),
        seen,
    }))
}

pub(super) fn html(part: &impl Template) -> String {
    part.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a part of a page cannot be rendered");
        String::new()
    })
}

/// `GET /admin/live`: events `counters`, `robots` and `charts` with parts of the page where they
/// are others, `announcement` with words for who listens to it, and `changed` where anything
/// happened, at which the page asks after its own rows.
pub(super) async fn live(_: Session, State(web): State<Web>) -> Response {
    let frames = web.board.told.subscribe();
    if !web.board.telling.swap(true, Ordering::AcqRel) {
        tokio::spawn(tell(web.clone()));
    }
    let watcher = Watcher { web, frames, told: None, ready: Vec::new() };
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
    while web.stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if web.board.told.is_closed() {
            web.board.telling.store(false, Ordering::Release);
            // Whoever came in between has found the task at work and started none.
            if web.board.told.is_closed() || web.board.telling.swap(true, Ordering::AcqRel) {
                return;
            }
        }
        // Where the database is away, the board on the pages says as of when it is.
        if let Ok(frame) = frame(&web).await {
            web.board.told.send_replace(Some(frame));
        }
    }
}

/// Somebody who watches.
struct Watcher {
    web: Web,
    frames: watch::Receiver<Option<Arc<Frame>>>,
    told: Option<Arc<Frame>>,
    ready: Vec<Event>,
}

impl Watcher {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop() {
                return Some(event);
            }
            let stop = self.web.stop.clone();
            stop.run_until_cancelled(self.frames.changed()).await?.ok()?;
            let frame = self.frames.borrow_and_update().clone();
            if let Some(frame) = frame {
                self.tell(frame);
            }
        }
    }

    /// Makes the events that bring a page up to date; the last one is told first.
    fn tell(&mut self, frame: Arc<Frame>) {
        let told = self.told.as_deref();
        // Whoever comes, or comes again, may have missed something.
        if told.is_none_or(|told| told.seen != frame.seen) {
            self.ready.push(Event::default().event("changed").data("now"));
        }
        if told.is_some_and(|told| told.errors != frame.errors) {
            let words = match frame.errors {
                0 => "No order is in error any more".to_owned(),
                1 => "One order is in error".to_owned(),
                errors => format!("{} orders are in error", grouped(errors)),
            };
            self.ready.push(Event::default().event("announcement").data(words));
        }
        for (place, (name, part)) in frame.parts().into_iter().enumerate() {
            if told.is_none_or(|told| told.parts()[place].1 != part) {
                self.ready.push(Event::default().event(name).data(part));
            }
        }
        self.told = Some(frame);
    }
}
