//! Brings orders forward: claims what is due, has the robots do it, records what came of it.

pub mod commands;
mod lane;
pub mod writer;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use order_core::{Customer, Entry, Order, Policy, State, Status};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use commands::{CommandError, Orders};

use crate::clock::Ambient;
use crate::order_id;
use crate::robots::Robots;
use crate::store::SharedStore;
use lane::Lane;

/// The running orchestrator.
pub struct Orchestrator {
    /// The commands on orders.
    pub orders: Orders,
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
        poll_interval: Duration,
    ) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let orders = Orders {
            store: store.clone(),
            ambient: ambient.clone(),
            policy: policy.clone(),
            bell: Arc::new(Notify::new()),
        };
        if let Some(robots) = robots {
            let lane = Lane { orders: orders.clone(), robots: robots.clone(), poll_interval };
            tasks.spawn(lane.run(stop.clone()));
        }
        Self { orders, stop, tasks }
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
    let attempt = order.state().work().map(|work| work.attempt);
    let duration_ms = since.map(|since| (entry.at - since).num_milliseconds());
    let note = entry.note.as_deref().map(|note| without_contact(order, note));
    if let Some(error) = &entry.error {
        let error = without_contact(order, error);
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
