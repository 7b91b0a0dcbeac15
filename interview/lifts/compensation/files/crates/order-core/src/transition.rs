//! How an outcome changes an order.

use chrono::{DateTime, Utc};

use crate::effect::{JobReport, JobStatus, Outcome};
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

/// What becomes of an order: its state, when it is due again, and what went wrong.
struct Next {
    state: State,
    due: Option<DateTime<Utc>>,
    error: Option<String>,
}

impl Order {
    /// Applies what came of an effect; `None` where the order does not wait for this outcome.
    pub fn apply(&self, outcome: Outcome, at: Moment, policy: &Policy) -> Option<Transition> {
        let at = Moment { now: self.tick(at.now), ..at };
        let Next { state, due, error } = match (self.state(), outcome) {
            (State::Ordered | State::Prepping { .. }, Outcome::Due)
                if self.wake_at.is_some_and(|due| due <= at.now) =>
            {
                self.advance(at.now, policy)
            }
            (State::Picking(work) | State::Baking(work) | State::Delivering(work), outcome) => {
                self.answered(work.clone(), outcome, at, policy)?
            }
            _ => return None,
        };
        let (from, to) = (self.status(), state.status());
        let mut order = Self { state, wake_at: due, ..self.clone() };
        if to != from && to != Status::Error {
            order.estimated_delivery = at.now + policy.ahead(to, &self.recipe);
        }
        Some(order.recorded(from, at.now, None, error))
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
    fn answered(&self, work: Work, outcome: Outcome, at: Moment, policy: &Policy) -> Option<Next> {
        Some(match (&work.step, outcome) {
            (Step::Calling, Outcome::Accepted { job, eta }) => {
                let step = Step::Working { job, started_at: None };
                at_work(Work { step, tries: 0, ..work }, eta.max(at.now), None)
            }
            (Step::Working { .. }, Outcome::Report(report)) => {
                self.reported(work, report, at, policy)
            }
            (Step::Working { .. }, Outcome::Gone) => {
                self.failed(work, "JOB_LOST", "the robot does not know the job", at, policy)
            }
            (_, Outcome::Rejected { code, reason }) => self.stopped(&code, &reason),
            (_, Outcome::Unavailable { reason }) if work.tries + 1 >= policy.tries => {
                self.stopped("ROBOT_UNAVAILABLE", &reason)
            }
            (_, Outcome::Unavailable { reason }) => {
                let tries = work.tries + 1;
                at_work(Work { tries, ..work }, policy.retry_at(at, tries), Some(reason))
            }
            _ => return None,
        })
    }

    fn reported(&self, mut work: Work, report: JobReport, at: Moment, policy: &Policy) -> Next {
        if let (Step::Working { started_at, .. }, JobStatus::Running { started_at: told }) =
            (&mut work.step, &report.status)
        {
            *started_at = started_at.or(*told).or(Some(at.now));
        }
        let deadline = policy.deadline(&work);
        match report.status {
            JobStatus::Completed => self.advance(at.now, policy),
            JobStatus::Failed { code, message } => self.failed(work, &code, &message, at, policy),
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
                policy.retry_at(at, work.attempt)
            }
            _ => return self.stopped(code, detail),
        };
        let error = format!("attempt {}: {code}: {detail}", work.attempt);
        let attempt = work.attempt + 1;
        at_work(Work { attempt, step: Step::Calling, tries: 0, ..work }, due, Some(error))
    }

    fn stopped(&self, code: &str, detail: &str) -> Next {
        let message = match self.status() {
            Status::Picking => "The fruit for your pie could not be picked.",
            Status::Baking => "Your pie could not be baked.",
            _ => "Your pie could not be delivered.",
        };
        let error = Some(format!("{code}: {detail}"));
        let (message, code, detail) = (message.into(), code.into(), detail.into());
        Next { state: State::Error(Failure { code, message, detail }), due: None, error }
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
