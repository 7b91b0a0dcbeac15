//! The three robots: they outlive every worker, and keep their jobs by idempotency key.

mod network;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Job, JobReport, JobStatus, Outcome, Request, Robot, Stage};
use uuid::Uuid;

use crate::fate::{Fate, Fault};

pub(crate) use network::Network;

/// What a robot makes of one request.
pub(crate) struct Made {
    pub(crate) key: Uuid,
    pub(crate) job: Job,
    starts: DateTime<Utc>,
    /// `None`: never.
    ends: Option<DateTime<Utc>>,
    failure: Option<&'static str>,
    cancelled: Option<DateTime<Utc>>,
    /// What it tells of its end and its start.
    eta: DateTime<Utc>,
    told_start: DateTime<Utc>,
    forgotten: bool,
}

/// The robots' jobs.
#[derive(Default)]
pub(crate) struct Kitchen {
    made: Vec<Made>,
    by_key: BTreeMap<Uuid, usize>,
    by_id: BTreeMap<String, usize>,
    ever_forgotten: BTreeSet<Uuid>,
    /// Robots that answer nobody.
    pub(crate) down: BTreeSet<Robot>,
    /// No drone gets through.
    pub(crate) storm: bool,
}

/// What is asked of a robot.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Submit { key: Uuid, request: Request },
    Poll(Job),
    Cancel(Job),
}

impl Ask {
    pub(crate) fn stage(&self) -> Stage {
        match self {
            Self::Submit { request, .. } => request.stage(),
            Self::Poll(job) | Self::Cancel(job) => job.stage(),
        }
    }
}

impl Kitchen {
    /// The job that the robot has for the key, as long as it remembers.
    pub(crate) fn job(&self, key: Uuid) -> Option<&Made> {
        self.by_key.get(&key).and_then(|index| self.made.get(*index))
    }

    /// The key of a job that was ever made.
    pub(crate) fn key(&self, job: &Job) -> Option<Uuid> {
        self.by_id.get(job.id()).and_then(|index| self.made.get(*index)).map(|made| made.key)
    }

    /// Whether the robot has ever forgotten this key.
    pub(crate) fn forgot(&self, key: Uuid) -> bool {
        self.ever_forgotten.contains(&key)
    }

    /// Whether a job of this key was ever completed, remembered or not.
    pub(crate) fn completed(&self, key: Uuid, now: DateTime<Utc>) -> bool {
        self.made.iter().any(|made| made.key == key && made.status(now) == JobStatus::Completed)
    }

    /// Every job that a robot ever made.
    pub(crate) fn number(&self) -> usize {
        self.made.len()
    }

    /// Whether asking for this key would make a job.
    pub(crate) fn would_make(&self, key: Uuid, fate: &Fate) -> bool {
        self.job(key).is_none() && !fate.would_strike(Fault::Rejection, key.as_u128())
    }

    /// Answers, as a robot in order does.
    pub(crate) fn answer(&mut self, ask: &Ask, now: DateTime<Utc>, fate: &Fate) -> Outcome {
        match ask {
            Ask::Submit { key, request } => self.submit(*key, request, now, fate),
            Ask::Poll(job) => self.remembered(job).map_or(Outcome::Gone, |made| {
                let mut status = made.status(now);
                if let JobStatus::Running { started_at } = &mut status {
                    *started_at = Some(made.told_start);
                }
                Outcome::Report(JobReport { status, eta: Some(made.eta) })
            }),
            Ask::Cancel(job) => self.remembered(job).map_or(Outcome::Gone, |made| {
                if made.is_alive(now) {
                    made.cancelled = Some(now);
                }
                Outcome::Cancelled(made.status(now))
            }),
        }
    }

    /// Forgets the job that is asked for, and its key.
    pub(crate) fn forget(&mut self, ask: &Ask) {
        let index = match ask {
            Ask::Submit { key, .. } => self.by_key.get(key),
            Ask::Poll(job) | Ask::Cancel(job) => self.by_id.get(job.id()),
        };
        if let Some(made) = index.copied().and_then(|index| self.made.get_mut(index)) {
            made.forgotten = true;
            self.by_key.remove(&made.key);
            self.ever_forgotten.insert(made.key);
        }
    }

    fn remembered(&mut self, job: &Job) -> Option<&mut Made> {
        let index = *self.by_id.get(job.id())?;
        self.made.get_mut(index).filter(|made| !made.forgotten && made.job == *job)
    }

    fn submit(&mut self, key: Uuid, request: &Request, now: DateTime<Utc>, fate: &Fate) -> Outcome {
        if let Some(made) = self.job(key) {
            return Outcome::Accepted { job: made.job.clone(), eta: made.eta };
        }
        if fate.strikes_key(Fault::Rejection, key.as_u128()) {
            let (code, reason) = ("REFUSED".into(), "this robot does not do such things".into());
            return Outcome::Rejected { code, reason };
        }
        let made = self.make(key, request.stage(), now, fate);
        let answer = Outcome::Accepted { job: made.job.clone(), eta: made.eta };
        self.by_key.insert(key, self.made.len());
        self.by_id.insert(made.job.id().to_owned(), self.made.len());
        self.made.push(made);
        answer
    }

    fn make(&self, key: Uuid, stage: Stage, now: DateTime<Utc>, fate: &Fate) -> Made {
        let id = format!("{}_{}", stage.status().as_str().to_lowercase(), self.made.len() + 1);
        let drone = stage == Stage::Delivering;
        let (job, time, failure) = match stage {
            Stage::Picking | Stage::Prepping => {
                (Job::Pick { id }, fate.secs(30..60), "INGREDIENT_SHORTAGE")
            }
            Stage::Baking => {
                let code = if fate.chance(0.5) { "BURNT" } else { "OVEN_FAULT" };
                (Job::Bake { id, oven: "oven-3".into() }, fate.secs(900..1200), code)
            }
            Stage::Delivering => {
                (Job::Deliver { id, drone: "drone-12".into() }, fate.secs(600..1800), "WEATHER")
            }
        };
        let queue = if fate.strikes(Fault::LongQueue) { 60..1800 } else { 0..20 };
        let starts = now + TimeDelta::from_std(fate.secs(queue)).unwrap_or_default();
        let fails = fate.strikes(Fault::JobFailed) || (drone && self.storm);
        let part = if fails { fate.below(100) } else { 100 };
        let time = TimeDelta::from_std(time).unwrap_or_default()
            * i32::try_from(part).unwrap_or(100)
            / 100;
        let ends = (!fate.strikes(Fault::Stalled)).then(|| starts + time);
        let mut made = Made {
            key,
            job,
            starts,
            ends,
            failure: fails.then_some(failure),
            cancelled: None,
            eta: starts + time,
            told_start: starts,
            forgotten: false,
        };
        if fate.strikes(Fault::FalseEta) {
            made.eta = now + days(fate);
        }
        if fate.strikes(Fault::FalseStart) {
            made.told_start = now + days(fate);
        }
        made
    }
}

/// A lie: up to six days before or after the truth. What is further off counts as no answer.
fn days(fate: &Fate) -> TimeDelta {
    let seconds = i64::try_from(fate.below(12 * 86_400)).unwrap_or_default() - 6 * 86_400;
    TimeDelta::seconds(seconds)
}

impl Made {
    /// How the job really stands.
    pub(crate) fn status(&self, now: DateTime<Utc>) -> JobStatus {
        if self.cancelled.is_some() {
            return JobStatus::Cancelled;
        }
        match (self.ends.filter(|ends| *ends <= now), self.failure) {
            (Some(_), Some(code)) => {
                JobStatus::Failed { code: code.into(), message: "it went wrong".into() }
            }
            (Some(_), None) => JobStatus::Completed,
            (None, _) if now < self.starts => JobStatus::Queued,
            (None, _) => JobStatus::Running { started_at: None },
        }
    }

    pub(crate) fn is_alive(&self, now: DateTime<Utc>) -> bool {
        matches!(self.status(now), JobStatus::Queued | JobStatus::Running { .. })
    }
}
