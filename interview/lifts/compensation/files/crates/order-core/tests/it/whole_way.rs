//! From ORDERED to COMPLETED.

use chrono::TimeDelta;
use order_core::{
    Effect, JobReport, JobStatus, Order, Outcome, Policy, Request, State, Status, Step,
};

use crate::support::{ROBOT_STAGES, Run, address, job, policy, recipe, rejected, report};

#[test]
fn an_order_goes_through_every_stage_and_its_history_tells_so() {
    let mut run = Run::place();
    assert_eq!(run.effect(), Effect::Advance);
    run.apply(Outcome::Due);

    let (_, request) = run.call();
    assert_eq!(request, Request::Pick(recipe().pick));
    run.accept();
    assert_eq!(run.order.wake_at, Some(run.now + TimeDelta::seconds(45)));
    assert_eq!(run.effect(), Effect::Nothing);
    assert_eq!(run.wake().effect(), Effect::Poll(job(Status::Picking, 1)));
    run.running().complete();

    let done = run.now + TimeDelta::minutes(10);
    assert_eq!(run.order.state(), &State::Prepping { until: done });
    assert_eq!((run.order.wake_at, run.effect()), (Some(done), Effect::Nothing));
    assert_eq!(run.wake().effect(), Effect::Advance);
    run.apply(Outcome::Due);

    let (_, request) = run.call();
    let bake = Request::Bake { pie_type: "apple".into(), temperature: 375, duration: 45 };
    assert_eq!(request, bake);
    run.accept();
    assert_eq!(run.wake().effect(), Effect::Poll(job(Status::Baking, 1)));
    run.running().complete();

    let (_, request) = run.call();
    let expected = run.order.updated_at + TimeDelta::minutes(35);
    let deliver = Request::Deliver {
        pie_type: "apple".into(),
        destination: address(),
        from: expected - TimeDelta::minutes(30),
        until: expected + TimeDelta::minutes(30),
    };
    assert_eq!(request, deliver);
    run.accept().running().complete();

    assert_eq!(run.order.status(), Status::Completed);
    assert_eq!(run.effect(), Effect::Nothing);

    let way = [
        (1, None, Status::Ordered),
        (2, Some(Status::Ordered), Status::Picking),
        (3, Some(Status::Picking), Status::Prepping),
        (4, Some(Status::Prepping), Status::Baking),
        (5, Some(Status::Baking), Status::Delivering),
        (6, Some(Status::Delivering), Status::Completed),
    ];
    let told: Vec<_> = run.history.iter().map(|entry| (entry.seq, entry.from, entry.to)).collect();
    assert_eq!(told, way);
    assert!(run.history.is_sorted_by(|one, next| one.at < next.at));
    assert!(run.history.iter().all(|entry| entry.note.is_none() && entry.error.is_none()));
}

#[test]
fn a_stage_is_entered_before_its_robot_is_called() {
    let mut run = Run::place();
    run.apply(Outcome::Due);
    assert_eq!(run.order.status(), Status::Picking);
    assert_eq!(run.work().step, Step::Calling);
    assert_eq!(run.work().attempt, 1);
    run.answer(rejected("NO_SUCH_FRUIT"));
    assert_eq!(run.way(), [Status::Ordered, Status::Picking, Status::Error]);
}

#[test]
fn history_times_rise_even_where_the_clock_does_not() {
    let mut run = Run::place();
    let before = run.order.updated_at;
    run.now = before - TimeDelta::minutes(5);
    run.apply(Outcome::Due);
    assert_eq!(run.order.updated_at, before + TimeDelta::microseconds(1));
    assert_eq!(run.last().at, run.order.updated_at);
    assert_eq!(run.order.wake_at, Some(run.order.updated_at));
}

#[test]
fn a_new_estimate_of_a_robot_changes_the_order_but_not_its_history() {
    let mut run = Run::working(Status::Baking);
    let (version, entries) = (run.order.version, run.history.len());
    let eta = run.now + TimeDelta::minutes(17);
    let status = JobStatus::Running { started_at: None };
    run.answer(Outcome::Report(JobReport { status, eta: Some(eta) }));
    assert_eq!(run.order.version, version + 1);
    assert_eq!(run.history.len(), entries);
    assert_eq!(run.order.seq, run.last().seq);
    assert_eq!(run.order.wake_at, Some(eta));
}

#[test]
fn preparation_is_not_over_before_its_time() {
    let mut run = Run::working(Status::Picking);
    run.complete();
    run.wait(TimeDelta::minutes(10) - TimeDelta::microseconds(1));
    assert_eq!(run.order.apply(Outcome::Due, run.moment(), &run.policy), None);
    run.wait(TimeDelta::microseconds(1)).apply(Outcome::Due);
    assert_eq!(run.order.status(), Status::Baking);
}

#[test]
fn the_time_of_preparation_is_the_sum_of_its_steps() {
    let known = policy();
    let steps = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(known.prep_time(&steps(&[])), TimeDelta::zero());
    let twice = steps(&["wash_fruit", "make_dough", "wash_fruit"]);
    assert_eq!(known.prep_time(&twice), TimeDelta::minutes(6));
    let none = Policy { prep: [].into(), ..policy() };
    assert_eq!(none.prep_time(&twice), TimeDelta::zero());
}

#[test]
fn a_robot_that_queues_a_job_is_asked_again_and_no_limit_runs() {
    let mut run = Run::working(Status::Baking);
    for _ in 0..5 {
        run.wait(TimeDelta::hours(1)).answer(report(JobStatus::Queued));
        assert_eq!(run.order.status(), Status::Baking);
        assert!(matches!(run.work().step, Step::Working { started_at: None, .. }));
        assert_eq!(run.order.wake_at, Some(run.order.updated_at + run.policy.poll_floor));
    }
}

#[test]
fn the_estimate_follows_the_stages() {
    let mut run = Run::place();
    let minutes = |minutes| TimeDelta::minutes(minutes);
    // One minute of picking, ten of preparation, twenty in the oven, thirty-five in the air.
    assert_eq!(run.order.promised_delivery, run.now + minutes(66));
    run.answer(Outcome::Due).accept().complete();
    assert_eq!(run.order.estimated_delivery, run.now + minutes(65));
    assert_eq!(run.order.seconds_remaining(run.now), Some(65 * 60));
    run.answer(Outcome::Due).accept().complete();
    assert_eq!(run.order.estimated_delivery, run.now + minutes(35));
    run.accept().complete();
    assert_eq!(run.order.estimated_delivery, run.now);
    assert_eq!(run.order.seconds_remaining(run.now), None);
}

#[test]
fn an_order_is_late_once_its_promised_time_has_passed() {
    let run = Run::working(Status::Baking);
    let promised = run.order.promised_delivery;
    assert!(!run.order.is_late(promised));
    assert!(run.order.is_late(promised + TimeDelta::seconds(1)));
}

#[test]
fn the_key_is_the_same_for_every_call_of_an_attempt_and_another_for_the_next() {
    for stage in ROBOT_STAGES {
        let mut run = Run::calling(stage);
        let call = run.call();
        run.answer(crate::support::unavailable());
        assert_eq!(run.call(), call);
        let mut next = run.work().clone();
        next.attempt += 1;
        assert_ne!(next.key(run.order.id, stage), call.0);
    }
}

#[test]
fn what_is_stored_of_a_state_can_be_read_again() {
    for stage in ROBOT_STAGES {
        for run in [Run::place(), Run::calling(stage), Run::working(stage), Run::stopped(stage)] {
            let text = serde_json::to_string(&run.order).unwrap();
            assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), run.order);
        }
    }
}
