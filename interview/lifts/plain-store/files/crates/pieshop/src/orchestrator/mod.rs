//! Brings orders forward: claims what is due, has the robots do it, records what came of it.

pub mod commands;
mod lane;
pub mod writer;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use order_core::{Customer, Entry, Order, Policy, Status};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use commands::{CommandError, Orders};

use crate::clock::Ambient;
use crate::order_id;
use crate::robots::HttpRobots;
use crate::store::SharedStore;
use lane::Lane;

/// The running orchestrator.
pub struct Orchestrator {
    /// The commands on orders.
    pub orders: Orders,
    tasks: JoinHandle<()>,
}

impl Orchestrator {
    /// Starts to bring orders forward.
    pub fn start(
        store: &SharedStore,
        robots: HttpRobots,
        ambient: &Ambient,
        policy: &Arc<Policy>,
        poll_interval: Duration,
    ) -> Self {
        let orders = Orders {
            store: store.clone(),
            ambient: ambient.clone(),
            policy: policy.clone(),
            bell: Arc::new(Notify::new()),
        };
        let lane = Lane { orders: orders.clone(), robots, poll_interval };
        let tasks = tokio::spawn(lane.run());
        Self { orders, tasks }
    }

    /// Breaks off what is in hand: it is still due, and is taken up again by the next start.
    pub async fn stop(self) {
        self.tasks.abort();
        let _ = self.tasks.await;
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
    let error = entry.error.as_deref().map(|error| without_contact(order, error));
    tracing::info!(order_id, from_state, to_state, attempt, duration_ms, note, error, "transition");
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
