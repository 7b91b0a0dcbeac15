//! Every job that a robot was asked for.

use chrono::{DateTime, Utc};
use order_core::{Entry, Order, Robot, Stage, State, Status};

use crate::web::words::{Badge, Time};

/// One job.
pub(super) struct Attempt {
    pub(super) stage: &'static str,
    pub(super) number: u32,
    /// The robot's name for it, where it is the latest one.
    pub(super) job: String,
    pub(super) began: Option<Time>,
    pub(super) outcome: Badge,
    pub(super) error: String,
}

/// All jobs of an order, in the order of the stages. The history tells of an attempt where it ends.
pub(super) fn attempts(order: &Order, entries: &[Entry]) -> Vec<Attempt> {
    let of_robot = |robot: Robot| {
        let stage = robot.stage();
        let last = order.workflow.attempts.of(stage);
        (1..=last).map(move |number| attempt(order, entries, robot, number, number == last))
    };
    Robot::ALL.into_iter().flat_map(of_robot).collect()
}

fn attempt(order: &Order, entries: &[Entry], robot: Robot, number: u32, latest: bool) -> Attempt {
    let stage = robot.stage();
    let failed = failure(entries, stage, number);
    let (outcome, error) = match failed {
        Some((_, error)) => (Badge { class: "is-bad", word: "Failed" }, error.to_owned()),
        None if latest => outcome(order, stage),
        None => (Badge { class: "is-off", word: "Given up" }, String::new()),
    };
    let job = match robot {
        Robot::Picker => &order.job_ids.picker,
        Robot::Baker => &order.job_ids.baker,
        Robot::Delivery => &order.job_ids.delivery,
    };
    let before = number.checked_sub(1).and_then(|before| failure(entries, stage, before));
    let began = before.map(|(at, _)| at).or_else(|| entered(entries, stage));
    Attempt {
        stage: Badge::from(stage.status()).word,
        number,
        job: job.clone().filter(|_| latest).unwrap_or_else(|| "–".into()),
        began: began.map(Time::from),
        outcome,
        error,
    }
}

/// When an attempt failed, and why.
fn failure(entries: &[Entry], stage: Stage, number: u32) -> Option<(DateTime<Utc>, &str)> {
    let beginning = format!("attempt {number}: ");
    entries
        .iter()
        .filter(|entry| entry.from == Some(stage.status()))
        .find_map(|entry| Some((entry.at, entry.error.as_deref()?.strip_prefix(&beginning)?)))
}

fn entered(entries: &[Entry], stage: Stage) -> Option<DateTime<Utc>> {
    let status = Some(stage.status());
    let entry = entries.iter().rfind(|entry| Some(entry.to) == status && entry.from != status);
    entry.map(|entry| entry.at)
}

/// How the latest job of a stage stands.
fn outcome(order: &Order, stage: Stage) -> (Badge, String) {
    let (class, word, error) = match order.state() {
        State::Error(failure) if failure.stage == stage => {
            let word = if failure.open.is_some() { "Unknown" } else { "Failed" };
            ("is-bad", word, format!("{}: {}", failure.code, failure.detail))
        }
        now if now.status() == stage.status() => ("is-work", "Under way", String::new()),
        State::Cancelled if !passed(order, stage) => ("is-off", "Cancelled", String::new()),
        _ => ("is-done", "Done", String::new()),
    };
    (Badge { class, word }, error)
}

/// Whether a later stage began.
fn passed(order: &Order, stage: Stage) -> bool {
    let attempts = order.workflow.attempts;
    match stage {
        Stage::Picking | Stage::Prepping => attempts.baking > 0,
        Stage::Baking => attempts.delivering > 0,
        Stage::Delivering => order.status() == Status::Completed,
    }
}
