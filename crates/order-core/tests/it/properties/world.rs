//! Robots that keep their jobs by key, and may fail, forget, or lose an answer on its way.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Effect, Job, JobReport, JobStatus, Outcome, Request, Stage};
use uuid::Uuid;

use crate::support::{job, rejected};

/// What befalls a call.
#[derive(Clone, Debug)]
pub(crate) enum Fate {
    /// It arrives and is answered.
    Sane,
    /// It does not arrive, or only later.
    Unreached { retry_after: Option<TimeDelta>, later: bool },
    /// It arrives, and the answer gets lost.
    AnswerLost,
    /// It arrives, and whoever called dies before the answer is recorded.
    CallerDied,
    /// It is not made: the breaker is open.
    Parked(TimeDelta),
    /// The robot refuses it.
    Refused(&'static str),
    /// The robot has lost its memory of every job and key, and the jobs with it.
    Forgot,
    /// The robot acknowledges a cancellation and goes on with the job.
    Balked,
}

/// What becomes of a job under way before the call arrives.
#[derive(Clone, Debug)]
pub(crate) enum Progress {
    None,
    Starts,
    Completes,
    Fails(&'static str),
    /// The robot cancels it by itself.
    Quits,
}

#[derive(Debug)]
struct Held {
    key: Uuid,
    body: Request,
    job: Job,
    status: JobStatus,
}

/// The three robots and the network before them.
#[derive(Debug, Default)]
pub(crate) struct World {
    jobs: Vec<Held>,
    refused: HashSet<Uuid>,
    under_way: Vec<(Uuid, Request)>,
    made: u32,
    done: HashSet<Stage>,
}

impl World {
    /// Carries out the effect; `None` where no outcome comes back.
    pub(crate) fn call(
        &mut self,
        effect: &Effect,
        fate: &Fate,
        progress: &Progress,
        now: DateTime<Utc>,
    ) -> Option<Outcome> {
        if matches!(effect, Effect::Advance) {
            return (!matches!(fate, Fate::CallerDied)).then_some(Outcome::Due);
        }
        self.progress(progress, now);
        let unanswered =
            |retry_after| Some(Outcome::Unavailable { reason: "time-out".into(), retry_after });
        match fate {
            Fate::Sane => Some(self.act(effect, now)),
            Fate::Unreached { retry_after, later } => {
                if let (Effect::Submit { key, request }, true) = (effect, later) {
                    self.under_way.push((*key, request.clone()));
                }
                unanswered(*retry_after)
            }
            Fate::AnswerLost => {
                self.act(effect, now);
                unanswered(None)
            }
            Fate::CallerDied => {
                self.act(effect, now);
                None
            }
            Fate::Parked(time) => Some(Outcome::Parked { until: now + *time }),
            Fate::Refused(code) => {
                if let Effect::Submit { key, .. } = effect {
                    if self.find(|held| held.key == *key).is_some() {
                        return Some(self.act(effect, now));
                    }
                    self.refused.insert(*key);
                }
                Some(rejected(code))
            }
            Fate::Balked => Some(match effect {
                Effect::Cancel(job) => match self.find(|held| held.job == *job) {
                    Some(held) => Outcome::Cancelled(held.status.clone()),
                    None => Outcome::Gone,
                },
                _ => self.act(effect, now),
            }),
            Fate::Forgot => {
                self.jobs.clear();
                self.under_way.clear();
                Some(self.act(effect, now))
            }
        }
    }

    /// The calls that were delayed in the network arrive at last.
    pub(crate) fn arrive(&mut self) {
        for (key, body) in std::mem::take(&mut self.under_way) {
            self.submit(key, &body);
        }
    }

    /// Whether a robot still works on, or is going to work on, a job.
    pub(crate) fn busy(&self) -> bool {
        self.jobs.iter().any(is_live)
    }

    /// The stages whose robot holds more than one job that is not over.
    pub(crate) fn doubled(&self) -> Option<Stage> {
        let mut seen = HashSet::new();
        let mut live = self.jobs.iter().filter(|held| is_live(held));
        live.find_map(|held| (!seen.insert(held.job.stage())).then(|| held.job.stage()))
    }

    /// Whether the stage's robot ever completed a job.
    pub(crate) fn has_done(&self, stage: Stage) -> bool {
        self.done.contains(&stage)
    }

    fn act(&mut self, effect: &Effect, now: DateTime<Utc>) -> Outcome {
        match effect {
            Effect::Submit { key, request } => match self.submit(*key, request) {
                Some(job) => Outcome::Accepted { job, eta: now + TimeDelta::seconds(45) },
                None => rejected("REFUSED_BEFORE"),
            },
            Effect::Poll(job) => self.find(|held| held.job == *job).map_or(Outcome::Gone, |held| {
                let eta = Some(now + TimeDelta::seconds(30));
                Outcome::Report(JobReport { status: held.status.clone(), eta })
            }),
            Effect::Cancel(job) => {
                self.find(|held| held.job == *job).map_or(Outcome::Gone, |held| {
                    if is_live(held) {
                        held.status = JobStatus::Cancelled;
                    }
                    Outcome::Cancelled(held.status.clone())
                })
            }
            Effect::Advance | Effect::Wait(_) | Effect::Nothing => Outcome::Due,
        }
    }

    fn submit(&mut self, key: Uuid, body: &Request) -> Option<Job> {
        if self.refused.contains(&key) {
            return None;
        }
        if let Some(held) = self.find(|held| held.key == key) {
            assert_eq!(&held.body, body, "one key, one body");
            return Some(held.job.clone());
        }
        self.made += 1;
        let stage = match body {
            Request::Pick(_) => Stage::Picking,
            Request::Bake { .. } => Stage::Baking,
            Request::Deliver { .. } => Stage::Delivering,
        };
        let (body, job) = (body.clone(), job(stage, self.made));
        self.jobs.push(Held { key, body, job: job.clone(), status: JobStatus::Queued });
        Some(job)
    }

    fn progress(&mut self, progress: &Progress, now: DateTime<Utc>) {
        for held in self.jobs.iter_mut().filter(|held| is_live(held)) {
            if matches!(progress, Progress::Completes) {
                self.done.insert(held.job.stage());
            }
            held.status = match (progress, &held.status) {
                (Progress::Starts, JobStatus::Queued) => {
                    JobStatus::Running { started_at: Some(now) }
                }
                (Progress::None | Progress::Starts, status) => status.clone(),
                (Progress::Completes, _) => JobStatus::Completed,
                (Progress::Fails(code), _) => {
                    JobStatus::Failed { code: (*code).into(), message: "it went wrong".into() }
                }
                (Progress::Quits, _) => JobStatus::Cancelled,
            };
        }
    }

    fn find(&mut self, is_it: impl Fn(&Held) -> bool) -> Option<&mut Held> {
        self.jobs.iter_mut().find(|held| is_it(held))
    }
}

fn is_live(held: &Held) -> bool {
    matches!(held.status, JobStatus::Queued | JobStatus::Running { .. })
}
