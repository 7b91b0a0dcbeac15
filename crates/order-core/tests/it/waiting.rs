//! How long is waited: backoff, `Retry-After`, polls and deadlines.

use chrono::TimeDelta;
use order_core::{Backoff, Effect, JobReport, JobStatus, Outcome, Stage, Status};
use proptest::prelude::*;

use crate::properties::config;
use crate::support::{ROBOT_STAGES, Run, parked, policy, start, unavailable};

const WIDEST: f64 = 0.999_999_999;

fn asked(seconds: i64) -> Outcome {
    let retry_after = Some(TimeDelta::seconds(seconds));
    Outcome::Unavailable { reason: "too many requests".into(), retry_after }
}

#[test]
fn the_widest_delay_doubles_with_every_try_up_to_the_cap() {
    let backoff = policy().backoff;
    let widest: Vec<_> = (1..=9)
        .map(|tries| (backoff.delay(tries, WIDEST) + TimeDelta::milliseconds(1)).num_seconds())
        .collect();
    assert_eq!(widest, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(backoff.delay(3, 0.5), TimeDelta::seconds(2));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_delay_is_never_negative_nor_over_the_cap(
        tries in any::<u32>(),
        jitter in 0.0..1.0,
        base in 0_i64..=i64::MAX / 1_000_000,
        cap in 0_i64..=86_400_000,
    ) {
        let backoff =
            Backoff { base: TimeDelta::milliseconds(base), cap: TimeDelta::milliseconds(cap) };
        let delay = backoff.delay(tries, jitter);
        prop_assert!(delay >= TimeDelta::zero());
        prop_assert!(delay <= backoff.cap);
        let first = backoff.delay(1, jitter);
        prop_assert!(first <= backoff.base, "the first delay is at most the base");
        prop_assert!(backoff.delay(tries, 0.0).is_zero());
    }
}

#[test]
fn a_failed_call_is_repeated_after_the_backoff() {
    for (jitter, expected) in [(0.0, [0, 0, 0, 0]), (0.5, [500, 1_000, 2_000, 4_000])] {
        let mut run = Run::calling(Stage::Baking);
        run.jitter = jitter;
        for millis in expected {
            run.answer(unavailable());
            let wait = run.order.wake_at.unwrap() - run.order.updated_at;
            assert_eq!(wait, TimeDelta::milliseconds(millis));
        }
    }
}

#[test]
fn a_success_makes_the_backoff_begin_anew() {
    let mut run = Run::working(Stage::Baking);
    run.answer(unavailable()).answer(unavailable()).running();
    assert_eq!(run.work().tries, 0);
    run.answer(unavailable());
    let wait = run.order.wake_at.unwrap() - run.order.updated_at;
    assert_eq!(wait, TimeDelta::milliseconds(500));
}

#[test]
fn the_robots_wish_is_granted_where_it_is_longer_than_the_backoff_and_up_to_five_minutes() {
    for stage in ROBOT_STAGES {
        for (wish, granted) in [(-7, 500), (0, 500), (30, 30_000), (299, 299_000), (9_999, 300_000)]
        {
            let mut run = Run::calling(stage);
            run.answer(asked(wish));
            let wait = run.order.wake_at.unwrap() - run.order.updated_at;
            assert_eq!(wait, TimeDelta::milliseconds(granted));
        }
    }
}

#[test]
fn the_robots_wish_is_granted_also_when_the_tries_are_used_up() {
    for (wish, granted) in [(10, 60), (240, 240), (9_999, 300)] {
        let mut run = Run::calling(Stage::Delivering);
        for _ in 0..run.policy.tries {
            run.answer(asked(wish));
        }
        assert_eq!(run.order.status(), Status::Error);
        let wait = run.order.wake_at.unwrap() - run.order.updated_at;
        assert_eq!(wait, TimeDelta::seconds(granted));
        run.answer(asked(wish));
        let wait = run.order.wake_at.unwrap() - run.order.updated_at;
        assert!(wait >= TimeDelta::seconds(wish.min(300)));
    }
}

#[test]
fn an_open_breaker_decides_itself_when_to_look_again() {
    for run in [Run::calling(Stage::Picking), Run::working(Stage::Baking)] {
        let mut run = run;
        let until = run.wake().now + TimeDelta::minutes(40);
        run.apply(parked(until));
        assert_eq!(run.effect(), Effect::Wait(until));
    }
}

#[test]
fn a_job_is_first_asked_after_at_the_robots_own_estimate() {
    for stage in ROBOT_STAGES {
        let run = Run::working(stage);
        assert_eq!(run.order.wake_at, Some(run.order.updated_at + TimeDelta::seconds(45)));
    }
}

#[test]
fn a_job_is_asked_after_right_behind_its_deadline_even_if_the_robot_wants_more_time() {
    for stage in ROBOT_STAGES {
        let mut run = Run::working(stage);
        run.wake();
        let status = JobStatus::Running { started_at: Some(run.now) };
        let eta = Some(run.now + TimeDelta::days(9));
        run.apply(Outcome::Report(JobReport { status, eta }));
        assert_eq!(run.order.wake_at, Some(run.deadline() + TimeDelta::microseconds(1)));
    }
}

#[test]
fn a_job_past_its_estimate_is_asked_after_at_the_poll_floor() {
    for stage in ROBOT_STAGES {
        let mut run = Run::working(stage);
        run.wake();
        let status = JobStatus::Running { started_at: Some(run.now) };
        run.apply(Outcome::Report(JobReport { status, eta: Some(run.now - TimeDelta::hours(1)) }));
        assert_eq!(run.order.wake_at, Some(run.order.updated_at + run.policy.poll_floor));
    }
}

#[test]
fn a_nonsensical_estimate_of_a_robot_that_has_not_begun_is_not_waited_for() {
    let policy = policy();
    let never = start() + TimeDelta::days(365);
    assert_eq!(
        policy.poll_at(start(), never, None),
        start() + policy.baking_limit + TimeDelta::microseconds(1)
    );
    assert_eq!(policy.poll_at(start(), start() - TimeDelta::days(1), None), start());
}
