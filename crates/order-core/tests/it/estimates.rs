//! When the pie will be at the door, and how far it has come.

use chrono::TimeDelta;
use order_core::{Command, JobReport, JobStatus, Outcome, Stage, Status};

use crate::support::{Run, failed, report, start, unavailable};

const MINUTES: fn(i64) -> TimeDelta = TimeDelta::minutes;

#[test]
fn the_promise_is_the_sum_of_all_stages_and_the_margin() {
    let order = Run::place().order;
    // Picking 1, preparation 10, baking 20, delivery 30, margin 5.
    assert_eq!(order.promised_delivery, start() + MINUTES(66));
    assert_eq!(order.estimated_delivery, order.promised_delivery);
}

#[test]
fn every_stage_counts_what_is_still_to_come_from_the_present() {
    let mut run = Run::place();
    run.wait(MINUTES(60)).apply(Outcome::Due);
    assert_eq!(run.order.estimated_delivery, run.order.updated_at + MINUTES(66));
    run.accept().complete();
    assert_eq!(run.order.estimated_delivery, run.order.updated_at + MINUTES(65));
    run.answer(Outcome::Due);
    assert_eq!(run.order.estimated_delivery, run.order.updated_at + MINUTES(55));
    run.accept().complete();
    assert_eq!(run.order.estimated_delivery, run.order.updated_at + MINUTES(35));
    run.accept().complete();
    assert_eq!(run.order.estimated_delivery, run.order.updated_at);
    assert_eq!(run.order.promised_delivery, start() + MINUTES(66));
}

#[test]
fn the_robots_own_times_replace_the_usual_ones() {
    let to_come = [(Stage::Picking, 65), (Stage::Baking, 35), (Stage::Delivering, 0)];
    for (stage, minutes) in to_come {
        let mut run = Run::working(stage);
        assert_eq!(
            run.order.estimated_delivery,
            run.order.updated_at + TimeDelta::seconds(45) + MINUTES(minutes)
        );
        run.wake();
        let eta = run.now + MINUTES(7);
        let status = JobStatus::Running { started_at: None };
        run.apply(Outcome::Report(JobReport { status, eta: Some(eta) }));
        assert_eq!(run.order.estimated_delivery, eta + MINUTES(minutes));
    }
}

#[test]
fn a_robot_that_is_behind_its_own_time_is_expected_now() {
    for (stage, minutes) in [(Stage::Picking, 65), (Stage::Baking, 35), (Stage::Delivering, 0)] {
        let mut run = Run::working(stage);
        run.wake().wait(MINUTES(10));
        let eta = Some(run.now - MINUTES(5));
        let status = JobStatus::Running { started_at: None };
        run.apply(Outcome::Report(JobReport { status, eta }));
        assert_eq!(run.order.estimated_delivery, run.now + MINUTES(minutes));
    }
}

#[test]
fn a_stopped_order_keeps_its_last_estimate() {
    let mut run = Run::working(Stage::Baking);
    let before = run.order.estimated_delivery;
    run.answer(report(failed("BURNT")));
    assert_eq!((run.order.status(), run.order.estimated_delivery), (Status::Error, before));
    run.command(Command::Cancel).unwrap();
    assert_eq!((run.order.status(), run.order.estimated_delivery), (Status::Cancelled, before));
}

#[test]
fn progress_is_the_part_of_the_expected_time_that_has_passed() {
    let mut run = Run::working(Stage::Picking);
    run.complete();
    let whole = run.order.estimated_delivery - start();
    for percent in [10, 25, 50, 99] {
        let then = start() + whole * percent / 100 + TimeDelta::seconds(1);
        assert_eq!(i32::from(run.order.progress(then)), percent);
    }
    assert_eq!(run.order.progress(start()), 0);
    assert_eq!(run.order.progress(start() - MINUTES(1)), 0, "a clock that is behind");
}

#[test]
fn progress_reaches_the_hundred_only_at_the_doorstep() {
    let mut run = Run::working(Stage::Delivering);
    assert_eq!(run.order.progress(run.now + MINUTES(600)), 99);
    run.complete();
    assert_eq!(run.order.progress(run.now), 100);
    assert_eq!(run.order.progress(start()), 100);
}

#[test]
fn progress_of_a_stopped_order_stands_still() {
    let mut run = Run::working(Stage::Baking);
    run.wake().wait(MINUTES(20)).apply(report(failed("BURNT")));
    let stopped = run.order.progress(run.now);
    assert!((1..99).contains(&stopped), "{stopped}");
    assert_eq!(run.order.progress(run.now + MINUTES(600)), stopped);
}

#[test]
fn the_seconds_remaining_count_down_to_zero_and_not_below() {
    let order = Run::place().order;
    assert_eq!(order.seconds_remaining(start()), Some(66 * 60));
    assert_eq!(order.seconds_remaining(start() + MINUTES(66)), Some(0));
    assert_eq!(order.seconds_remaining(start() + MINUTES(90)), Some(0));
}

#[test]
fn nothing_remains_of_an_order_that_nobody_waits_for() {
    let mut completed = Run::working(Stage::Delivering);
    completed.complete();
    let mut cancelled = Run::place();
    cancelled.command(Command::Cancel).unwrap();
    let mut being_cancelled = Run::working(Stage::Baking);
    being_cancelled.command(Command::Cancel).unwrap();
    for run in [completed, cancelled, being_cancelled, Run::stopped(Stage::Baking)] {
        assert_eq!(run.order.seconds_remaining(run.now), None);
    }
}

#[test]
fn an_order_is_late_past_the_time_promised_at_creation() {
    let mut run = Run::working(Stage::Delivering);
    let promised = run.order.promised_delivery;
    assert!(!run.order.is_late(promised));
    assert!(run.order.is_late(promised + TimeDelta::microseconds(1)));

    let mut in_time = run.clone();
    in_time.complete();
    assert!(!in_time.order.is_late(promised + MINUTES(600)), "it was delivered in time");

    run.now = promised + MINUTES(1);
    run.answer(report(JobStatus::Completed));
    assert_eq!(run.order.status(), Status::Completed);
    assert!(run.order.is_late(run.now), "it was delivered too late");
}

#[test]
fn an_order_in_error_becomes_late_and_a_cancelled_one_does_not() {
    let mut run = Run::stopped(Stage::Baking);
    let later = run.order.promised_delivery + MINUTES(1);
    assert!(run.order.is_late(later));
    run.command(Command::Cancel).unwrap();
    assert!(!run.order.is_late(later));
}

#[test]
fn a_failed_try_moves_the_estimate_by_the_time_lost() {
    let mut run = Run::calling(Stage::Baking);
    run.wake().wait(MINUTES(3)).apply(unavailable());
    assert_eq!(run.order.estimated_delivery, run.now + MINUTES(55));
}
