//! What the robots do: a module for each trade, and what a trade has to say for itself.

mod address;
mod baker;
mod delivery;
mod draw;
mod picker;

use std::ops::RangeInclusive;

use serde_json::Value;

pub(crate) use draw::Draw;

use crate::{http::Checked, http::Refusal, robot::Job, robot::Time};

/// Which robot it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Harvests fruit.
    Picker,
    /// Bakes pies in a finite number of ovens.
    Baker,
    /// Flies packages to addresses.
    Delivery,
}

/// Everything in which the robots differ.
pub(crate) struct Trade {
    /// The name in `/healthz`, on the command line and of the journal.
    pub(crate) name: &'static str,
    pub(crate) id_prefix: &'static str,
    /// Where jobs are submitted, and where they are asked after and cancelled.
    pub(crate) paths: [&'static str; 2],
    /// What the wire calls the phases, in the order of `Phase`.
    pub(crate) states: [&'static str; 5],
    /// The code and the message of what can go wrong, each as likely as the others.
    pub(crate) failures: &'static [(&'static str, &'static str)],
    /// Jobs wait for one of a finite number of ovens.
    pub(crate) has_ovens: bool,
    /// Checks a submission and keeps the documented fields.
    pub(crate) read: fn(&Value) -> Checked<Value>,
    /// Seconds at pace 1 before the work and in the work.
    pub(crate) time: fn(&Value, &Draw) -> (f64, f64),
    /// What is answered to somebody who asks after a job with this request, besides `status` and
    /// `failure`; `null` stands for a field left out.
    pub(crate) report: fn(&Job, &Value, Time) -> Value,
    /// The fields of the report that answer a submission.
    pub(crate) answer: &'static [&'static str],
}

impl Kind {
    pub(crate) fn trade(self) -> &'static Trade {
        match self {
            Self::Picker => &picker::TRADE,
            Self::Baker => &baker::TRADE,
            Self::Delivery => &delivery::TRADE,
        }
    }
}

impl Trade {
    /// Depends on the key alone, so that a robot that lost its journal names the job the same.
    pub(crate) fn job_id(&self, key: &str) -> String {
        self.id_prefix.to_owned() + &Draw::of(self.name, key).id()
    }
}

/// Takes a value from a submission: 400 where it is missing or of another type, 422 where it is not
/// as `wanted`.
fn take<T>(field: &str, value: Option<T>, wanted: &str, fine: impl Fn(&T) -> bool) -> Checked<T> {
    match value {
        Some(value) if fine(&value) => Ok(value),
        Some(_) => Err(Refusal::InvalidValue(format!("{field} must be {wanted}"))),
        None => Err(Refusal::Malformed(format!("{field} is missing or of the wrong type"))),
    }
}

fn choice<'a>(object: &'a Value, field: &str, choices: &[&str]) -> Checked<&'a str> {
    take(field, object[field].as_str(), &choices.join(" or "), |text| choices.contains(text))
}

fn label<'a>(object: &'a Value, field: &str) -> Checked<&'a str> {
    take(field, object[field].as_str(), "1 to 50 printable characters", |text| {
        !text.trim().is_empty() && text.chars().count() <= 50 && !text.contains(char::is_control)
    })
}

fn number(object: &Value, field: &str, range: RangeInclusive<i64>) -> Checked<i64> {
    let wanted = format!("{} to {}", range.start(), range.end());
    take(field, object[field].as_i64(), &wanted, |number| range.contains(number))
}
