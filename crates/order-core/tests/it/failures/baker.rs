//! The baker: what failed in the oven is never repeated without an administrator.

use order_core::{JobStatus, Outcome, Stage, Status};

use super::{
    calls_again_until_the_tries_are_used_up, cancels_the_job_that_took_too_long,
    stops_at_once_when_refused, survives_a_broken_answer, uses_no_try_while_parked,
};
use crate::support::{Run, failed, report};

const STAGE: Stage = Stage::Baking;

#[test]
fn a_baker_that_does_not_answer_is_called_again_until_the_tries_are_used_up() {
    calls_again_until_the_tries_are_used_up(STAGE);
}

#[test]
fn a_broken_answer_of_the_baker_costs_a_try_and_not_the_order() {
    survives_a_broken_answer(STAGE);
}

#[test]
fn a_request_that_the_baker_refuses_stops_the_order_at_once() {
    stops_at_once_when_refused(STAGE, "TOO_HOT");
}

#[test]
fn a_burnt_pie_or_a_broken_oven_stops_the_order_without_another_attempt() {
    let told = [
        ("BURNT", "Your pie was burnt in the oven."),
        ("OVEN_FAULT", "The oven with your pie broke down."),
    ];
    for (code, message) in told {
        let mut run = Run::working(STAGE);
        run.running().answer(report(failed(code)));
        let failure = run.failure();
        assert_eq!((failure.stage, failure.code.as_str()), (STAGE, code));
        assert_eq!((failure.message.as_str(), &failure.open), (message, &None));
        assert_eq!((run.order.workflow.attempts.baking, run.order.wake_at), (1, None));
    }
}

#[test]
fn a_job_that_the_baker_cancelled_by_itself_stops_the_order() {
    let mut run = Run::working(STAGE);
    run.answer(report(JobStatus::Cancelled));
    assert_eq!(run.failure().code, "JOB_CANCELLED");
}

#[test]
fn a_baking_that_takes_over_half_an_hour_is_cancelled_and_stops_the_order() {
    let mut run = cancels_the_job_that_took_too_long(STAGE);
    run.cancelled();
    let failure = run.failure();
    assert_eq!((failure.code.as_str(), &failure.open), ("TIMED_OUT", &None));
    assert_eq!((run.order.workflow.attempts.baking, run.order.wake_at), (1, None));
}

#[test]
fn a_baking_that_was_done_before_it_could_be_cancelled_goes_on_to_delivery() {
    let mut run = Run::cancelling(STAGE);
    run.answer(Outcome::Cancelled(JobStatus::Completed));
    assert_eq!(run.order.status(), Status::Delivering);
}

#[test]
fn a_baking_that_failed_before_it_could_be_cancelled_keeps_its_own_reason() {
    let mut run = Run::cancelling(STAGE);
    run.answer(Outcome::Cancelled(failed("BURNT")));
    assert_eq!(run.failure().code, "BURNT");
}

#[test]
fn an_answer_that_the_job_still_runs_does_not_acknowledge_its_cancellation() {
    for still in [JobStatus::Queued, JobStatus::Running { started_at: None }] {
        let mut run = Run::cancelling(STAGE);
        let due = run.wake().effect();
        run.apply(Outcome::Cancelled(still));
        assert_eq!((run.order.status(), run.work().tries), (Status::Baking, 1));
        assert_eq!(run.wake().effect(), due);
    }
}

#[test]
fn a_baking_job_that_was_forgotten_stops_the_order_for_there_may_be_a_pie() {
    let mut run = Run::working(STAGE);
    run.running().answer(Outcome::Gone);
    let failure = run.failure();
    assert_eq!((failure.code.as_str(), &failure.open), ("JOB_LOST", &None));
    assert_eq!((run.order.workflow.attempts.baking, run.order.wake_at), (1, None));
}

#[test]
fn an_order_parked_before_the_baker_uses_no_try() {
    uses_no_try_while_parked(STAGE);
}
