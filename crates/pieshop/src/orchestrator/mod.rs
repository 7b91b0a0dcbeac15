//! Brings orders forward: claims what is due, has the robots do it, records what came of it.

pub mod bulk;
pub mod commands;
mod lane;
pub mod observer;
pub mod writer;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Customer, Entry, Order, Policy, Robot, State, Status};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use commands::{CommandError, Orders};
pub use lane::Bell;
pub use observer::Observer;
pub use writer::{WriteError, Writer};

use crate::clock::Ambient;
use crate::order_id;
use crate::robots::Robots;
use crate::store::SharedStore;
use lane::Lane;

/// How the orchestrator works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a claimed order belongs to its claimer.
    pub lease: Duration,
    /// How often a lane with nothing to do looks for due orders.
    pub poll_interval: Duration,
    /// How often the history is read, for listeners and counters.
    pub sweep_interval: Duration,
    /// How long a write may take before its outcome counts as unknown.
    pub commit_deadline: Duration,
    /// How long idempotency keys are kept.
    pub idempotency_keep: Duration,
    /// Calls at once: picker, baker, delivery.
    pub calls: [usize; 3],
}

/// Orders in hand at once in a lane that makes no calls.
const TIMER_PERMITS: usize = 512;
/// Jobs behind an ERROR that are asked after at once.
const ERROR_PERMITS: usize = 16;

/// The running orchestrator.
pub struct Orchestrator {
    /// The commands on orders.
    pub orders: Orders,
    /// What happens to all orders.
    pub observer: Observer,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Orchestrator {
    /// Starts everything; orders are brought forward only with `robots`.
    pub fn start(
        store: &SharedStore,
        robots: Option<&Arc<dyn Robots>>,
        ambient: &Ambient,
        policy: &Arc<Policy>,
        settings: &Settings,
    ) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let observer = Observer::new(store, ambient, &stop);
        let (every, keep) = (settings.sweep_interval, settings.idempotency_keep);
        tasks.spawn(observer.clone().sweep(every, keep, stop.clone()));
        let writer = Writer::start(store, &ambient.entropy, settings.commit_deadline);
        let bell = Bell::default();
        let orders = Orders {
            store: store.clone(),
            ambient: ambient.clone(),
            writer: writer.clone(),
            policy: policy.clone(),
            bell: bell.clone(),
        };
        if let Some(robots) = robots {
            for (status, permits) in [
                (Status::Ordered, TIMER_PERMITS),
                (Status::Picking, settings.calls[0]),
                (Status::Prepping, TIMER_PERMITS),
                (Status::Baking, settings.calls[1]),
                (Status::Delivering, settings.calls[2]),
                (Status::Error, ERROR_PERMITS),
            ] {
                let lane = Lane {
                    status,
                    permits,
                    store: store.clone(),
                    robots: robots.clone(),
                    ambient: ambient.clone(),
                    policy: policy.clone(),
                    writer: writer.clone(),
                    bell: bell.clone(),
                    lease: TimeDelta::from_std(settings.lease).unwrap_or(TimeDelta::seconds(30)),
                    poll_interval: settings.poll_interval,
                };
                tasks.spawn(lane.run(stop.clone()));
            }
        }
        Self { orders, observer, stop, tasks }
    }

    /// Stops claiming, and returns when what is in hand is finished.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Writes the one log line of a history entry. `since` is the time of the change before.
fn log_transition(order: &Order, entry: &Entry, since: Option<DateTime<Utc>>) {
    let order_id = order_id::public(order.id);
    let from_state = entry.from.map(Status::as_str);
    let to_state = entry.to.as_str();
    let left = Robot::ALL.into_iter().find(|robot| Some(robot.stage().status()) == entry.from);
    let attempt = match order.state().work() {
        Some(work) => Some(work.attempt),
        None => left.map(|robot| order.workflow.attempts.of(robot.stage())),
    };
    let duration_ms = since.map(|since| (entry.at - since).num_milliseconds());
    let note = entry.note.as_deref().map(|note| without_contact(order, note));
    let error = entry.error.as_deref().map(|error| without_contact(order, error));
    if error.is_some() {
        let code = match order.state() {
            State::Error(failure) => Some(failure.code.as_str()),
            _ => None,
        };
        tracing::warn!(
            order_id,
            from_state,
            to_state,
            attempt,
            duration_ms,
            code,
            note,
            error,
            "transition"
        );
    } else {
        tracing::info!(order_id, from_state, to_state, attempt, duration_ms, note, "transition");
    }
}

/// Robots and people may repeat the customer's contact data, which no log line shows.
fn without_contact(order: &Order, text: &str) -> String {
    let Customer { name, email, phone } = &order.customer;
    let contact = [name, email, phone, &order.address.street];
    contact
        .into_iter()
        .filter(|it| !it.is_empty())
        .fold(text.to_owned(), |text, contact| text.replace(contact.as_str(), "***"))
}
