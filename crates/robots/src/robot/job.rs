//! A job. Where it stands is computed from what is recorded and the time.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::trade::{FailureCode, Request};

/// What is recorded when a job is accepted. Nothing in it depends on how the robot is started the
/// next time, so that a job's fate outlives a change of pace, seed or failure rate.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobFact {
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) request: Request,
    /// The number of the oven or drone.
    pub(crate) unit: usize,
    pub(crate) setup_micros: i64,
    /// At least 1.
    pub(crate) work_micros: i64,
    /// What goes wrong; it shows when the job would have been done.
    pub(crate) failure: Option<FailureCode>,
    /// The work never ends.
    pub(crate) stuck: bool,
}

/// An accepted job and what happened to it since.
pub(crate) struct Job {
    pub(crate) fact: JobFact,
    /// When the work starts, as far as is known now.
    pub(super) start: DateTime<Utc>,
    /// The phase on acceptance and the end that was expected then.
    first_answer: (Phase, DateTime<Utc>),
    /// Waits for an oven in which a pie is stuck.
    pub(super) blocked: bool,
    pub(super) cancelled: Option<DateTime<Utc>>,
    /// When a storm ended it.
    pub(super) grounded: Option<DateTime<Utc>>,
    /// The number of the last fact that changed it.
    pub(super) changed_by: u64,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Waiting,
    Working,
    Done,
    Failed(FailureCode),
    Cancelled,
}

impl Phase {
    /// Every phase, for counting.
    pub(crate) const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Working,
        Self::Done,
        Self::Failed(FailureCode::Burnt),
        Self::Cancelled,
    ];
}

impl Job {
    pub(super) fn new(fact: JobFact, start: DateTime<Utc>, blocked: bool, changed_by: u64) -> Self {
        let waits = blocked || fact.at < start;
        let phase = if waits { Phase::Waiting } else { Phase::Working };
        let first_answer = (phase, start + TimeDelta::microseconds(fact.work_micros));
        Self { fact, start, first_answer, blocked, cancelled: None, grounded: None, changed_by }
    }

    pub(crate) fn phase(&self, now: DateTime<Utc>) -> Phase {
        if self.cancelled.is_some() {
            Phase::Cancelled
        } else if self.grounded.is_some() {
            Phase::Failed(FailureCode::Weather)
        } else if self.blocked || now < self.start {
            Phase::Waiting
        } else if self.fact.stuck || now < self.end() {
            Phase::Working
        } else {
            self.fact.failure.map_or(Phase::Done, Phase::Failed)
        }
    }

    /// The phase on acceptance and the end that was expected then.
    pub(crate) fn at_acceptance(&self) -> (Phase, DateTime<Utc>) {
        self.first_answer
    }

    pub(crate) fn is_over(&self, now: DateTime<Utc>) -> bool {
        !matches!(self.phase(now), Phase::Waiting | Phase::Working)
    }

    /// When the work ends or should end.
    pub(crate) fn end(&self) -> DateTime<Utc> {
        self.start + self.work()
    }

    /// When the work started, if it did.
    pub(crate) fn started_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (!self.blocked && self.start <= self.last_moment(now)).then_some(self.start)
    }

    /// When the work was done, if it was.
    pub(crate) fn done_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self.phase(now) == Phase::Done).then(|| self.end())
    }

    /// How much of the work is or was done, in whole percent; 100 only when it is over.
    pub(crate) fn percent(&self, now: DateTime<Utc>) -> u8 {
        let limit = if self.is_over(now) { 100 } else { 99 };
        let worked = self.worked(now).num_microseconds().unwrap_or_default();
        let percent = worked.saturating_mul(100) / self.fact.work_micros;
        u8::try_from(percent).map_or(limit, |percent| percent.min(limit))
    }

    /// How much of the work is or was done, from 0 to 1.
    pub(crate) fn part_done(&self, now: DateTime<Utc>) -> f64 {
        self.worked(now).as_seconds_f64() / self.work().as_seconds_f64()
    }

    fn worked(&self, now: DateTime<Utc>) -> TimeDelta {
        let until = self.last_moment(now);
        self.started_at(now).map_or(TimeDelta::zero(), |start| (until - start).min(self.work()))
    }

    /// Now, or when it came to an end.
    fn last_moment(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.cancelled.or(self.grounded).unwrap_or(now)
    }

    fn work(&self) -> TimeDelta {
        TimeDelta::microseconds(self.fact.work_micros)
    }
}
