//! What lanes bring forward, and when.

use std::time::Duration;

use chrono::TimeDelta;
use order_core::{Command, OrderId, Outcome, Stage, Status};
use tokio::time::Instant;

use super::kitchen::{Answer, Ask, ROBOT_STAGES, unavailable};
use super::store::{Call, Fault};
use super::world::{POLL, PREP, WHOLE_WAY, World, pass};

#[tokio::test(start_paused = true)]
async fn an_order_goes_its_whole_way() {
    let world = World::new();
    let process = world.start();
    let id = process.order().await;
    world.db.reaches(id, Status::Completed).await;
    assert_eq!(world.db.way(id), WHOLE_WAY);
    for stage in ROBOT_STAGES {
        let calls = [Ask::Submit, Ask::Poll, Ask::Cancel];
        let calls = calls.map(|ask| world.kitchen.calls(ask, stage).len());
        assert_eq!(calls, [1, 1, 0], "{stage:?}");
    }
    let time = world.db.age();
    assert!((PREP..PREP + POLL * 2).contains(&time), "{time}");
}

#[tokio::test(start_paused = true)]
async fn orders_and_commands_are_begun_at_once_by_the_process_that_took_them() {
    let mut world = World::new();
    world.settings.poll_interval = Duration::from_hours(1);
    let process = world.start();
    pass(TimeDelta::minutes(5)).await;
    let id = process.order().await;
    world.db.reaches(id, Status::Prepping).await;
    world.kitchen.jobs_take(TimeDelta::hours(1), TimeDelta::hours(1));
    let id = process.order().await;
    world.db.until(&[id], |order| order.job_ids.picker.is_some()).await;
    process.command(id, Command::Cancel).await.unwrap();
    world.db.reaches(id, Status::Cancelled).await;
    let time = world.db.age() - TimeDelta::minutes(5);
    assert!(time < TimeDelta::milliseconds(50), "{time}");
}

#[tokio::test(start_paused = true)]
async fn a_robot_is_first_asked_after_a_job_at_its_own_estimate() {
    let world = World::new();
    let promised = TimeDelta::milliseconds(45_125);
    world.kitchen.jobs_take(promised, promised + TimeDelta::seconds(7));
    let process = world.start();
    let id = process.order().await;
    world.db.reaches(id, Status::Completed).await;
    for stage in ROBOT_STAGES {
        let polls = world.kitchen.calls(Ask::Poll, stage);
        let first = polls[0] - world.kitchen.calls(Ask::Submit, stage)[0];
        assert!((promised..=promised + POLL).contains(&first), "{stage:?}: {first}");
        assert_eq!(polls.len(), 2, "{stage:?}: the second comes at the new estimate");
    }
}

#[tokio::test(start_paused = true)]
async fn there_are_never_more_calls_at_once_than_permits() {
    let mut world = World::new();
    world.settings.calls = [3, 1, 2];
    world.kitchen.books().latency = Duration::from_secs(1);
    let process = world.start();
    let ids = process.orders(12).await;
    world.db.until(&ids, |order| order.status() == Status::Completed).await;
    assert_eq!(ROBOT_STAGES.map(|stage| world.kitchen.books().at_once[&stage].1), [3, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_parked_order_uses_no_try() {
    let world = World::new();
    let process = world.start();
    let until = world.db.now() + TimeDelta::seconds(20);
    let parked = Answer(0, Some(Outcome::Parked { until }));
    for answer in [parked.clone(), parked, Answer(0, Some(unavailable()))] {
        world.kitchen.next(Ask::Submit, Stage::Picking, answer);
    }
    let id = process.order().await;
    world.db.until(&[id], |order| order.wake_at == Some(until)).await;
    assert_eq!(world.db.order(id).state().work().unwrap().tries, 0);
    pass(TimeDelta::seconds(19)).await;
    assert_eq!(world.kitchen.calls(Ask::Submit, Stage::Picking).len(), 1);
    world.db.reaches(id, Status::Completed).await;
    let tries = world.db.row(id).history.into_iter().filter(|entry| entry.error.is_some());
    assert_eq!(tries.count(), 1, "only the call that failed is told of");
}

#[tokio::test(start_paused = true)]
async fn lanes_go_on_after_an_outage_of_the_database() {
    for call in [Call::Claim, Call::Change, Call::Other] {
        for fault in [Fault::Unavailable, Fault::Full, Fault::LoseAnswer] {
            let world = World::new();
            let process = world.start();
            let id = process.order().await;
            process.store.always(call, fault);
            pass(TimeDelta::minutes(2)).await;
            process.store.script().always.clear();
            world.db.reaches(id, Status::Completed).await;
            assert_eq!(world.db.way(id), WHOLE_WAY, "{call:?} {fault:?}");
            let jobs = ROBOT_STAGES.map(|stage| world.kitchen.jobs(stage).len());
            assert_eq!(jobs, [1; 3], "{call:?} {fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_finishes_what_is_in_hand_and_claims_nothing_more() {
    for permits in [1, 2] {
        let mut world = World::new();
        world.settings.calls = [permits; 3];
        world.kitchen.jobs_take(TimeDelta::seconds(60), TimeDelta::seconds(60));
        world.kitchen.books().latency = Duration::from_secs(5);
        let process = world.start();
        let ids = process.orders(3).await;
        world.db.until(&ids, |order| order.status() == Status::Picking).await;
        let begin = Instant::now();
        process.orchestrator.stop().await;
        let time = begin.elapsed().as_millis();
        assert!((4_950..5_050).contains(&time), "it waits for the calls only: {time}");
        let recorded = |id: &&OrderId| world.db.order(**id).job_ids.picker.is_some();
        assert_eq!(ids.iter().filter(recorded).count(), permits);
        assert!(ids.iter().all(|id| world.db.row(*id).lease.is_none()), "nothing stays claimed");
        pass(TimeDelta::minutes(2)).await;
        assert_eq!(world.kitchen.calls(Ask::Submit, Stage::Picking).len(), permits);
        assert_eq!(world.kitchen.calls(Ask::Poll, Stage::Picking), []);
    }
}
