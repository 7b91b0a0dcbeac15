//! Moments on the pages.

use chrono::{DateTime, Utc};

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
