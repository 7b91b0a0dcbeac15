//! The customer does not want the pie any more.

use order_core::{
    Because, Command, Effect, JobStatus, Outcome, RecoveryAction, Refusal, Stage, Status, Step,
};

use crate::support::{
    ROBOT_STAGES, Run, because, edit_address, failed, job, parked, rejected, silent, unavailable,
};

/// The stages in which an order may be cancelled while its robot is at it.
const EARLY: [Stage; 2] = [Stage::Picking, Stage::Baking];

fn cancel(mut run: Run) -> Run {
    run.command(Command::Cancel).unwrap();
    run
}

fn prepping() -> Run {
    let mut run = Run::working(Stage::Picking);
    run.complete();
    run
}

#[test]
fn an_order_of_which_nothing_runs_is_cancelled_at_once() {
    let orders = [Run::place(), prepping(), Run::stopped(Stage::Baking)];
    for run in orders.map(cancel) {
        assert_eq!(run.order.status(), Status::Cancelled);
        assert_eq!(run.effect(), Effect::Nothing);
        assert_eq!(run.last().note.as_deref(), Some("cancelled by the customer"));
    }
}

#[test]
fn a_cancelled_order_keeps_its_state_until_the_compensation_is_through() {
    for stage in EARLY {
        for run in [Run::calling(stage), Run::working(stage), Run::cancelling(stage)] {
            let run = cancel(run);
            assert!(run.order.workflow.cancel_requested);
            assert_eq!(run.order.status(), stage.status());
            assert_eq!(run.order.wake_at, Some(run.order.updated_at));
            assert_eq!((run.last().from, run.last().to), (Some(stage.status()), stage.status()));
            assert_eq!(run.last().note.as_deref(), Some("cancelled by the customer"));
        }
    }
}

#[test]
fn a_call_of_unknown_fate_is_repeated_with_the_same_key_and_then_deleted() {
    for stage in EARLY {
        let mut run = Run::calling(stage);
        run.answer(unavailable());
        let call = run.call();
        run = cancel(run);
        assert_eq!(run.call(), call);
        run.accept();
        assert_eq!(run.order.status(), stage.status());
        assert_eq!(run.wake().effect(), Effect::Cancel(job(stage, 1)));
        run.cancelled();
        assert_eq!(run.order.status(), Status::Cancelled);
        assert_eq!(run.effect(), Effect::Nothing);
        assert_eq!(run.order.workflow.attempts.of(stage), 1);
    }
}

#[test]
fn a_call_that_the_robot_refuses_leaves_nothing_to_cancel() {
    for stage in EARLY {
        let mut run = cancel(Run::calling(stage));
        run.answer(rejected("NO_SUCH_PIE"));
        assert_eq!(run.order.status(), Status::Cancelled);
    }
}

#[test]
fn a_job_under_way_is_deleted_however_it_ends() {
    let endings = [JobStatus::Cancelled, JobStatus::Completed, failed("BURNT")];
    for stage in EARLY {
        for ending in endings.clone() {
            let mut run = cancel(Run::working(stage));
            assert_eq!(run.wake().effect(), Effect::Cancel(job(stage, 1)));
            assert_eq!(because(&run), Because::Unwanted);
            run.apply(Outcome::Cancelled(ending));
            assert_eq!(run.order.status(), Status::Cancelled);
            assert_eq!(run.order.wake_at, None);
        }
    }
}

#[test]
fn a_job_that_the_robot_forgot_needs_no_deleting() {
    for stage in EARLY {
        let mut run = cancel(Run::working(stage));
        run.answer(Outcome::Gone);
        assert_eq!(run.order.status(), Status::Cancelled);
    }
}

#[test]
fn the_compensation_is_tried_until_it_succeeds_whatever_the_robot_answers() {
    for stage in EARLY {
        for run in [Run::calling(stage), Run::working(stage)] {
            let mut run = cancel(run);
            let due = run.wake().effect();
            for _ in 0..5 * run.policy.tries {
                run.answer(unavailable());
                assert_eq!(run.order.status(), stage.status());
                assert_eq!(run.wake().effect(), due);
                run.apply(parked(run.now));
            }
            if matches!(due, Effect::Submit { .. }) {
                run.accept();
            }
            run.answer(rejected("NO_DELETING")).cancelled();
            assert_eq!(run.order.status(), Status::Cancelled);
        }
    }
}

#[test]
fn the_history_does_not_grow_with_the_endless_tries_of_a_compensation() {
    let mut run = cancel(Run::working(Stage::Baking));
    let before = run.history.len();
    for _ in 0..50 {
        run.answer(unavailable());
    }
    assert_eq!(run.history.len(), before + 5);
}

#[test]
fn an_order_cancelled_while_its_job_is_being_stopped_starts_no_new_attempt() {
    let mut run = cancel(Run::cancelling(Stage::Picking));
    run.cancelled();
    assert_eq!(run.order.status(), Status::Cancelled);
    assert_eq!(run.order.workflow.attempts.picking, 1);
}

#[test]
fn an_order_in_error_is_cancelled_only_when_its_open_job_is_over() {
    for stage in ROBOT_STAGES {
        for run in [Run::calling(stage), Run::working(stage), Run::cancelling(stage)] {
            let mut run = run;
            let job_is_known = run.work().step != Step::Calling;
            run.exhaust();
            let mut run = cancel(run);
            assert_eq!(run.order.status(), Status::Error);
            if !job_is_known {
                run.accept();
            }
            assert_eq!(run.wake().effect(), Effect::Cancel(job(stage, 1)));
            run.answer(unavailable());
            assert_eq!(run.order.status(), Status::Error);
            run.cancelled();
            assert_eq!(run.order.status(), Status::Cancelled);
            assert_eq!(run.order.wake_at, None);
        }
    }
}

#[test]
fn a_pie_that_turns_out_delivered_is_not_cancelled() {
    let mut run = Run::working(Stage::Delivering);
    run.exhaust();
    let mut run = cancel(run);
    run.answer(Outcome::Cancelled(JobStatus::Completed));
    assert_eq!(run.order.status(), Status::Completed);
    assert_eq!(run.last().note.as_deref(), Some("delivered before it could be stopped"));
    assert_eq!((run.order.wake_at, run.order.progress(run.now)), (None, 100));
}

#[test]
fn a_delivery_under_way_or_done_cannot_be_cancelled() {
    let mut done = Run::working(Stage::Delivering);
    done.complete();
    for mut run in [
        Run::calling(Stage::Delivering),
        Run::working(Stage::Delivering),
        Run::cancelling(Stage::Delivering),
        done,
    ] {
        let status = run.order.status();
        let refusal = run.command(Command::Cancel).unwrap_err();
        assert_eq!(refusal, Refusal::NotCancellable(status));
        assert_eq!(refusal.to_string(), format!("an order in {status} cannot be cancelled"));
    }
}

#[test]
fn asking_again_changes_nothing() {
    let mut through = cancel(Run::working(Stage::Baking));
    through.cancelled();
    let mut behind_error = Run::working(Stage::Baking);
    behind_error.exhaust();
    for run in [Run::place(), Run::working(Stage::Picking), behind_error, through] {
        let mut run = run;
        run.command(Command::Cancel).ok();
        assert_eq!(run.command(Command::Cancel).unwrap_err(), Refusal::AlreadyRequested);
    }
}

#[test]
fn an_order_that_is_being_cancelled_takes_no_other_wish() {
    let mut run = Run::working(Stage::Baking);
    run.exhaust();
    let mut run = cancel(run);
    for action in [RecoveryAction::Retry, RecoveryAction::Skip, RecoveryAction::Close] {
        let command = Command::Recover { action, note: None };
        assert_eq!(run.command(command).unwrap_err(), Refusal::BeingCancelled);
    }
    assert_eq!(run.command(edit_address(0)).unwrap_err(), Refusal::BeingCancelled);
}

#[test]
fn what_was_delivered_before_it_could_be_stopped_cannot_be_cancelled_again() {
    let mut run = silent(Stage::Delivering);
    run.command(Command::Cancel).unwrap();
    run.answer(Outcome::Cancelled(JobStatus::Completed));
    assert_eq!(run.order.status(), Status::Completed);
    let refusal = run.command(Command::Cancel).unwrap_err();
    assert_eq!(refusal, Refusal::NotCancellable(Status::Completed));
}
