//! A job. Where it stands is computed from what is recorded and the time.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::Time;

/// An accepted job. What is recorded of it does not depend on how the robot is started the next
/// time, so that its fate outlives a change of pace, seed or failure rate.
#[derive(Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) at: Time,
    /// The documented fields, as text: there are many jobs, and text is small.
    pub(crate) request: Box<RawValue>,
    /// What the submission was answered, to be repeated word for word.
    pub(crate) answer: Box<RawValue>,
    /// The number of the oven or drone.
    pub(crate) unit: usize,
    /// When the work starts, as far as is known.
    pub(crate) start: Time,
    /// How long it takes; more than nothing.
    pub(crate) work: TimeDelta,
    /// What goes wrong; it shows when the job would have been done.
    pub(crate) failure: Option<Value>,
    /// The work never ends.
    pub(crate) stuck: bool,
    /// When and how it came to an early end.
    #[serde(skip)]
    pub(super) ended: Option<(Time, Phase)>,
}

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Waiting,
    Working,
    Done,
    Failed,
    Cancelled,
}

/// What "never" is to a stuck job and to those that wait for its oven.
const FOREVER: TimeDelta = TimeDelta::days(36_500);

impl Job {
    pub(super) fn phase(&self, now: Time) -> Phase {
        match (self.ended, &self.failure) {
            (Some((_, phase)), _) => phase,
            _ if now < self.start => Phase::Waiting,
            _ if now < self.leaves() => Phase::Working,
            (None, Some(_)) => Phase::Failed,
            (None, None) => Phase::Done,
        }
    }

    pub(crate) fn is_over(&self, now: Time) -> bool {
        !matches!(self.phase(now), Phase::Waiting | Phase::Working)
    }

    /// When the job should be done.
    pub(crate) fn promised(&self) -> Time {
        self.start + self.work
    }

    /// When it leaves its oven to the next.
    pub(super) fn leaves(&self) -> Time {
        let end = self.start + if self.stuck { FOREVER } else { self.work };
        self.ended.map_or(end, |(at, _)| at)
    }

    /// When the work started, if it did.
    pub(crate) fn started_at(&self, now: Time) -> Option<Time> {
        let until = self.ended.map_or(now, |(at, _)| at);
        Some(self.start).filter(|start| *start <= until)
    }

    /// When the work was done, if it was.
    pub(crate) fn done_at(&self, now: Time) -> Option<Time> {
        Some(self.promised()).filter(|_| self.phase(now) == Phase::Done)
    }

    /// How much of the work is or was done, from 0 to 1. A stuck job never quite gets there.
    pub(crate) fn part_done(&self, now: Time) -> f64 {
        let until = self.ended.map_or(now, |(at, _)| at);
        let worked = (until - self.start).clamp(TimeDelta::zero(), self.work);
        let part = worked.as_seconds_f64() / self.work.as_seconds_f64();
        part.min(if self.stuck { 0.99 } else { 1.0 })
    }
}
