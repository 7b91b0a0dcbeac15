//! Orders as rows of a table.

use askama::Template;
use chrono::{DateTime, Utc};
use order_core::{Order, State};

use super::detail::late;
use crate::order_id;
use crate::web::words::{Badge, Time};

/// The rows of the dashboard's table.
#[derive(Template)]
#[template(path = "rows.html")]
pub(super) struct Rows {
    rows: Vec<Row>,
}

/// An order.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) pie: String,
    status: Badge,
    /// What stopped it; empty where nothing did.
    pub(super) failure: String,
    created: Time,
    attempt: String,
    expected: Option<Time>,
    late: String,
}

impl Rows {
    /// These orders, in their order.
    pub(super) fn of(orders: &[Order], now: DateTime<Utc>) -> Self {
        Self { rows: orders.iter().map(|order| Row::of(order, now)).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// A pie's type as a word: lists are too narrow for whole names.
fn pie_word(pie_type: &str) -> String {
    let mut letters = pie_type.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect::<String>().replace('_', " ")
}

impl Row {
    /// An order as it stands now.
    pub(super) fn of(order: &Order, now: DateTime<Utc>) -> Self {
        let failure = match order.state() {
            State::Error(failure) => failure.code.clone(),
            _ => String::new(),
        };
        let attempt = order.state().work().map(|work| work.attempt.to_string());
        let underway = order.seconds_remaining(now).is_some();
        Self {
            id: order_id::public(order.id),
            customer: order.customer.name.clone(),
            pie: pie_word(&order.recipe.pie_type),
            status: order.status().into(),
            failure,
            created: order.created_at.into(),
            attempt: attempt.unwrap_or_else(|| "–".into()),
            expected: underway.then(|| order.estimated_delivery.into()),
            late: late(order, now),
        }
    }
}
