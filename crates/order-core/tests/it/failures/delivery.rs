//! The delivery drones.

use chrono::TimeDelta;
use order_core::{Effect, Outcome, Request, Stage, Status};

use super::{
    calls_again_until_the_tries_are_used_up, cancels_the_job_that_took_too_long,
    stops_at_once_when_refused, survives_a_broken_answer, uses_no_try_while_parked,
};
use crate::support::{Run, failed, rejected, report};

const STAGE: Stage = Stage::Delivering;

#[test]
fn a_delivery_service_that_does_not_answer_is_called_again_until_the_tries_are_used_up() {
    calls_again_until_the_tries_are_used_up(STAGE);
}

#[test]
fn a_broken_answer_of_the_delivery_service_costs_a_try_and_not_the_order() {
    survives_a_broken_answer(STAGE);
}

#[test]
fn a_request_that_the_delivery_service_refuses_stops_the_order_at_once() {
    stops_at_once_when_refused(STAGE, "TOO_HEAVY");
}

#[test]
fn a_refused_address_stops_the_order_and_says_so_to_the_customer() {
    let mut run = Run::calling(STAGE);
    run.answer(rejected("ADDRESS_REFUSED"));
    assert_eq!(run.failure().code, "ADDRESS_REFUSED");
    assert_eq!(run.failure().message, "Our drones cannot deliver to this address.");
}

#[test]
fn bad_weather_brings_new_attempts_for_the_same_window_while_it_lasts() {
    let mut run = Run::calling(STAGE);
    let (first_key, body) = run.call();
    let mut keys = vec![first_key];
    let Request::Deliver { until, .. } = body else { panic!("no delivery") };
    for attempt in 2..=8 {
        run.accept().answer(report(failed("WEATHER")));
        assert!(run.now < until);
        assert_eq!((run.order.status(), run.work().attempt), (Status::Delivering, attempt));
        assert!(run.order.wake_at > Some(run.now), "a storm needs time to pass");
        let (key, again) = run.call();
        assert_eq!(again, body);
        assert!(!keys.contains(&key));
        keys.push(key);
    }
    run.accept().running().complete();
    assert_eq!(run.order.status(), Status::Completed);
}

#[test]
fn bad_weather_at_the_end_of_the_window_stops_the_order() {
    let mut run = Run::working(STAGE);
    run.running();
    run.now = run.deadline() - TimeDelta::microseconds(1);
    let mut in_time = run.clone();
    in_time.apply(report(failed("WEATHER")));
    assert_eq!(in_time.order.status(), Status::Delivering);

    run.now = run.deadline();
    run.apply(report(failed("WEATHER")));
    let failure = run.failure();
    assert_eq!((failure.stage, failure.code.as_str()), (STAGE, "WEATHER"));
    assert_eq!(failure.message, "The weather is too bad for our drones.");
    assert_eq!((&failure.open, run.order.wake_at), (&None, None));
}

#[test]
fn a_delivery_that_failed_for_another_reason_is_not_repeated() {
    let mut run = Run::working(STAGE);
    run.answer(report(failed("DRONE_FAULT")));
    assert_eq!(run.failure().code, "DRONE_FAULT");
    assert_eq!(run.order.workflow.attempts.delivering, 1);
}

#[test]
fn a_delivery_not_done_by_the_end_of_its_window_is_cancelled_and_stops_the_order() {
    let mut run = cancels_the_job_that_took_too_long(STAGE);
    run.cancelled();
    let failure = run.failure();
    assert_eq!((failure.code.as_str(), &failure.open), ("TIMED_OUT", &None));
    assert_eq!((run.order.workflow.attempts.delivering, run.order.wake_at), (1, None));
}

#[test]
fn a_pie_that_arrived_before_its_drone_could_be_called_back_is_delivered() {
    let mut run = Run::cancelling(STAGE);
    run.answer(Outcome::Cancelled(order_core::JobStatus::Completed));
    assert_eq!(run.order.status(), Status::Completed);
    assert_eq!(run.effect(), Effect::Nothing);
}

#[test]
fn a_delivery_that_was_forgotten_stops_the_order_for_there_may_be_a_pie() {
    let mut run = Run::working(STAGE);
    run.running().answer(Outcome::Gone);
    let failure = run.failure();
    assert_eq!((failure.code.as_str(), &failure.open), ("JOB_LOST", &None));
    assert_eq!((run.order.workflow.attempts.delivering, run.order.wake_at), (1, None));
}

#[test]
fn an_order_parked_before_the_delivery_service_uses_no_try() {
    uses_no_try_while_parked(STAGE);
}
