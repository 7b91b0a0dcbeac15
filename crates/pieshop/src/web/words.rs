//! What states, times and spans are called on the pages.

use chrono::{DateTime, TimeDelta, Utc};
use order_core::Status;

/// A moment: for machines, and for people until their browser says it in their own time zone.
#[derive(Clone)]
pub(super) struct Time {
    pub(super) iso: String,
    pub(super) text: String,
}

impl From<DateTime<Utc>> for Time {
    fn from(time: DateTime<Utc>) -> Self {
        Self {
            iso: time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            text: time.format("%-d %b, %H:%M UTC").to_string(),
        }
    }
}

/// A state in words, and the class that gives it its colour.
#[derive(Clone, Copy)]
pub(super) struct Badge {
    pub(super) class: &'static str,
    pub(super) word: &'static str,
}

impl From<Status> for Badge {
    fn from(status: Status) -> Self {
        let (class, word) = match status {
            Status::Ordered => ("", "Ordered"),
            Status::Picking => ("is-work", "Picking"),
            Status::Prepping => ("is-work", "Prepping"),
            Status::Baking => ("is-work", "Baking"),
            Status::Delivering => ("is-fly", "Delivering"),
            Status::Completed => ("is-done", "Delivered"),
            Status::Error => ("is-bad", "Error"),
            Status::Cancelled => ("is-off", "Cancelled"),
        };
        Self { class, word }
    }
}

/// A span as people say it: `50 s`, `12 min`, `1 h 40 min`.
pub(super) fn span(time: TimeDelta) -> String {
    let minutes = (time.num_seconds() + 30) / 60;
    match (time.num_seconds(), minutes / 60, minutes % 60) {
        (..60, ..) => format!("{} s", time.num_seconds().max(0)),
        (_, 0, minutes) => format!("{minutes} min"),
        (_, hours, 0) => format!("{hours} h"),
        (_, hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A number as people write it: `998,411`.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_written_in_groups() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (998_411, "998,411")];
        for (number, text) in cases.into_iter().chain([(1_000_000, "1,000,000"), (-100, "-100")]) {
            assert_eq!(text, grouped(number));
        }
    }
}
