//! What can go wrong with a robot, and what follows.

use chrono::TimeDelta;
use order_core::{JobStatus, Outcome, Request, Status, Step};

use crate::support::{ROBOT_STAGES, Run, failed, rejected, report, unavailable};

#[test]
fn a_robot_that_does_not_answer_is_called_again_until_the_tries_are_used_up() {
    for stage in ROBOT_STAGES {
        let mut run = Run::calling(stage);
        let call = run.call();
        for tries in 1..run.policy.tries {
            run.answer(unavailable());
            assert_eq!((run.order.status(), run.work().tries), (stage, tries));
            assert_eq!(run.last().error.as_deref(), Some("connection refused"));
            assert_eq!(run.call(), call);
        }
        run.answer(unavailable());
        assert_eq!(run.failure().code, "ROBOT_UNAVAILABLE");
        assert_eq!(run.last().error.as_deref(), Some("ROBOT_UNAVAILABLE: connection refused"));
        assert_eq!(run.order.wake_at, None);
    }
}

#[test]
fn each_failed_try_doubles_the_time_to_the_next_up_to_the_cap() {
    let mut run = Run::calling(Status::Picking);
    run.policy.tries = 20;
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        run.answer(unavailable());
        let half = TimeDelta::milliseconds(500 * seconds);
        assert_eq!(run.order.wake_at, Some(run.order.updated_at + half));
    }
}

#[test]
fn an_answer_after_failed_tries_gives_the_order_all_its_tries_again() {
    let mut run = Run::calling(Status::Baking);
    run.answer(unavailable()).accept();
    assert_eq!((run.work().attempt, run.work().tries), (1, 0));
}

#[test]
fn a_request_that_a_robot_refuses_stops_the_order_at_once() {
    for stage in ROBOT_STAGES {
        let run = Run::stopped(stage);
        let failure = run.failure();
        assert_eq!(failure.code, "NO_SUCH_PIE");
        assert_eq!((failure.detail.as_str(), run.order.wake_at), ("the robot said no", None));
    }
    let mut run = Run::calling(Status::Delivering);
    run.answer(rejected("ADDRESS_REFUSED"));
    assert_eq!(run.failure().message, "Your pie could not be delivered.");
}

#[test]
fn a_failed_picking_is_repeated_once_with_a_new_key_and_then_stops_the_order() {
    let mut run = Run::calling(Status::Picking);
    let (first_key, first_body) = run.call();
    run.accept().answer(report(failed("INGREDIENT_SHORTAGE")));
    assert_eq!((run.order.status(), run.work().attempt), (Status::Picking, 2));
    let told = "attempt 1: INGREDIENT_SHORTAGE: it went wrong";
    assert_eq!(run.last().error.as_deref(), Some(told));
    let (second_key, second_body) = run.call();
    assert_ne!(second_key, first_key);
    assert_eq!(second_body, first_body);

    run.accept().answer(report(failed("INGREDIENT_SHORTAGE")));
    let failure = run.failure();
    assert_eq!(failure.code, "INGREDIENT_SHORTAGE");
    assert_eq!(failure.message, "The fruit for your pie could not be picked.");
}

#[test]
fn a_burnt_pie_or_a_broken_oven_stops_the_order_without_another_attempt() {
    for code in ["BURNT", "OVEN_FAULT"] {
        let mut run = Run::working(Status::Baking);
        run.running().answer(report(failed(code)));
        assert_eq!(run.failure().code, code);
        assert_eq!(run.way().last(), Some(&Status::Error));
    }
}

#[test]
fn bad_weather_brings_new_attempts_for_the_same_window_while_it_lasts() {
    let mut run = Run::calling(Status::Delivering);
    let (key, body) = run.call();
    let Request::Deliver { until, .. } = body else { panic!("no delivery") };
    for attempt in 2..=4 {
        run.accept().answer(report(failed("WEATHER")));
        assert_eq!((run.order.status(), run.work().attempt), (Status::Delivering, attempt));
        assert!(run.order.wake_at > Some(run.now), "a storm needs time to pass");
        assert_eq!(run.call().1, body);
        assert_ne!(run.call().0, key);
    }
    run.accept().wake();
    run.now = until;
    run.apply(report(failed("WEATHER")));
    assert_eq!(run.failure().code, "WEATHER");
}

#[test]
fn a_job_that_a_robot_forgot_counts_as_failed() {
    let mut run = Run::working(Status::Picking);
    run.answer(Outcome::Gone);
    assert_eq!((run.order.status(), run.work().attempt), (Status::Picking, 2));
    let mut run = Run::working(Status::Baking);
    run.answer(Outcome::Gone);
    assert_eq!(run.order.status(), Status::Error);
}

#[test]
fn a_job_that_is_not_done_in_time_counts_as_failed() {
    for stage in ROBOT_STAGES {
        let mut run = Run::working(stage);
        run.running();
        run.now = run.deadline();
        run.apply(report(JobStatus::Running { started_at: None }));
        assert_eq!(run.order.status(), stage, "the deadline itself is in time");
        run.overrun();
        if stage == Status::Picking {
            assert_eq!((&run.work().step, run.work().attempt), (&Step::Calling, 2));
            run.accept().running().overrun();
        }
        assert_eq!(run.failure().code, "TIMED_OUT");
    }
}

#[test]
fn the_time_of_a_job_runs_from_its_start_and_not_from_its_submission() {
    let mut run = Run::working(Status::Picking);
    run.wait(TimeDelta::hours(1)).answer(report(JobStatus::Queued)).running();
    let started = run.now;
    run.wait(TimeDelta::seconds(100)).running();
    assert_eq!(run.deadline(), started + TimeDelta::seconds(120));
}

#[test]
fn an_outcome_that_nobody_waits_for_is_refused() {
    let (mut completed, outcome) = (Run::working(Status::Delivering), Outcome::Due);
    completed.complete();
    for run in [completed, Run::working(Status::Picking), Run::stopped(Status::Baking)] {
        assert_eq!(run.order.apply(outcome.clone(), run.moment(), &run.policy), None);
    }
}
