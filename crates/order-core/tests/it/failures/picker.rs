//! The fruit picker.

use chrono::TimeDelta;
use order_core::{JobStatus, Outcome, Stage, Status, Step};

use super::{
    calls_again_until_the_tries_are_used_up, cancels_the_job_that_took_too_long,
    stops_at_once_when_refused, survives_a_broken_answer, uses_no_try_while_parked,
};
use crate::support::{Run, failed, report};

const STAGE: Stage = Stage::Picking;

#[test]
fn a_picker_that_does_not_answer_is_called_again_until_the_tries_are_used_up() {
    calls_again_until_the_tries_are_used_up(STAGE);
}

#[test]
fn a_broken_answer_of_the_picker_costs_a_try_and_not_the_order() {
    survives_a_broken_answer(STAGE);
}

#[test]
fn a_request_that_the_picker_refuses_stops_the_order_at_once() {
    stops_at_once_when_refused(STAGE, "NO_SUCH_FRUIT");
}

#[test]
fn a_failed_picking_is_repeated_once_with_a_new_key_and_then_stops_the_order() {
    let mut run = Run::calling(STAGE);
    let (first_key, first_body) = run.call();
    run.accept().answer(report(failed("INGREDIENT_SHORTAGE")));
    assert_eq!(run.order.status(), Status::Picking);
    assert_eq!((run.work().attempt, run.work().repeats), (2, 1));
    let told = "attempt 1: INGREDIENT_SHORTAGE: it went wrong";
    assert_eq!(run.last().error.as_deref(), Some(told));
    assert_eq!(run.order.wake_at, Some(run.order.updated_at));
    let (second_key, second_body) = run.call();
    assert_ne!(second_key, first_key);
    assert_eq!(second_body, first_body);

    run.accept().answer(report(failed("INGREDIENT_SHORTAGE")));
    let failure = run.failure();
    assert_eq!((failure.stage, failure.code.as_str()), (STAGE, "INGREDIENT_SHORTAGE"));
    assert_eq!(failure.message, "The fruit for your pie could not be picked.");
    assert_eq!((failure.detail.as_str(), &failure.open), ("it went wrong", &None));
    assert_eq!((run.order.workflow.attempts.picking, run.order.wake_at), (2, None));
}

#[test]
fn a_second_picking_may_succeed() {
    let mut run = Run::working(STAGE);
    run.answer(report(failed("INGREDIENT_SHORTAGE"))).accept().running().complete();
    assert_eq!(run.order.status(), Status::Prepping);
    assert_eq!(run.order.job_ids.picker.as_deref(), Some("pick_2"));
    assert_eq!(run.way(), [Status::Ordered, Status::Picking, Status::Prepping]);
}

#[test]
fn a_job_that_the_picker_cancelled_by_itself_counts_as_failed() {
    let mut run = Run::working(STAGE);
    run.answer(report(JobStatus::Cancelled));
    assert_eq!((run.order.status(), run.work().attempt), (Status::Picking, 2));
    run.accept().answer(report(JobStatus::Cancelled));
    assert_eq!(run.failure().code, "JOB_CANCELLED");
}

#[test]
fn a_picking_that_takes_over_two_minutes_is_cancelled_and_repeated_once() {
    let mut run = cancels_the_job_that_took_too_long(STAGE);
    run.cancelled();
    assert_eq!(run.order.status(), Status::Picking);
    assert_eq!((&run.work().step, run.work().attempt), (&Step::Calling, 2));
    run.accept().running().overrun().cancelled();
    let failure = run.failure();
    assert_eq!((failure.code.as_str(), &failure.open), ("TIMED_OUT", &None));
    assert_eq!(run.order.workflow.attempts.picking, 2);
}

#[test]
fn the_two_minutes_of_a_picking_run_from_its_start_and_not_from_its_submission() {
    let mut run = Run::working(STAGE);
    run.wait(TimeDelta::hours(1)).answer(report(JobStatus::Queued)).running();
    assert_eq!(run.deadline(), run.now + TimeDelta::seconds(120));
    let started = run.now;
    run.wait(TimeDelta::seconds(100)).running();
    assert_eq!(run.deadline(), started + TimeDelta::seconds(120));
}

#[test]
fn a_start_in_the_future_by_the_robots_clock_gives_the_job_no_longer() {
    let mut run = Run::working(STAGE);
    run.wake();
    let told = run.now + TimeDelta::days(1);
    run.apply(report(JobStatus::Running { started_at: Some(told) }));
    assert_eq!(run.deadline(), run.now + TimeDelta::seconds(120));
}

#[test]
fn a_picking_job_that_was_forgotten_is_submitted_again_with_the_same_key() {
    let mut run = Run::calling(STAGE);
    let call = run.call();
    run.accept().running().answer(Outcome::Gone);
    assert_eq!((run.order.status(), run.work().attempt), (Status::Picking, 1));
    let told = "the robot forgot the job; submitting it again";
    assert_eq!(run.last().error.as_deref(), Some(told));
    assert_eq!(run.call(), call);
    run.accept().complete();
    assert_eq!(run.order.status(), Status::Prepping);
}

#[test]
fn a_picker_that_forgets_every_job_stops_the_order() {
    let mut run = Run::calling(STAGE);
    for _ in 0..run.policy.tries {
        run.accept().answer(Outcome::Gone);
        assert_eq!(run.order.status(), Status::Picking);
    }
    run.accept().answer(Outcome::Gone);
    assert_eq!(run.failure().code, "JOB_LOST");
    assert_eq!((run.order.workflow.attempts.picking, run.order.wake_at), (1, None));
}

#[test]
fn an_order_parked_before_the_picker_uses_no_try() {
    uses_no_try_while_parked(STAGE);
}
