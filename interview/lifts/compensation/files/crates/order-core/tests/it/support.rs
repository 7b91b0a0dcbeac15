//! An order under way, driven by hand.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{
    Address, Customer, Effect, Entry, Failure, Ingredient, Job, JobReport, JobStatus, Moment,
    Order, OrderId, Outcome, Pick, Policy, Recipe, Refusal, Request, State, Status, Transition,
    Work,
};
use uuid::Uuid;

pub(crate) const ROBOT_STAGES: [Status; 3] = [Status::Picking, Status::Baking, Status::Delivering];

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
        let (order, entry) = Order::place(
            OrderId(Uuid::from_u128(0x0193_d5a0_5c00_7000_8000_0000_0000_0001)),
            customer(),
            address(),
            Arc::new(recipe),
            start(),
            &policy,
        );
        Self { order, history: vec![entry], now: start(), jitter: 0.5, policy }
    }

    /// An order that has entered `stage`; a robot is yet to be called.
    pub(crate) fn calling(stage: Status) -> Self {
        let mut run = Self::place();
        run.answer(Outcome::Due);
        while run.order.status() != stage {
            match run.order.status() {
                Status::Prepping => run.answer(Outcome::Due),
                _ => run.accept().complete(),
            };
        }
        run
    }

    /// An order whose job of `stage` was accepted.
    pub(crate) fn working(stage: Status) -> Self {
        let mut run = Self::calling(stage);
        run.accept();
        run
    }

    /// An order whose request for `stage` was refused.
    pub(crate) fn stopped(stage: Status) -> Self {
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
        let job = job(self.order.status(), self.work().attempt);
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

    pub(crate) fn edit_name(&mut self) -> Result<&mut Self, Refusal> {
        let customer = Customer { name: "Jane Roe".into(), ..customer() };
        let transition = self.order.edit(Some(customer), None, self.now)?;
        Ok(self.record(transition))
    }

    pub(crate) fn edit_address(&mut self) -> Result<&mut Self, Refusal> {
        let address = Address { street: "742 Evergreen Terrace".into(), ..address() };
        let transition = self.order.edit(None, Some(address), self.now)?;
        Ok(self.record(transition))
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
        self.policy.deadline(self.work()).unwrap()
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

pub(crate) fn start() -> DateTime<Utc> {
    "2025-12-17T16:00:00Z".parse().unwrap()
}

pub(crate) fn job(stage: Status, number: u32) -> Job {
    match stage {
        Status::Baking => Job::Bake { id: format!("bake_{number}"), oven: "oven-3".into() },
        Status::Delivering => {
            Job::Deliver { id: format!("del_{number}"), drone: "drone-12".into() }
        }
        _ => Job::Pick { id: format!("pick_{number}") },
    }
}

pub(crate) fn report(status: JobStatus) -> Outcome {
    Outcome::Report(JobReport { status, eta: None })
}

pub(crate) fn failed(code: &str) -> JobStatus {
    JobStatus::Failed { code: code.into(), message: "it went wrong".into() }
}

pub(crate) fn unavailable() -> Outcome {
    Outcome::Unavailable { reason: "connection refused".into() }
}

pub(crate) fn rejected(code: &str) -> Outcome {
    Outcome::Rejected { code: code.into(), reason: "the robot said no".into() }
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
        ingredients: vec![Ingredient { item: "apples".into() }],
        prep_steps: steps.map(Into::into).into(),
        pick: Pick { fruit_type: "apple".into(), quantity: 6, quality: "premium".into() },
    }
}

/// Five tries, ten minutes of preparation, the time limits of the specification.
pub(crate) fn policy() -> Policy {
    let steps = recipe().prep_steps;
    Policy {
        tries: 5,
        retry_base: Duration::from_secs(1),
        retry_cap: Duration::from_secs(60),
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
