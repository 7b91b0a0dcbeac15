//! Watches an order and complains when an invariant breaks.

use std::collections::HashMap;

use chrono::TimeDelta;
use order_core::{
    Command, Effect, Order, Outcome, Refusal, Request, Stage, State, Status, Transition,
    TransitionError, Workflow,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use uuid::Uuid;

use crate::support::{ROBOT_STAGES, Run};

/// An order with everything that must hold of it.
#[derive(Debug)]
pub(crate) struct Witness {
    pub(crate) run: Run,
    bodies: HashMap<Uuid, Request>,
}

impl Witness {
    pub(crate) fn of(run: Run) -> Self {
        Self { run, bodies: HashMap::new() }
    }

    /// Applies an outcome; the inner error is a refusal.
    pub(crate) fn apply(
        &mut self,
        outcome: Outcome,
    ) -> Result<Result<(), TransitionError>, TestCaseError> {
        match self.run.order.apply(outcome, self.run.moment(), &self.run.policy) {
            Ok(transition) => self.follow(transition).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Carries out a command; the inner error is a refusal.
    pub(crate) fn command(
        &mut self,
        command: Command,
    ) -> Result<Result<(), Refusal>, TestCaseError> {
        let cancel = command == Command::Cancel;
        match self.run.order.command(command, self.run.moment(), &self.run.policy) {
            Ok(transition) => {
                let heard = transition.order.workflow.cancel_requested
                    || transition.order.status() == Status::Cancelled;
                prop_assert!(heard || !cancel, "a cancellation is done or remembered");
                self.follow(transition).map(Ok)
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    fn follow(&mut self, next: Transition) -> TestCaseResult {
        let before = std::mem::replace(&mut self.run.order, next.order);
        self.history(&before, next.entry.is_some())?;
        if let Some(entry) = next.entry {
            prop_assert_eq!(entry.seq, before.seq + 1);
            prop_assert_eq!(entry.from, Some(before.status()));
            prop_assert_eq!(entry.to, self.run.order.status());
            prop_assert_eq!(entry.at, self.run.order.updated_at);
            let last = self.run.last();
            prop_assert!(entry.at > last.at, "history times rise strictly");
            prop_assert_eq!(entry.seq, last.seq + 1);
            prop_assert_eq!(entry.from, Some(last.to), "the history is a chain");
            self.run.history.push(entry);
        }
        prop_assert_eq!(self.run.last().to, self.run.order.status());
        self.counters(&before)?;
        self.due()?;
        self.work()?;
        let order = &self.run.order;
        let stored = serde_json::to_string(&order.workflow).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Workflow>(&stored).unwrap(), &order.workflow);
        let at_the_door = order.progress(self.run.now) == 100;
        prop_assert_eq!(at_the_door, order.status() == Status::Completed);
        Ok(())
    }

    fn history(&self, before: &Order, entry: bool) -> TestCaseResult {
        let order = &self.run.order;
        prop_assert_eq!(order.version, before.version + 1);
        prop_assert!(order.updated_at > before.updated_at);
        prop_assert_eq!(order.seq, before.seq + i32::from(entry));
        prop_assert!(entry || order.status() == before.status(), "every new state has an entry");
        let ended = [Status::Completed, Status::Cancelled].contains(&before.status());
        prop_assert!(!ended, "{} is the end", before.status());
        Ok(())
    }

    fn counters(&self, before: &Order) -> TestCaseResult {
        let order = &self.run.order;
        let mut begun = 0;
        for stage in ROBOT_STAGES {
            let [was, is] = [before, order].map(|order| order.workflow.attempts.of(stage));
            prop_assert!(is >= was, "attempts never fall");
            begun += is - was;
        }
        prop_assert!(begun <= 1, "one job at a time");
        if before.workflow.cancel_requested {
            prop_assert_eq!(begun, 0, "what is to be cancelled begins nothing");
            prop_assert!(order.workflow.cancel_requested, "a cancellation is not taken back");
        }
        prop_assert_eq!(order.promised_delivery, before.promised_delivery);
        prop_assert_eq!(order.created_at, before.created_at);
        Ok(())
    }

    /// Something is due exactly where the order cannot rest.
    fn due(&self) -> TestCaseResult {
        let order = &self.run.order;
        let restless = match order.state() {
            State::Completed | State::Cancelled => false,
            State::Error(failure) => failure.open.is_some(),
            _ => true,
        };
        prop_assert_eq!(order.wake_at.is_some(), restless, "{:?}", order.state());
        let Some(at) = order.wake_at else {
            prop_assert_eq!(order.next_effect(self.run.now), Effect::Nothing);
            return Ok(());
        };
        prop_assert_eq!(order.next_effect(at - TimeDelta::microseconds(1)), Effect::Wait(at));
        let due = order.next_effect(at);
        prop_assert!(!matches!(due, Effect::Wait(_) | Effect::Nothing), "{due:?}");
        Ok(())
    }

    fn work(&mut self) -> TestCaseResult {
        let order = &self.run.order;
        let Some(work) = order.state().work() else { return Ok(()) };
        prop_assert_eq!(work.attempt, order.workflow.attempts.of(work.stage()));
        let own_stage = match order.state() {
            State::Picking(_) => Stage::Picking,
            State::Baking(_) => Stage::Baking,
            State::Delivering(_) => Stage::Delivering,
            State::Error(failure) => failure.stage,
            other => return Err(TestCaseError::fail(format!("no robot works in {other:?}"))),
        };
        prop_assert_eq!(work.stage(), own_stage);
        if order.status() != Status::Error && !order.workflow.cancel_requested {
            prop_assert!(work.tries < self.run.policy.tries, "used-up tries are an ERROR");
            prop_assert!(work.lost <= self.run.policy.tries);
        }
        let body = self.bodies.entry(work.key(order.id)).or_insert_with(|| work.request.clone());
        prop_assert_eq!(&*body, &work.request, "one key, one body");
        Ok(())
    }
}
