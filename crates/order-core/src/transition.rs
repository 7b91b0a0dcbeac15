//! How an outcome changes an order.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::effect::Outcome;
use crate::estimate;
use crate::order::{Moment, Order};
use crate::retry::Policy;
use crate::state::{Failure, Job, Request, Stage, State, Status, Step, Work};
use crate::work::{Ending, Over, Verdict};

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
/// an edit, an administrator's action.
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

impl Order {
    /// Applies what came of an effect.
    pub fn apply(
        &self,
        outcome: Outcome,
        at: Moment,
        policy: &Policy,
    ) -> Result<Transition, TransitionError> {
        let change = Change::of(self, at, policy);
        let refused = TransitionError { status: self.status() };
        match (self.state(), outcome) {
            (State::Ordered, Outcome::Due) => Ok(change.enter(Stage::Picking, None)),
            (State::Prepping { until }, Outcome::Due) if at.now >= *until => {
                Ok(match policy.prep_time(&self.recipe.prep_steps) {
                    Ok(_) => change.enter(Stage::Baking, None),
                    Err(step) => {
                        let detail = format!("no duration is configured for the step '{step}'");
                        change.fail(Stage::Prepping, "UNKNOWN_PREP_STEP", &detail, None)
                    }
                })
            }
            (State::Picking(work) | State::Baking(work) | State::Delivering(work), outcome) => {
                let wanted = !self.workflow.cancel_requested;
                let verdict = work.apply(outcome, wanted, change.at, policy).ok_or(refused)?;
                Ok(if wanted {
                    change.forward(work, verdict)
                } else {
                    change.unwind(work, verdict)
                })
            }
            (State::Error(failure), outcome) => {
                let work = failure.open.as_ref().ok_or_else(|| refused.clone())?;
                let verdict = work.apply(outcome, false, change.at, policy).ok_or(refused)?;
                Ok(if self.workflow.cancel_requested {
                    change.unwind(work, verdict)
                } else {
                    change.resolve(failure, verdict)
                })
            }
            _ => Err(refused),
        }
    }
}

/// A change in the making.
pub(crate) struct Change<'a> {
    pub(crate) order: Order,
    pub(crate) at: Moment,
    policy: &'a Policy,
    from: Status,
}

impl<'a> Change<'a> {
    pub(crate) fn of(order: &Order, at: Moment, policy: &'a Policy) -> Self {
        let at = Moment { now: order.tick(at.now), ..at };
        Self { order: order.clone(), at, policy, from: order.status() }
    }

    /// What the job of the order's own stage means for it.
    fn forward(self, work: &Work, verdict: Verdict) -> Transition {
        let stage = work.stage();
        match verdict {
            Verdict::Continue { work, wake_at, error: Some(error) }
                if work.tries >= self.policy.tries =>
            {
                self.fail(stage, "ROBOT_UNAVAILABLE", &error, Some((work, wake_at)))
            }
            Verdict::Continue { work, wake_at, error } => {
                self.go_on(robot_state(work), wake_at, error)
            }
            Verdict::Done => self.leave(stage, None),
            Verdict::Over(over) if self.may_repeat(work, &over) => self.repeat(work, &over),
            Verdict::Over(over) => self.fail(stage, &over.code, &over.detail, None),
        }
    }

    /// The order is to be cancelled: what runs is stopped first, only a delivered pie stays one.
    fn unwind(mut self, work: &Work, verdict: Verdict) -> Transition {
        match verdict {
            Verdict::Continue { work, wake_at, error } => {
                let state = match &mut self.order.workflow.state {
                    State::Error(failure) => {
                        State::Error(Failure { open: Some(work), ..failure.clone() })
                    }
                    _ => robot_state(work),
                };
                self.go_on(state, wake_at, error)
            }
            Verdict::Done if work.stage() == Stage::Delivering => {
                self.finish(State::Completed, None, Some("delivered before it could be stopped"))
            }
            Verdict::Done | Verdict::Over(_) => self.finish(State::Cancelled, None, None),
        }
    }

    /// A job behind an ERROR: if it turns out to be done, that wins.
    fn resolve(self, failure: &Failure, verdict: Verdict) -> Transition {
        match verdict {
            Verdict::Continue { work, wake_at, error } => {
                let state = State::Error(Failure { open: Some(work), ..failure.clone() });
                self.go_on(state, wake_at, error)
            }
            Verdict::Done => self.leave(failure.stage, Some("the job was done after all")),
            Verdict::Over(_) if failure.skip => self.leave(failure.stage, None),
            Verdict::Over(over) => {
                let mut known = Failure { open: None, ..failure.clone() };
                // Why the job ended says more than that the robot did not answer.
                if matches!(over.ending, Ending::Failed | Ending::Final) {
                    known.message = customer_message(&over.code).into();
                    (known.code, known.detail) = (over.code.clone(), over.detail);
                }
                let note = format!("the open job is over: {}", over.code);
                self.finish(State::Error(known), None, Some(&note))
            }
        }
    }

    /// Another attempt without an administrator? Never for the oven: the pie is burnt.
    fn may_repeat(&self, work: &Work, over: &Over) -> bool {
        match (over.ending, &work.request) {
            (Ending::Retry, _) => true,
            (Ending::Failed | Ending::TimedOut, Request::Pick(_)) => work.repeats == 0,
            (Ending::Failed, Request::Deliver { until, .. }) => {
                over.code == "WEATHER" && self.at.now < *until
            }
            _ => false,
        }
    }

    fn repeat(mut self, work: &Work, over: &Over) -> Transition {
        let stage = work.stage();
        let mut next = self.new_work(stage);
        let mut wake_at = self.at.now;
        if over.ending != Ending::Retry {
            next.repeats = work.repeats + 1;
            // The window was promised with the first attempt and stays.
            next.request = work.request.clone();
            if stage == Stage::Delivering {
                wake_at = self.policy.retry_at(wake_at, next.repeats, self.at.jitter, None);
            }
        }
        let error = format!("attempt {}: {}: {}", work.attempt, over.code, over.detail);
        self.go_on(robot_state(next), wake_at, Some(error))
    }

    /// Enters `stage`; what it will ask its robot for is fixed here, before the first call.
    pub(crate) fn enter(mut self, stage: Stage, note: Option<&str>) -> Transition {
        if stage == Stage::Prepping {
            // An unknown step takes no time here; it stops the order when the time has come.
            let time = self.policy.prep_time(&self.order.recipe.prep_steps).unwrap_or_default();
            let until = self.at.now + time;
            return self.finish(State::Prepping { until }, Some(until), note);
        }
        let work = self.new_work(stage);
        let now = self.at.now;
        self.finish(robot_state(work), Some(now), note)
    }

    /// Leaves `stage` for the next.
    pub(crate) fn leave(self, stage: Stage, note: Option<&str>) -> Transition {
        match stage {
            Stage::Picking => self.enter(Stage::Prepping, note),
            Stage::Prepping => self.enter(Stage::Baking, note),
            Stage::Baking => self.enter(Stage::Delivering, note),
            Stage::Delivering => self.finish(State::Completed, None, note),
        }
    }

    /// `open`: a job that may still run, and the time before which its robot is left alone.
    fn fail(
        self,
        stage: Stage,
        code: &str,
        detail: &str,
        open: Option<(Work, DateTime<Utc>)>,
    ) -> Transition {
        let later = self.at.now + self.policy.backoff.cap;
        let (open, wake_at) = open.map(|(work, at)| (work, at.max(later))).unzip();
        let failure = Failure {
            stage,
            code: code.into(),
            message: customer_message(code).into(),
            detail: detail.into(),
            open,
            skip: false,
        };
        let mut transition = self.finish(State::Error(failure), wake_at, None);
        if let Some(entry) = &mut transition.entry {
            entry.error = Some(format!("{code}: {detail}"));
        }
        transition
    }

    fn new_work(&mut self, stage: Stage) -> Work {
        let attempt = self.order.workflow.attempts.next(stage);
        let request = self.request(stage);
        Work { attempt, request, step: Step::Calling, tries: 0, lost: 0, repeats: 0 }
    }

    fn request(&self, stage: Stage) -> Request {
        let recipe = &self.order.recipe;
        match stage {
            Stage::Picking | Stage::Prepping => Request::Pick(recipe.pick.clone()),
            Stage::Baking => Request::Bake {
                pie_type: recipe.pie_type.clone(),
                temperature: recipe.baking_temp,
                duration: recipe.baking_time,
            },
            Stage::Delivering => {
                let expected = self.at.now + self.policy.delivery + self.policy.margin;
                Request::Deliver {
                    pie_type: recipe.pie_type.clone(),
                    destination: self.order.address.clone(),
                    from: expected - self.policy.window,
                    until: expected + self.policy.window,
                }
            }
        }
    }

    /// The state stays; an entry is written only where something went wrong, and not for every one
    /// of the endless tries behind an ERROR.
    fn go_on(self, state: State, wake_at: DateTime<Utc>, error: Option<String>) -> Transition {
        let tries = state.work().map_or(0, |work| work.tries);
        let limit = self.policy.tries;
        let mut transition = self.finish(state, Some(wake_at), None);
        let error = error.filter(|_| tries <= limit);
        match &mut transition.entry {
            Some(entry) if error.is_some() => entry.error = error,
            entry => {
                *entry = None;
                transition.order.seq -= 1;
            }
        }
        transition
    }

    /// Completes the change with an entry.
    pub(crate) fn finish(
        mut self,
        state: State,
        wake_at: Option<DateTime<Utc>>,
        note: Option<&str>,
    ) -> Transition {
        let now = self.at.now;
        let order = &mut self.order;
        remember_job(order, &state);
        order.estimated_delivery = estimate::of(&state, &order.recipe, now, self.policy)
            .unwrap_or(order.estimated_delivery);
        let to = state.status();
        order.workflow.state = state;
        order.wake_at = wake_at;
        order.updated_at = now;
        order.version += 1;
        order.seq += 1;
        let note = note.map(str::to_owned);
        let entry = Entry { seq: order.seq, from: Some(self.from), to, at: now, note, error: None };
        Transition { order: self.order, entry: Some(entry) }
    }
}

/// The state of an order whose own stage this work is.
pub(crate) fn robot_state(work: Work) -> State {
    match work.stage() {
        Stage::Picking | Stage::Prepping => State::Picking(work),
        Stage::Baking => State::Baking(work),
        Stage::Delivering => State::Delivering(work),
    }
}

fn remember_job(order: &mut Order, state: &State) {
    let Some(Step::Working { job, .. } | Step::Cancelling { job, .. }) =
        state.work().map(|work| &work.step)
    else {
        return;
    };
    let id = match job {
        Job::Pick { .. } => &mut order.job_ids.picker,
        Job::Bake { .. } => &mut order.job_ids.baker,
        Job::Deliver { .. } => &mut order.job_ids.delivery,
    };
    *id = Some(job.id().to_owned());
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
        "UNKNOWN_PREP_STEP" => "Our kitchen does not know how to prepare this pie.",
        _ => "Something went wrong with your pie.",
    }
}
