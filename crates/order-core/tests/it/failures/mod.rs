//! What can go wrong with a robot, and what follows: one test a robot and kind of failure.

mod baker;
mod delivery;
mod picker;

use chrono::TimeDelta;
use order_core::{Outcome, Stage, Status, Step};

use crate::support::{Run, parked, rejected, report, unavailable};

/// No answer: the same call again, then ERROR with the call still open.
fn calls_again_until_the_tries_are_used_up(stage: Stage) {
    let mut run = Run::calling(stage);
    let call = run.call();
    for tries in 1..run.policy.tries {
        run.answer(unavailable());
        assert_eq!((run.order.status(), run.work().tries), (stage.status(), tries));
        assert_eq!(run.last().error.as_deref(), Some("connection refused"));
        assert_eq!(run.last().from, Some(run.last().to));
        assert_eq!(run.call(), call);
    }
    run.answer(unavailable());
    let failure = run.failure();
    assert_eq!((failure.stage, failure.code.as_str()), (stage, "ROBOT_UNAVAILABLE"));
    assert_eq!(failure.detail, "connection refused");
    assert_eq!(failure.message, "One of our robots does not answer.");
    assert_eq!(run.last().error.as_deref(), Some("ROBOT_UNAVAILABLE: connection refused"));
    assert_eq!(run.call(), call);
}

/// An answer that is the robot's fault: a try of the call, nothing of the order's.
fn survives_a_broken_answer(stage: Stage) {
    for reason in ["401 Unauthorized", "404 on submission", "jobId: missing"] {
        let mut run = Run::calling(stage);
        let call = run.call();
        run.answer(Outcome::Unavailable { reason: reason.into(), retry_after: None });
        assert_eq!(run.last().error.as_deref(), Some(reason));
        assert_eq!(run.call(), call);
        run.accept();
        assert_eq!((run.work().attempt, run.work().tries), (1, 0));
    }
    let mut run = Run::working(stage);
    run.answer(rejected("NO_QUESTIONS"));
    assert_eq!((run.order.status(), run.work().tries), (stage.status(), 1));
    let told = "the robot refused the question: NO_QUESTIONS: the robot said no";
    assert_eq!(run.last().error.as_deref(), Some(told));
    run.complete();
    assert_ne!(run.order.status(), Status::Error);
}

/// The order's fault: ERROR at once, nothing open.
fn stops_at_once_when_refused(stage: Stage, code: &str) {
    let mut run = Run::calling(stage);
    run.answer(rejected(code));
    let failure = run.failure();
    assert_eq!((failure.stage, failure.code.as_str()), (stage, code));
    assert_eq!((failure.detail.as_str(), &failure.open), ("the robot said no", &None));
    assert_eq!(run.order.wake_at, None);
}

/// The robot is spared: the order waits, and no try is used.
fn uses_no_try_while_parked(stage: Stage) {
    for mut run in [Run::calling(stage), Run::working(stage)] {
        run.answer(unavailable());
        let (work, entries) = (run.work().clone(), run.history.len());
        for _ in 0..3 * run.policy.tries {
            let until = run.now + TimeDelta::seconds(10);
            run.answer(parked(until));
            assert_eq!((run.work(), run.order.wake_at), (&work, Some(until)));
        }
        assert_eq!(run.order.status(), stage.status());
        assert_eq!(run.history.len(), entries);
    }
}

/// Not done in time: the job is cancelled first, and only an answer after the deadline judges.
fn cancels_the_job_that_took_too_long(stage: Stage) -> Run {
    let mut run = Run::working(stage);
    run.running();
    let running = || report(order_core::JobStatus::Running { started_at: None });

    run.now = run.deadline();
    run.apply(running());
    assert!(matches!(run.work().step, Step::Working { .. }), "the deadline itself is in time");
    run.now = run.deadline() + TimeDelta::hours(1);
    run.apply(unavailable());
    assert!(matches!(run.work().step, Step::Working { .. }), "no answer is no judgement");
    let mut in_time_after_all = run.clone();
    in_time_after_all.complete();
    assert_ne!(in_time_after_all.order.status(), Status::Error, "what is done is done");

    run.answer(running());
    assert!(matches!(run.work().step, Step::Cancelling { .. }));
    assert_eq!(run.order.status(), stage.status());
    assert_eq!(run.effect(), order_core::Effect::Cancel(crate::support::job(stage, 1)));
    run
}
