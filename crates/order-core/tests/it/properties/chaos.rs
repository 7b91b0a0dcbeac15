//! Any outcome and any command in any order: nothing breaks.

use order_core::{Command, Effect, JobStatus, Outcome};
use proptest::collection::vec;
use proptest::prelude::*;

use super::any::{Pass, command, outcome, pass, placed};
use super::config;
use super::witness::Witness;
use crate::support::{Run, job, report};

#[derive(Clone, Debug)]
enum Event {
    Outcome(Outcome),
    Command(Command),
    /// What a robot in good health would answer.
    Sane,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => outcome().prop_map(Event::Outcome),
        4 => Just(Event::Sane),
        1 => command().prop_map(Event::Command),
    ]
}

/// The outcome of a call to a robot that does at once whatever it is asked for.
fn sane(run: &Run) -> Option<Outcome> {
    match run.order.next_effect(run.now.max(run.order.wake_at?)) {
        Effect::Advance => Some(Outcome::Due),
        Effect::Submit { .. } => {
            let work = run.order.state().work()?;
            Some(Outcome::Accepted { job: job(work.stage(), work.attempt), eta: run.now })
        }
        Effect::Poll(_) => Some(report(JobStatus::Completed)),
        Effect::Cancel(_) => Some(Outcome::Cancelled(JobStatus::Cancelled)),
        Effect::Wait(_) | Effect::Nothing => None,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_invariants_hold_for_any_outcome_and_command_in_any_order(
        run in placed(),
        events in vec((pass(), 0.0..1.0, event()), 1..80),
    ) {
        let mut witness = Witness::of(run);
        for (pass, jitter, event) in events {
            pass.on(&mut witness.run);
            witness.run.jitter = jitter;
            match event {
                Event::Outcome(outcome) => witness.apply(outcome)?.ok(),
                Event::Command(command) => witness.command(command)?.ok(),
                Event::Sane => match sane(&witness.run) {
                    Some(outcome) => {
                        Pass::ToWake.on(&mut witness.run);
                        Some(witness.apply(outcome)?.map_err(|refusal| {
                            TestCaseError::fail(format!("a good answer was refused: {refusal}"))
                        })?)
                    }
                    None => None,
                },
            };
        }
    }
}
