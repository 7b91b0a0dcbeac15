//! One robot job: how an outcome moves it, whatever the order wants of it.

use chrono::{DateTime, Utc};

use crate::effect::{JobStatus, Outcome};
use crate::order::Moment;
use crate::retry::Policy;
use crate::state::{Because, Stage, Step, Work};

/// What an outcome means for the job.
#[expect(
    clippy::large_enum_variant,
    reason = "short-lived, and the large variant is the usual one"
)]
pub(crate) enum Verdict {
    /// The same job goes on; `error` tells of a call that failed.
    Continue { work: Work, wake_at: DateTime<Utc>, error: Option<String> },
    /// The job is done.
    Done,
    /// The job is known to be over, without success.
    Over(Over),
}

/// How a job ended.
pub(crate) struct Over {
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) ending: Ending,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The robot tried and failed.
    Failed,
    /// Cancelled, because it took too long.
    TimedOut,
    /// Cancelled, because a fresh attempt is wanted.
    Retry,
    /// Cancelled, because it is not wanted any more.
    Unwanted,
    /// No attempt of this kind can succeed, or repeating it is dangerous.
    Final,
}

impl Work {
    /// Applies `outcome`; `wanted` tells whether the order still wants the job done. `None`: the
    /// outcome does not belong to the step.
    pub(crate) fn apply(
        &self,
        outcome: Outcome,
        wanted: bool,
        at: Moment,
        policy: &Policy,
    ) -> Option<Verdict> {
        Some(match (&self.step, outcome) {
            (_, Outcome::Parked { until }) => {
                Verdict::Continue { work: self.clone(), wake_at: until, error: None }
            }
            (_, Outcome::Unavailable { reason, retry_after }) => {
                let tries = self.tries.saturating_add(1);
                let work = Self { tries, ..self.clone() };
                let wake_at = policy.retry_at(at.now, tries, at.jitter, retry_after);
                Verdict::Continue { work, wake_at, error: Some(reason) }
            }
            (Step::Calling, Outcome::Accepted { job, eta }) if job.stage() == self.stage() => {
                if wanted {
                    let deadline = policy.deadline(self, None);
                    let wake_at = policy.poll_at(at.now, eta, deadline);
                    self.go(Step::Working { job, started_at: None, eta }, wake_at)
                } else {
                    self.go(Step::Cancelling { job, because: Because::Unwanted }, at.now)
                }
            }
            (Step::Calling, Outcome::Rejected { code, reason }) => {
                Verdict::Over(Over { code, detail: reason, ending: Ending::Final })
            }
            (Step::Working { job, started_at, .. }, Outcome::Report(report)) => {
                let started_at = match report.status {
                    // The robot's clock may be wrong: the job runs since now at the latest.
                    JobStatus::Running { started_at: told } => {
                        Some(started_at.unwrap_or(told.unwrap_or(at.now).min(at.now)))
                    }
                    JobStatus::Queued => None,
                    JobStatus::Completed => return Some(Verdict::Done),
                    JobStatus::Failed { code, message } => {
                        return Some(failed(code, message));
                    }
                    JobStatus::Cancelled => return Some(cancelled_by_robot()),
                };
                let deadline = policy.deadline(self, started_at);
                if deadline.is_some_and(|deadline| at.now > deadline) {
                    let step = Step::Cancelling { job: job.clone(), because: Because::TimedOut };
                    return Some(self.go(step, at.now));
                }
                let eta = report.eta.unwrap_or(at.now);
                let wake_at = policy.poll_at(at.now + policy.poll_floor, eta, deadline);
                self.go(Step::Working { job: job.clone(), started_at, eta }, wake_at)
            }
            (Step::Working { .. }, Outcome::Gone) => self.forgotten(wanted, at, policy),
            (Step::Cancelling { because, .. }, Outcome::Cancelled(status)) => match status {
                JobStatus::Completed => Verdict::Done,
                JobStatus::Failed { code, message } if *because == Because::TimedOut => {
                    failed(code, message)
                }
                // A new attempt beside it would make two pies.
                JobStatus::Queued | JobStatus::Running { .. } => {
                    let reason = "the robot acknowledged, but the job is not over".into();
                    let outcome = Outcome::Unavailable { reason, retry_after: None };
                    return self.apply(outcome, wanted, at, policy);
                }
                _ => over(*because),
            },
            (Step::Cancelling { because, .. }, Outcome::Gone) => over(*because),
            // A robot that refuses to tell or to cancel has not said that the job is over.
            (
                Step::Working { .. } | Step::Cancelling { .. },
                Outcome::Rejected { code, reason },
            ) => {
                let reason = format!("the robot refused the question: {code}: {reason}");
                let outcome = Outcome::Unavailable { reason, retry_after: None };
                return self.apply(outcome, wanted, at, policy);
            }
            _ => return None,
        })
    }

    /// The same attempt at another step, with fresh tries.
    fn go(&self, step: Step, wake_at: DateTime<Utc>) -> Verdict {
        let work = Self { step, tries: 0, ..self.clone() };
        Verdict::Continue { work, wake_at, error: None }
    }

    /// Fruit can be picked twice; a forgotten oven or drone may hold a pie.
    fn forgotten(&self, wanted: bool, at: Moment, policy: &Policy) -> Verdict {
        let lost = self.lost + 1;
        if self.stage() != Stage::Picking || !wanted || lost > policy.tries {
            return Verdict::Over(Over {
                code: "JOB_LOST".into(),
                detail: "the robot does not know the job any more".into(),
                ending: Ending::Final,
            });
        }
        let work = Self { step: Step::Calling, tries: 0, lost, ..self.clone() };
        let error = Some("the robot forgot the job; submitting it again".into());
        let wake_at = policy.retry_at(at.now, lost, at.jitter, None);
        Verdict::Continue { work, wake_at, error }
    }
}

fn failed(code: String, detail: String) -> Verdict {
    Verdict::Over(Over { code, detail, ending: Ending::Failed })
}

fn cancelled_by_robot() -> Verdict {
    failed("JOB_CANCELLED".into(), "the robot cancelled the job by itself".into())
}

fn over(because: Because) -> Verdict {
    let (code, detail, ending) = match because {
        Because::TimedOut => {
            ("TIMED_OUT", "the job was not done in time and was cancelled", Ending::TimedOut)
        }
        Because::Retry => ("CANCELLED", "cancelled for a fresh attempt", Ending::Retry),
        Because::Unwanted => ("CANCELLED", "cancelled, not wanted any more", Ending::Unwanted),
    };
    Verdict::Over(Over { code: code.into(), detail: detail.into(), ending })
}
