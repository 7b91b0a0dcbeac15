//! Whatever happened to an order: once the robots are in good health, it comes to an end.

use chrono::TimeDelta;
use order_core::{Command, Effect, Outcome, RecoveryAction, Stage, Status};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::any::{Pass, code, command, outcome, pass, placed, retry_after};
use super::config;
use super::witness::Witness;
use super::world::{Fate, Progress, World};

/// From any state to the end: every stage takes a few calls, and a skipped or repeated one a few
/// more.
const ENOUGH_STEPS: usize = 16;

/// What follows a robot's stage, and nothing else.
const DONE: [(Stage, Status); 3] = [
    (Stage::Picking, Status::Prepping),
    (Stage::Baking, Status::Delivering),
    (Stage::Delivering, Status::Completed),
];

#[derive(Clone, Debug)]
enum Event {
    /// What is due is carried out. Meanwhile a person may act, so that the outcome comes late.
    Drive { fate: Fate, progress: Progress, meanwhile: Option<Command> },
    /// A person acts.
    Command(Command),
    /// Delayed calls arrive.
    Arrive,
    /// Something that nobody asked for.
    Nonsense(Outcome),
}

fn event() -> impl Strategy<Value = Event> {
    let drive = (fate(), progress(), prop::option::weighted(0.1, command()))
        .prop_map(|(fate, progress, meanwhile)| Event::Drive { fate, progress, meanwhile });
    prop_oneof![
        16 => drive,
        2 => command().prop_map(Event::Command),
        1 => Just(Event::Arrive),
        2 => outcome().prop_map(Event::Nonsense),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    let unreached = (retry_after(), any::<bool>())
        .prop_map(|(retry_after, later)| Fate::Unreached { retry_after, later });
    prop_oneof![
        12 => Just(Fate::Sane),
        3 => unreached,
        2 => Just(Fate::AnswerLost),
        1 => Just(Fate::CallerDied),
        1 => (0_i64..90).prop_map(|seconds| Fate::Parked(TimeDelta::seconds(seconds))),
        1 => code().prop_map(Fate::Refused),
        1 => Just(Fate::Forgot),
        1 => Just(Fate::Balked),
    ]
}

/// What a person wants before the robots get well.
fn last_wish() -> impl Strategy<Value = Command> {
    let recover = |action| Command::Recover { action, note: None };
    prop_oneof![
        Just(Command::Cancel),
        Just(recover(RecoveryAction::Retry)),
        Just(recover(RecoveryAction::Skip)),
    ]
}

fn progress() -> impl Strategy<Value = Progress> {
    prop_oneof![
        6 => Just(Progress::None),
        6 => Just(Progress::Starts),
        3 => Just(Progress::Completes),
        2 => code().prop_map(Progress::Fails),
        1 => Just(Progress::Quits),
    ]
}

/// An order among the robots of the model.
struct Shop {
    witness: Witness,
    world: World,
    skips: bool,
}

impl Shop {
    fn command(&mut self, command: Command) -> Result<bool, TestCaseError> {
        let skip = matches!(command, Command::Recover { action: RecoveryAction::Skip, .. });
        let done = self.witness.command(command)?.is_ok();
        self.skips |= skip && done;
        Ok(done)
    }

    fn happen(&mut self, event: Event) -> TestCaseResult {
        match event {
            Event::Drive { fate, progress, meanwhile } => {
                self.drive(&fate, &progress, meanwhile)?;
            }
            Event::Command(command) => {
                self.command(command)?;
            }
            Event::Arrive => self.world.arrive(),
            Event::Nonsense(outcome) => {
                // Only what the order itself sees through: a made-up good answer is beyond it.
                let run = &self.witness.run;
                let parked = matches!(outcome, Outcome::Parked { .. });
                let refused = run.order.apply(outcome.clone(), run.moment(), &run.policy).is_err();
                if refused || parked {
                    self.witness.apply(outcome)?.ok();
                }
            }
        }
        self.check()
    }

    fn drive(&mut self, fate: &Fate, progress: &Progress, late: Option<Command>) -> TestCaseResult {
        let run = &self.witness.run;
        let effect = run.order.next_effect(run.now);
        if matches!(effect, Effect::Wait(_) | Effect::Nothing) {
            return Ok(());
        }
        let outcome = self.world.call(&effect, fate, progress, run.now);
        self.check()?;
        let interrupted = match late {
            Some(command) => self.command(command)?,
            None => false,
        };
        if let Some(outcome) = outcome {
            let refused = self.witness.apply(outcome)?.is_err();
            prop_assert!(interrupted || !refused, "the outcome of {effect:?} was refused");
        }
        Ok(())
    }

    fn check(&self) -> TestCaseResult {
        prop_assert_eq!(self.world.doubled(), None, "two jobs of one stage at once");
        for (stage, after) in DONE {
            let went_on = self.witness.run.way().contains(&after);
            prop_assert!(
                !went_on || self.skips || self.world.has_done(stage),
                "{stage:?} is not done"
            );
        }
        let resting = self.witness.run.order.wake_at.is_none();
        prop_assert!(!(resting && self.world.busy()), "an order at rest, and a robot at work");
        Ok(())
    }

    /// From now on every robot does what it is asked for.
    fn come_to_an_end(&mut self) -> TestCaseResult {
        self.world.arrive();
        for _ in 0..ENOUGH_STEPS {
            if self.witness.run.order.wake_at.is_none() {
                self.world.arrive();
                self.check()?;
                return Ok(());
            }
            Pass::ToWake.on(&mut self.witness.run);
            self.drive(&Fate::Sane, &Progress::Completes, None)?;
            self.check()?;
        }
        Err(TestCaseError::fail(format!("no end in sight: {:?}", self.witness.run.order.state())))
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_order_comes_to_an_end_once_the_robots_are_in_good_health(
        run in placed(),
        events in vec((pass(), 0.0..1.0, event()), 1..80),
        last in prop::option::of(last_wish()),
    ) {
        let mut shop = Shop { witness: Witness::of(run), world: World::default(), skips: false };
        for (pass, jitter, event) in events {
            pass.on(&mut shop.witness.run);
            shop.witness.run.jitter = jitter;
            shop.happen(event)?;
        }
        if let Some(command) = last {
            shop.command(command)?;
        }
        let cancelled = shop.witness.run.order.workflow.cancel_requested;
        shop.come_to_an_end()?;
        let status = shop.witness.run.order.status();
        let ended = [Status::Completed, Status::Cancelled].contains(&status);
        prop_assert!(ended || (status == Status::Error && !cancelled), "{status}");
    }
}
