//! How an outcome changes an order.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::effect::{JobReport, JobStatus, Outcome};
use crate::estimate;
use crate::order::{Moment, Order};
use crate::retry::Policy;
use crate::state::{Failure, Request, State, Status, Step, Work};

/// The next order, and the history entry that is committed with it. Changes that nobody needs to
/// read about, such as a job's new estimate, have no entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The order as it is from now on.
    pub order: Order,
    /// What happened.
    pub entry: Option<Entry>,
}

/// One row of an order's history. `from` equals `to` where the state did not change: a failed try,
/// or an edit.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number within the order, from 1.
    pub seq: i32,
    /// The state before; `None` for the creation.
    pub from: Option<Status>,
    /// The state after.
    pub to: Status,
    /// When; strictly rising within the order.
    pub at: DateTime<Utc>,
    /// What was done, in words.
    pub note: Option<String>,
    /// What went wrong, for the administrator.
    pub error: Option<String>,
}

/// Why an outcome was not applied.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("an order in {status} does not wait for this outcome")]
pub struct TransitionError {
    /// The state that refused it.
    pub status: Status,
}

/// What becomes of an order: its state, when it is due again, and what went wrong.
struct Next {
    state: State,
    due: Option<DateTime<Utc>>,
    error: Option<String>,
}

impl Order {
    /// Applies what came of an effect.
    pub fn apply(
        &self,
        outcome: Outcome,
        at: Moment,
        policy: &Policy,
    ) -> Result<Transition, TransitionError> {
        let at = Moment { now: self.tick(at.now), ..at };
        let next = match (self.state(), outcome) {
            (State::Ordered | State::Prepping { .. }, Outcome::Due)
                if self.wake_at.is_some_and(|due| due <= at.now) =>
            {
                Some(self.advance(at.now, policy))
            }
            (State::Picking(work) | State::Baking(work) | State::Delivering(work), outcome) => {
                self.answered(work.clone(), outcome, at, policy)
            }
            _ => None,
        };
        let Next { state, due, error } = next.ok_or(TransitionError { status: self.status() })?;
        let mut order = self.clone();
        if state.status() != self.status() && state.status() != Status::Error {
            let ahead = estimate::ahead(state.status(), &self.recipe, policy);
            order.estimated_delivery = at.now + ahead;
        }
        order.job_ids.remember(&state);
        (order.workflow.state, order.wake_at) = (state, due);
        Ok(order.recorded(self.status(), at.now, None, error))
    }

    /// The state that follows; what its robot is asked for is fixed here, before the first call.
    fn advance(&self, now: DateTime<Utc>, policy: &Policy) -> Next {
        let recipe = &self.recipe;
        let request = match self.status() {
            Status::Ordered => Request::Pick(recipe.pick.clone()),
            Status::Picking => {
                let until = now + policy.prep_time(&recipe.prep_steps);
                return Next { state: State::Prepping { until }, due: Some(until), error: None };
            }
            Status::Prepping => Request::Bake {
                pie_type: recipe.pie_type.clone(),
                temperature: recipe.baking_temp,
                duration: recipe.baking_time,
            },
            Status::Baking => {
                let expected = now + policy.delivery + policy.margin;
                Request::Deliver {
                    pie_type: recipe.pie_type.clone(),
                    destination: self.address.clone(),
                    from: expected - policy.window,
                    until: expected + policy.window,
                }
            }
            _ => return Next { state: State::Completed, due: None, error: None },
        };
        at_work(Work { attempt: 1, request, step: Step::Calling, tries: 0 }, now, None)
    }

    /// What a robot's answer means; `None` where it is none to what was asked.
    fn answered(
        &self,
        mut work: Work,
        outcome: Outcome,
        at: Moment,
        policy: &Policy,
    ) -> Option<Next> {
        Some(match (&mut work.step, outcome) {
            (Step::Calling, Outcome::Accepted { job, eta }) => {
                let step = Step::Working { job, started_at: None };
                at_work(Work { step, tries: 0, ..work }, eta.max(at.now), None)
            }
            (Step::Working { started_at, .. }, Outcome::Report(report)) => {
                if let JobStatus::Running { started_at: told } = report.status {
                    *started_at = started_at.or(told).or(Some(at.now));
                }
                self.reported(work, report, at, policy)
            }
            (Step::Working { .. }, Outcome::Gone) => {
                self.failed(work, "JOB_LOST", "the robot does not know the job", at, policy)
            }
            (_, Outcome::Rejected { code, reason }) => self.stopped(&code, &reason),
            (_, Outcome::Unavailable { reason, .. }) if work.tries + 1 >= policy.tries => {
                self.stopped("ROBOT_UNAVAILABLE", &reason)
            }
            (_, Outcome::Unavailable { reason, retry_after }) => {
                let tries = work.tries + 1;
                let due = policy.retry_at(at.now, tries, at.jitter, retry_after);
                at_work(Work { tries, ..work }, due, Some(reason))
            }
            _ => return None,
        })
    }

    fn reported(&self, work: Work, report: JobReport, at: Moment, policy: &Policy) -> Next {
        let deadline = policy.deadline(&work);
        match report.status {
            JobStatus::Completed => self.advance(at.now, policy),
            JobStatus::Failed { code, message } => self.failed(work, &code, &message, at, policy),
            JobStatus::Cancelled => {
                self.failed(work, "JOB_CANCELLED", "the robot cancelled the job", at, policy)
            }
            _ if deadline.is_some_and(|deadline| at.now > deadline) => {
                self.failed(work, "TIMED_OUT", "the job was not done in time", at, policy)
            }
            JobStatus::Queued | JobStatus::Running { .. } => {
                let eta = report.eta.unwrap_or(at.now);
                let due = deadline.map_or(eta, |deadline| eta.min(deadline));
                at_work(Work { tries: 0, ..work }, due.max(at.now + policy.poll_floor), None)
            }
        }
    }

    /// Fruit may be picked twice, and bad weather passes; a burnt pie is burnt.
    fn failed(&self, work: Work, code: &str, detail: &str, at: Moment, policy: &Policy) -> Next {
        let due = match work.request {
            Request::Pick(_) if work.attempt == 1 => at.now,
            Request::Deliver { until, .. } if code == "WEATHER" && at.now < until => {
                policy.retry_at(at.now, work.attempt, at.jitter, None)
            }
            _ => return self.stopped(code, detail),
        };
        let error = format!("attempt {}: {code}: {detail}", work.attempt);
        let attempt = work.attempt + 1;
        at_work(Work { attempt, step: Step::Calling, tries: 0, ..work }, due, Some(error))
    }

    fn stopped(&self, code: &str, detail: &str) -> Next {
        let failure = Failure {
            stage: self.status(),
            code: code.into(),
            message: customer_message(code).into(),
            detail: detail.into(),
        };
        let error = Some(format!("{code}: {detail}"));
        Next { state: State::Error(failure), due: None, error }
    }

    /// Completes a change of an order that was in `from`; an entry tells what is worth reading.
    pub(crate) fn recorded(
        mut self,
        from: Status,
        at: DateTime<Utc>,
        note: Option<String>,
        error: Option<String>,
    ) -> Transition {
        let to = self.status();
        self.updated_at = at;
        self.version += 1;
        if from == to && note.is_none() && error.is_none() {
            return Transition { order: self, entry: None };
        }
        self.seq += 1;
        let entry = Entry { seq: self.seq, from: Some(from), to, at, note, error };
        Transition { order: self, entry: Some(entry) }
    }
}

/// A robot is at work, or about to be called.
fn at_work(work: Work, due: DateTime<Utc>, error: Option<String>) -> Next {
    let state = match work.request {
        Request::Pick(_) => State::Picking(work),
        Request::Bake { .. } => State::Baking(work),
        Request::Deliver { .. } => State::Delivering(work),
    };
    Next { state, due: Some(due), error }
}

/// What a customer is told of a failure.
fn customer_message(code: &str) -> &'static str {
    match code {
        "INGREDIENT_SHORTAGE" => "The fruit for your pie could not be picked.",
        "BURNT" => "Your pie was burnt in the oven.",
        "OVEN_FAULT" => "The oven with your pie broke down.",
        "WEATHER" => "The weather is too bad for our drones.",
        "ADDRESS_REFUSED" => "Our drones cannot deliver to this address.",
        "TIMED_OUT" => "Your pie took too long.",
        "ROBOT_UNAVAILABLE" => "One of our robots does not answer.",
        _ => "Something went wrong with your pie.",
    }
}
