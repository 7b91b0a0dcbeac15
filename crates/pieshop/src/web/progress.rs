//! What of an order changes while somebody looks: the part of its page that is swapped live.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Entry, Order, State, Status};

use super::assets;
use super::flight::Flight;
use super::words::{Badge, Time, span};

/// The estimate is good to about a tenth of the time left, and to two minutes at best.
const EXACTNESS: i32 = 10;
const BEST: TimeDelta = TimeDelta::minutes(2);

/// How an order stands.
#[derive(Template)]
#[template(path = "order_live.html")]
pub(super) struct Progress {
    pub(super) status: Badge,
    pub(super) headline: &'static str,
    explanation: &'static str,
    scene: String,
    eta: Option<Eta>,
    percent: u8,
    failure: Option<Trouble>,
    flight: Option<Flight>,
    stages: Vec<StageLine>,
    as_of: Time,
}

/// When the pie comes.
struct Eta {
    words: String,
    from: Time,
    to: Time,
    remaining: String,
    late: &'static str,
}

/// What went wrong, and what happens next.
struct Trouble {
    code: String,
    message: String,
    next: &'static str,
}

/// One stage of the way.
struct StageLine {
    key: &'static str,
    name: &'static str,
    picture: String,
    class: &'static str,
    state: &'static str,
    note: String,
    current: bool,
    time: Option<Time>,
}

const WAY: [(Status, &str, &str, &str); 6] = [
    (Status::Ordered, "ordered", "Ordered", "img/ticket.svg"),
    (Status::Picking, "picking", "Picking", "img/picker.svg"),
    (Status::Prepping, "prepping", "Prepping", "img/kitchen.svg"),
    (Status::Baking, "baking", "Baking", "img/baker.svg"),
    (Status::Delivering, "delivering", "Delivering", "img/drone.svg"),
    (Status::Completed, "completed", "Delivered", "img/door.svg"),
];

impl Progress {
    /// How `order` stands `now`.
    pub(super) fn of(order: &Order, entries: &[Entry], now: DateTime<Utc>) -> Self {
        let status = order.status();
        let (headline, explanation) = story(order);
        Self {
            status: status.into(),
            headline,
            explanation,
            scene: assets::url(scene(order)),
            eta: Eta::of(order, now),
            percent: order.progress(now),
            failure: Trouble::of(order),
            flight: Flight::of(order, now),
            stages: stages(order, entries),
            as_of: now.into(),
        }
    }
}

/// What happens at the moment: in a few words, and in a sentence.
fn story(order: &Order) -> (&'static str, &'static str) {
    if order.workflow.cancel_requested && order.status() != Status::Cancelled {
        return (
            "We are cancelling your order",
            "What is under way is being stopped. This takes a moment.",
        );
    }
    match order.status() {
        Status::Ordered => ("We have your order", "The picker is next."),
        Status::Picking => ("Your fruit is being picked", "It goes to the kitchen from there."),
        Status::Prepping => ("Your pie is being made", "Washing, slicing, filling the dough."),
        Status::Baking => ("Your pie is in the oven", "Already smelling good."),
        Status::Delivering => ("Your pie is in the air", "The drone brings it still warm."),
        Status::Completed => ("Delivered", "Enjoy your pie."),
        Status::Cancelled => ("Cancelled", "Nothing of this order is under way any more."),
        Status::Error => ("Something went wrong", "Your pie has stopped on its way."),
    }
}

/// A picture of it.
fn scene(order: &Order) -> &'static str {
    let of_state = WAY.iter().find(|(status, ..)| *status == order.status());
    of_state.map_or("img/trouble.svg", |(.., picture)| picture)
}

impl Eta {
    fn of(order: &Order, now: DateTime<Utc>) -> Option<Self> {
        let left = TimeDelta::seconds(order.seconds_remaining(now)?);
        let expected = now + left;
        let margin = (left / EXACTNESS).max(BEST);
        Some(Self {
            words: match (left - margin).max(TimeDelta::zero()) {
                soon if soon.is_zero() => format!("Within {}", span(left + margin)),
                soon => format!("In {} to {}", span(soon), span(left + margin)),
            },
            from: (expected - margin).max(now).into(),
            to: (expected + margin).into(),
            remaining: format!("About {} seconds to go.", left.num_seconds()),
            late: if order.is_late(now) { "It is later than we promised: sorry!" } else { "" },
        })
    }
}

impl Trouble {
    fn of(order: &Order) -> Option<Self> {
        let State::Error(failure) = order.state() else { return None };
        Some(Self {
            code: failure.code.clone(),
            message: failure.message.clone(),
            next: "Our staff sees it and decides how it goes on. This page tells you what happens.",
        })
    }
}

fn stages(order: &Order, entries: &[Entry]) -> Vec<StageLine> {
    let changes: Vec<_> = entries.iter().filter(|entry| entry.from != Some(entry.to)).collect();
    let failed = match order.state() {
        State::Error(failure) => Some(failure.stage.status()),
        _ => None,
    };
    let stopped = order.workflow.cancel_requested || order.status() == Status::Cancelled;
    let line = |&(status, key, name, picture): &(Status, _, _, _)| {
        let entered = changes.iter().rfind(|entry| entry.to == status);
        let left = changes.iter().rfind(|entry| entry.from == Some(status));
        let current = order.status() == status && !stopped;
        let (class, state) = match (entered, current) {
            _ if failed == Some(status) => ("is-failed", "failed"),
            (Some(_), true) if status == Status::Completed => ("is-past", "done"),
            (Some(_), true) => ("is-now", "now"),
            (Some(_), false) if order.status() != status => ("is-past", "done"),
            _ if stopped => ("is-next", "not any more"),
            _ => ("is-next", if failed.is_some() { "waits" } else { "to come" }),
        };
        let took = entered.zip(left).map(|(from, to)| to.at - from.at);
        let took = took.filter(|took| *took > TimeDelta::zero() && class == "is-past");
        StageLine {
            key,
            name,
            picture: assets::url(picture),
            class,
            state,
            note: took.map(|took| format!("took {}", span(took))).unwrap_or_default(),
            current,
            time: entered.map(|entry| entry.at.into()),
        }
    };
    WAY.iter().map(line).collect()
}
