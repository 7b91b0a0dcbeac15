//! An administrator puts an order in ERROR right.

use chrono::TimeDelta;
use order_core::{
    Because, Command, Effect, JobStatus, Outcome, RecoveryAction, Refusal, Request, Stage, Status,
    Step,
};

use crate::support::{
    ROBOT_STAGES, Run, address, after, because, edit_address, job, rejected, silent, unavailable,
    unknown, unstopped,
};

const ACTIONS: [RecoveryAction; 3] =
    [RecoveryAction::Retry, RecoveryAction::Skip, RecoveryAction::Close];

// Retry.

#[test]
fn retry_without_an_open_job_makes_a_new_attempt() {
    for stage in ROBOT_STAGES {
        let mut run = Run::stopped(stage);
        let before = Run::calling(stage).call();
        run.recover(RecoveryAction::Retry);
        assert_eq!(run.order.status(), stage.status());
        assert_eq!((run.work().attempt, run.work().repeats), (2, 0));
        assert_eq!(run.last().note.as_deref(), Some("retry: as told"));
        assert_ne!(run.call().0, before.0);
    }
}

#[test]
fn retry_with_a_call_of_unknown_fate_repeats_that_call_with_fresh_tries() {
    for stage in ROBOT_STAGES {
        let call = Run::calling(stage).call();
        let mut run = unknown(stage);
        run.recover(RecoveryAction::Retry);
        assert_eq!((run.order.status(), run.order.wake_at), (stage.status(), Some(run.last().at)));
        assert_eq!((run.work().tries, run.call()), (0, call));
        for _ in 1..run.policy.tries {
            run.answer(unavailable());
        }
        assert_eq!(run.order.status(), stage.status());
        run.accept().complete();
        assert_eq!(run.order.status(), after(stage));
    }
}

#[test]
fn retry_with_a_job_under_way_asks_after_that_job() {
    for stage in ROBOT_STAGES {
        let mut run = silent(stage);
        run.recover(RecoveryAction::Retry);
        assert_eq!((run.order.status(), run.work().tries), (stage.status(), 0));
        assert_eq!(run.wake().effect(), Effect::Poll(job(stage, 1)));
        run.complete();
        assert_eq!(run.order.status(), after(stage));
        assert_eq!(run.order.workflow.attempts.of(stage), 1);
    }
}

#[test]
fn retry_with_a_job_being_cancelled_finishes_that_and_makes_a_new_attempt() {
    for stage in ROBOT_STAGES {
        let mut run = unstopped(stage);
        run.recover(RecoveryAction::Retry);
        assert_eq!((run.order.status(), because(&run)), (stage.status(), Because::Retry));
        assert_eq!(run.order.workflow.attempts.of(stage), 1);
        assert_eq!(run.wake().effect(), Effect::Cancel(job(stage, 1)));
        run.cancelled();
        assert_eq!((&run.work().step, run.work().attempt), (&Step::Calling, 2));
        assert_eq!(run.work().repeats, 0);
        run.accept().complete();
        assert_eq!(run.order.status(), after(stage));
    }
}

#[test]
fn retry_with_a_job_that_was_done_before_it_could_be_cancelled_takes_that_job() {
    for stage in ROBOT_STAGES {
        let mut run = unstopped(stage);
        run.recover(RecoveryAction::Retry).answer(Outcome::Cancelled(JobStatus::Completed));
        assert_eq!(run.order.status(), after(stage));
        assert_eq!(run.order.workflow.attempts.of(stage), 1);
    }
}

#[test]
fn retry_of_a_refused_address_goes_to_the_mended_one_in_a_new_window() {
    let mut run = Run::calling(Stage::Delivering);
    let (_, Request::Deliver { destination, until, .. }) = run.call() else { panic!() };
    assert_eq!(destination, address());
    run.answer(rejected("ADDRESS_REFUSED")).wait(TimeDelta::hours(3));
    run.command(edit_address(0)).unwrap();
    run.recover(RecoveryAction::Retry);
    let (_, Request::Deliver { destination, until: later, .. }) = run.call() else { panic!() };
    assert_eq!(destination.street, "742 Evergreen Terrace");
    assert!(later >= until + TimeDelta::hours(3));
}

#[test]
fn an_attempt_after_a_cancelled_delivery_gets_a_new_window() {
    let mut run = unstopped(Stage::Delivering);
    let over = run.now;
    run.recover(RecoveryAction::Retry).cancelled();
    let (_, Request::Deliver { from, until, .. }) = run.call() else { panic!() };
    assert!(from > over, "the window that has passed is of no use");
    assert_eq!(until - from, TimeDelta::minutes(60));
}

// Skip.

#[test]
fn skip_without_an_open_job_goes_on_to_the_next_stage() {
    for stage in ROBOT_STAGES {
        let mut run = Run::stopped(stage);
        run.recover(RecoveryAction::Skip);
        assert_eq!(run.order.status(), after(stage));
        assert_eq!(run.last().note.as_deref(), Some("skip: as told"));
    }
}

#[test]
fn skip_with_an_open_job_stops_it_first() {
    for stage in ROBOT_STAGES {
        for run in [unknown(stage), silent(stage), unstopped(stage)] {
            let mut run = run;
            let calling = run.work().step == Step::Calling;
            run.recover(RecoveryAction::Skip);
            assert_eq!((run.order.status(), run.failure().skip), (Status::Error, true));
            assert_eq!(run.order.wake_at, Some(run.last().at));
            if calling {
                run.accept();
            }
            assert_eq!(run.wake().effect(), Effect::Cancel(job(stage, 1)));
            run.cancelled();
            assert_eq!(run.order.status(), after(stage));
        }
    }
}

#[test]
fn skip_goes_on_also_when_the_open_job_turns_out_completed_or_forgotten() {
    for stage in ROBOT_STAGES {
        for ending in [Outcome::Cancelled(JobStatus::Completed), Outcome::Gone] {
            let mut run = silent(stage);
            run.recover(RecoveryAction::Skip).answer(ending);
            assert_eq!(run.order.status(), after(stage));
        }
    }
}

#[test]
fn a_skip_may_be_taken_back_by_a_retry() {
    for stage in ROBOT_STAGES {
        let mut run = silent(stage);
        run.recover(RecoveryAction::Skip).recover(RecoveryAction::Retry).cancelled();
        assert_eq!(run.order.status(), stage.status());
        assert_eq!(run.work().attempt, 2);
    }
}

// Close.

#[test]
fn close_without_an_open_job_ends_the_order_at_once() {
    for stage in ROBOT_STAGES {
        let mut run = Run::stopped(stage);
        run.recover(RecoveryAction::Close);
        assert_eq!((run.order.status(), run.order.wake_at), (Status::Cancelled, None));
        assert_eq!(run.last().note.as_deref(), Some("close: as told"));
    }
}

#[test]
fn close_with_an_open_job_stops_it_first() {
    for stage in ROBOT_STAGES {
        for run in [unknown(stage), silent(stage), unstopped(stage)] {
            let mut run = run;
            let calling = run.work().step == Step::Calling;
            run.recover(RecoveryAction::Close);
            assert_eq!(run.order.status(), Status::Error);
            if calling {
                run.accept();
            }
            assert_eq!(run.wake().effect(), Effect::Cancel(job(stage, 1)));
            run.cancelled();
            assert_eq!((run.order.status(), run.order.wake_at), (Status::Cancelled, None));
        }
    }
}

#[test]
fn close_of_an_order_that_turns_out_delivered_leaves_it_delivered() {
    let mut run = silent(Stage::Delivering);
    run.recover(RecoveryAction::Close).answer(Outcome::Cancelled(JobStatus::Completed));
    assert_eq!(run.order.status(), Status::Completed);
    for stage in [Stage::Picking, Stage::Baking] {
        let mut run = silent(stage);
        run.recover(RecoveryAction::Close).answer(Outcome::Cancelled(JobStatus::Completed));
        assert_eq!(run.order.status(), Status::Cancelled);
    }
}

#[test]
fn a_skip_may_still_become_a_close() {
    let mut run = silent(Stage::Baking);
    run.recover(RecoveryAction::Skip).recover(RecoveryAction::Close).cancelled();
    assert_eq!(run.order.status(), Status::Cancelled);
}

// What every recovery has in common.

#[test]
fn a_recovery_without_a_note_says_what_was_done() {
    for (action, text) in ACTIONS.into_iter().zip(["retry", "skip", "close"]) {
        let mut run = Run::stopped(Stage::Baking);
        run.command(Command::Recover { action, note: None }).unwrap();
        assert_eq!(run.last().note.as_deref(), Some(text));
    }
}

#[test]
fn an_order_that_is_not_in_error_needs_no_recovery() {
    let mut cancelled = Run::place();
    cancelled.command(Command::Cancel).unwrap();
    let mut completed = Run::working(Stage::Delivering);
    completed.complete();
    let healthy = ROBOT_STAGES.map(Run::working);
    for run in healthy.into_iter().chain([Run::place(), cancelled, completed]) {
        for action in ACTIONS {
            let mut run = run.clone();
            let refusal = run.command(Command::Recover { action, note: None }).unwrap_err();
            assert_eq!(refusal, Refusal::NotInError(run.order.status()));
        }
    }
}
