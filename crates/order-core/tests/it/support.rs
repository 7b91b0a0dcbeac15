//! An order under way, driven by hand.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{
    Address, Backoff, Because, Command, Customer, Effect, Entry, Failure, Ingredient, Job,
    JobReport, JobStatus, Moment, Order, OrderId, Outcome, Pick, Policy, Recipe, RecoveryAction,
    Refusal, Request, Stage, State, Status, Step, Transition, Work,
};
use uuid::Uuid;

pub(crate) const ROBOT_STAGES: [Stage; 3] = [Stage::Picking, Stage::Baking, Stage::Delivering];

/// An order, its history and the time.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) order: Order,
    pub(crate) history: Vec<Entry>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) jitter: f64,
    pub(crate) policy: Policy,
}

impl Run {
    /// An apple pie, just ordered.
    pub(crate) fn place() -> Self {
        Self::place_with(recipe(), policy())
    }

    pub(crate) fn place_with(recipe: Recipe, policy: Policy) -> Self {
        let placed = Order::place(
            OrderId(Uuid::from_u128(0x0193_d5a0_5c00_7000_8000_0000_0000_0001)),
            customer(),
            address(),
            Arc::new(recipe),
            start(),
            &policy,
        );
        let history = placed.entry.into_iter().collect();
        Self { order: placed.order, history, now: start(), jitter: 0.5, policy }
    }

    /// An order that has entered `stage`; a robot is yet to be called.
    pub(crate) fn calling(stage: Stage) -> Self {
        let mut run = Self::place();
        run.answer(Outcome::Due);
        while run.order.status() != stage.status() {
            match run.order.status() {
                Status::Prepping => run.answer(Outcome::Due),
                _ => run.accept().complete(),
            };
        }
        run
    }

    /// An order whose job of `stage` was accepted.
    pub(crate) fn working(stage: Stage) -> Self {
        let mut run = Self::calling(stage);
        run.accept();
        run
    }

    /// An order whose job of `stage` took too long and is to be cancelled.
    pub(crate) fn cancelling(stage: Stage) -> Self {
        let mut run = Self::working(stage);
        run.running().overrun();
        run
    }

    /// An order whose request for `stage` was refused: in ERROR, and nothing of it runs.
    pub(crate) fn stopped(stage: Stage) -> Self {
        let mut run = Self::calling(stage);
        run.answer(rejected("NO_SUCH_PIE"));
        run
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { now: self.now, jitter: self.jitter }
    }

    pub(crate) fn effect(&self) -> Effect {
        self.order.next_effect(self.now)
    }

    /// Applies an outcome at the present time.
    pub(crate) fn apply(&mut self, outcome: Outcome) -> &mut Self {
        let transition = self.order.apply(outcome, self.moment(), &self.policy).unwrap();
        self.record(transition)
    }

    /// Lets the time pass until something is due, and answers it.
    pub(crate) fn answer(&mut self, outcome: Outcome) -> &mut Self {
        self.wake().apply(outcome)
    }

    /// Lets the time pass until something is due; a call takes a millisecond at least.
    pub(crate) fn wake(&mut self) -> &mut Self {
        let earliest = self.order.updated_at + TimeDelta::milliseconds(1);
        self.now = self.now.max(self.order.wake_at.unwrap()).max(earliest);
        self
    }

    pub(crate) fn wait(&mut self, time: TimeDelta) -> &mut Self {
        self.now += time;
        self
    }

    pub(crate) fn accept(&mut self) -> &mut Self {
        let eta = self.wake().now + TimeDelta::seconds(45);
        let job = job(self.work().stage(), self.work().attempt);
        self.answer(Outcome::Accepted { job, eta })
    }

    pub(crate) fn running(&mut self) -> &mut Self {
        self.wake();
        self.answer(report(JobStatus::Running { started_at: Some(self.now) }))
    }

    pub(crate) fn complete(&mut self) -> &mut Self {
        self.answer(report(JobStatus::Completed))
    }

    /// The robot tells after the deadline that the job still runs.
    pub(crate) fn overrun(&mut self) -> &mut Self {
        self.now = self.deadline() + TimeDelta::microseconds(1);
        self.apply(report(JobStatus::Running { started_at: None }))
    }

    pub(crate) fn cancelled(&mut self) -> &mut Self {
        self.answer(Outcome::Cancelled(JobStatus::Cancelled))
    }

    /// The robot does not answer until the tries are used up.
    pub(crate) fn exhaust(&mut self) -> &mut Self {
        for _ in 0..self.policy.tries {
            self.answer(unavailable());
        }
        self
    }

    pub(crate) fn command(&mut self, command: Command) -> Result<&mut Self, Refusal> {
        let transition = self.order.command(command, self.moment(), &self.policy)?;
        Ok(self.record(transition))
    }

    pub(crate) fn recover(&mut self, action: RecoveryAction) -> &mut Self {
        self.command(Command::Recover { action, note: Some("as told".into()) }).unwrap()
    }

    pub(crate) fn work(&self) -> &Work {
        self.order.state().work().unwrap()
    }

    pub(crate) fn failure(&self) -> &Failure {
        let State::Error(failure) = self.order.state() else {
            panic!("{} is not ERROR", self.order.status())
        };
        failure
    }

    pub(crate) fn deadline(&self) -> DateTime<Utc> {
        let Step::Working { started_at, .. } = self.work().step else { panic!("no job") };
        self.policy.deadline(self.work(), started_at).unwrap()
    }

    /// The idempotency key and the body of the call that is due.
    pub(crate) fn call(&mut self) -> (Uuid, Request) {
        match self.wake().effect() {
            Effect::Submit { key, request } => (key, request),
            other => panic!("not a submission: {other:?}"),
        }
    }

    /// The states that the order went through.
    pub(crate) fn way(&self) -> Vec<Status> {
        let changes = self.history.iter().filter(|entry| entry.from != Some(entry.to));
        changes.map(|entry| entry.to).collect()
    }

    pub(crate) fn last(&self) -> &Entry {
        self.history.last().unwrap()
    }

    fn record(&mut self, transition: Transition) -> &mut Self {
        self.order = transition.order;
        self.history.extend(transition.entry);
        self
    }
}

/// In ERROR, and it is not known whether the robot has the job.
pub(crate) fn unknown(stage: Stage) -> Run {
    let mut run = Run::calling(stage);
    run.exhaust();
    run
}

/// In ERROR, and the job was under way when the robot fell silent.
pub(crate) fn silent(stage: Stage) -> Run {
    let mut run = Run::working(stage);
    run.exhaust();
    run
}

/// In ERROR, and the job was to be cancelled when the robot fell silent.
pub(crate) fn unstopped(stage: Stage) -> Run {
    let mut run = Run::cancelling(stage);
    run.exhaust();
    run
}

/// The state that follows when the stage is done.
pub(crate) fn after(stage: Stage) -> Status {
    match stage {
        Stage::Picking => Status::Prepping,
        Stage::Prepping => Status::Baking,
        Stage::Baking => Status::Delivering,
        Stage::Delivering => Status::Completed,
    }
}

pub(crate) fn start() -> DateTime<Utc> {
    "2025-12-17T16:00:00Z".parse().unwrap()
}

pub(crate) fn job(stage: Stage, number: u32) -> Job {
    match stage {
        Stage::Picking | Stage::Prepping => Job::Pick { id: format!("pick_{number}") },
        Stage::Baking => Job::Bake { id: format!("bake_{number}"), oven: "oven-3".into() },
        Stage::Delivering => Job::Deliver { id: format!("del_{number}"), drone: "drone-12".into() },
    }
}

pub(crate) fn because(run: &Run) -> Because {
    match run.work().step {
        Step::Cancelling { because, .. } => because,
        ref step => panic!("not being cancelled: {step:?}"),
    }
}

pub(crate) fn report(status: JobStatus) -> Outcome {
    Outcome::Report(JobReport { status, eta: None })
}

pub(crate) fn failed(code: &str) -> JobStatus {
    JobStatus::Failed { code: code.into(), message: "it went wrong".into() }
}

pub(crate) fn unavailable() -> Outcome {
    Outcome::Unavailable { reason: "connection refused".into(), retry_after: None }
}

pub(crate) fn rejected(code: &str) -> Outcome {
    Outcome::Rejected { code: code.into(), reason: "the robot said no".into() }
}

pub(crate) fn parked(until: DateTime<Utc>) -> Outcome {
    Outcome::Parked { until }
}

pub(crate) fn edit_address(seen: i32) -> Command {
    let address = Address { street: "742 Evergreen Terrace".into(), ..address() };
    Command::Edit { seen, customer: None, address: Some(address) }
}

pub(crate) fn customer() -> Customer {
    Customer {
        name: "Jane Doe".into(),
        email: "jane@example.com".into(),
        phone: "+1-555-0123".into(),
    }
}

pub(crate) fn address() -> Address {
    Address {
        street: "123 Main St".into(),
        city: "Springfield".into(),
        state: "IL".into(),
        zip: "62701".into(),
    }
}

pub(crate) fn recipe() -> Recipe {
    let steps = ["wash_fruit", "peel_fruit", "slice_fruit", "make_dough", "assemble"];
    Recipe {
        pie_type: "apple".into(),
        name: "Classic Apple Pie".into(),
        description: "Traditional American apple pie with cinnamon".into(),
        baking_time: 45,
        baking_temp: 375,
        ingredients: vec![Ingredient {
            item: "apples".into(),
            quantity: 6.0,
            unit: "whole".into(),
        }],
        prep_steps: steps.map(Into::into).into(),
        difficulty: "medium".into(),
        pick: Pick { fruit_type: "apple".into(), quantity: 6, quality: "premium".into() },
    }
}

/// Five tries, ten minutes of preparation, the time limits of the specification.
pub(crate) fn policy() -> Policy {
    let steps = recipe().prep_steps;
    Policy {
        tries: 5,
        backoff: Backoff { base: TimeDelta::seconds(1), cap: TimeDelta::seconds(60) },
        poll_floor: TimeDelta::milliseconds(200),
        picking_limit: TimeDelta::seconds(120),
        baking_limit: TimeDelta::minutes(30),
        prep: steps.into_iter().map(|step| (step, TimeDelta::minutes(2))).collect(),
        picking: TimeDelta::seconds(60),
        baking: TimeDelta::minutes(20),
        delivery: TimeDelta::minutes(30),
        margin: TimeDelta::minutes(5),
        window: TimeDelta::minutes(30),
    }
}
