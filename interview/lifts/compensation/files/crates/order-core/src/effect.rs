//! What is due for an order, and what can come of it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::order::Order;
use crate::state::{Job, Request, State, Step};

/// What is due.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A time has come; answer with [`Outcome::Due`].
    Advance,
    /// Ask a robot for a job.
    Submit {
        /// The same for every repetition of this call.
        key: Uuid,
        /// The body.
        request: Request,
    },
    /// Ask a robot how a job stands.
    Poll(Job),
    /// Nothing yet, or nothing any more.
    Nothing,
}

/// What came of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The time has come.
    Due,
    /// The robot has the job.
    Accepted {
        /// The job.
        job: Job,
        /// When the robot expects to be done.
        eta: DateTime<Utc>,
    },
    /// The robot told how the job stands.
    Report(JobReport),
    /// The robot does not know the job.
    Gone,
    /// No usable answer: the same call may be repeated.
    Unavailable {
        /// What happened, for the administrator.
        reason: String,
    },
    /// The robot refused this request and always will.
    Rejected {
        /// The robot's error code.
        code: String,
        /// What the robot said, for the administrator.
        reason: String,
    },
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq)]
pub struct JobReport {
    /// The job's state.
    pub status: JobStatus,
    /// When the robot expects to be done.
    pub eta: Option<DateTime<Utc>>,
}

/// The state of a robot's job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobStatus {
    /// Waiting for its turn.
    Queued,
    /// Under way.
    Running {
        /// Since when, by the robot's clock.
        started_at: Option<DateTime<Utc>>,
    },
    /// Done.
    Completed,
    /// Failed.
    Failed {
        /// A code such as `BURNT`.
        code: String,
        /// The robot's words.
        message: String,
    },
}

impl Order {
    /// What is due at `now`.
    pub fn next_effect(&self, now: DateTime<Utc>) -> Effect {
        if self.wake_at.is_none_or(|wake_at| wake_at > now) {
            return Effect::Nothing;
        }
        match self.state() {
            State::Ordered | State::Prepping { .. } => Effect::Advance,
            State::Picking(work) | State::Baking(work) | State::Delivering(work) => {
                match &work.step {
                    Step::Calling => Effect::Submit {
                        key: work.key(self.id, self.status()),
                        request: work.request.clone(),
                    },
                    Step::Working { job, .. } => Effect::Poll(job.clone()),
                }
            }
            State::Completed | State::Error(_) => Effect::Nothing,
        }
    }
}
