//! Attempts and idempotency keys: one key, one body, one job.

use std::collections::HashSet;

use order_core::{Outcome, RecoveryAction, Stage, Status};
use uuid::Uuid;

use crate::support::{ROBOT_STAGES, Run, failed, job, report, unavailable};

#[test]
fn the_key_is_the_same_for_every_repetition_of_a_call() {
    for stage in ROBOT_STAGES {
        let mut run = Run::calling(stage);
        let call = run.call();
        for _ in 0..3 * run.policy.tries {
            run.answer(unavailable());
            assert_eq!(run.call(), call);
        }
    }
}

#[test]
fn the_key_differs_for_every_order_stage_and_attempt() {
    let mut keys = HashSet::new();
    let orders = [1, 2].map(|number| order_core::OrderId(Uuid::from_u128(number)));
    for stage in ROBOT_STAGES {
        for attempt in 1..=3 {
            let work = order_core::Work { attempt, ..Run::calling(stage).work().clone() };
            keys.extend(orders.map(|order| work.key(order)));
        }
    }
    assert_eq!(keys.len(), 2 * 3 * 3);
}

#[test]
fn the_key_is_the_one_that_orders_under_way_were_stored_with() {
    // A release that computed other keys would make every job under way twice.
    let keys = ROBOT_STAGES.map(|stage| Run::calling(stage).call().0.to_string());
    assert_eq!(keys, STORED_KEYS);
}

const STORED_KEYS: [&str; 3] = [
    "247a15ed-6f9a-5059-8f8c-0164f584cf5f",
    "663f381e-79e0-534e-b08f-a1c857e419a4",
    "7e37afa5-5920-5ff0-bcc0-9f0394302463",
];

#[test]
fn attempts_are_counted_over_recoveries_and_never_reset() {
    let mut run = Run::working(Stage::Baking);
    for attempt in 2..6 {
        run.answer(report(failed("OVEN_FAULT")));
        assert_eq!(run.order.status(), Status::Error);
        run.recover(RecoveryAction::Retry).accept();
        assert_eq!(run.work().attempt, attempt);
        assert_eq!(run.order.workflow.attempts.of(Stage::Baking), attempt);
    }
    run.complete();
    let attempts = run.order.workflow.attempts;
    assert_eq!((attempts.picking, attempts.baking, attempts.delivering), (1, 5, 1));
    assert_eq!(attempts.of(Stage::Prepping), 0);
}

#[test]
fn a_recovery_gives_the_picker_its_second_attempt_again() {
    let mut run = Run::working(Stage::Picking);
    for round in 0..3 {
        run.answer(report(failed("INGREDIENT_SHORTAGE")));
        assert_eq!(run.work().attempt, 2 * round + 2);
        run.accept().answer(report(failed("INGREDIENT_SHORTAGE")));
        assert_eq!(run.order.status(), Status::Error);
        run.recover(RecoveryAction::Retry).accept();
    }
}

#[test]
fn the_next_attempt_begins_only_when_the_job_before_is_known_to_be_over() {
    let mut run = Run::cancelling(Stage::Picking);
    for _ in 0..2 {
        run.answer(unavailable());
        assert_eq!(run.order.workflow.attempts.picking, 1);
    }
    run.cancelled();
    assert_eq!(run.order.workflow.attempts.picking, 2);
}

#[test]
fn a_job_of_another_stage_is_not_taken_for_ones_own() {
    let mut run = Run::calling(Stage::Baking);
    run.wake();
    let other = Outcome::Accepted { job: job(Stage::Picking, 7), eta: run.now };
    let refusal = run.order.apply(other, run.moment(), &run.policy).unwrap_err();
    assert_eq!(refusal.to_string(), "an order in BAKING does not wait for this outcome");
}
