//! Who records what, when several have an order in hand or somebody died.

use std::time::Duration;

use chrono::TimeDelta;
use order_core::{Command, Outcome, Stage, Status};

use super::kitchen::{Answer, Ask, ROBOT_STAGES};
use super::store::{Call, Fault};
use super::world::{LEASE, POLL, PREP, WHOLE_WAY, World, pass, rename};

/// The commits on the way from ORDERED to COMPLETED.
const COMMITS: usize = 8;
/// Those before which a robot is called for a job.
const AFTER_SUBMIT: [usize; 3] = [2, 5, 7];

#[tokio::test(start_paused = true)]
async fn an_outcome_is_recorded_although_somebody_edited_the_order_meanwhile() {
    let world = World::new();
    world.kitchen.jobs_take(TimeDelta::seconds(60), TimeDelta::seconds(60));
    world.kitchen.next(Ask::Submit, Stage::Picking, Answer(5, None));
    let process = world.start();
    let id = process.order().await;
    world.db.reaches(id, Status::Picking).await;
    for (seen, name) in [(0, "Janet"), (1, "Joan")] {
        pass(TimeDelta::seconds(2)).await;
        process.command(id, rename(seen, name)).await.unwrap();
    }
    pass(TimeDelta::seconds(2)).await;
    let order = world.db.order(id);
    assert_eq!((order.customer.name.as_str(), order.edits), ("Joan", 2));
    assert!(order.job_ids.picker.is_some());
    world.db.reaches(id, Status::Completed).await;
    assert_eq!(world.kitchen.calls(Ask::Submit, Stage::Picking).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_after_the_lease_was_lost_is_discarded() {
    // The other one still has the order in hand, or has recorded what it saw.
    for others_call in [20, 1] {
        let mut world = World::new();
        world.settings.calls = [1; 3];
        let (code, reason) = ("NO_SUCH_FRUIT".into(), "too late".into());
        let late = Answer(40, Some(Outcome::Rejected { code, reason }));
        for answer in [late, Answer(others_call, None)] {
            world.kitchen.next(Ask::Submit, Stage::Picking, answer);
        }
        let slow = world.start();
        let id = slow.order().await;
        world.db.reaches(id, Status::Picking).await;
        let _other = world.start();
        world.db.reaches(id, Status::Completed).await;
        assert_eq!(world.db.way(id), WHOLE_WAY);
        assert!(world.db.row(id).history.iter().all(|entry| entry.error.is_none()));
        let tried = slow.store.batches(Call::Change).len();
        assert!(tried <= COMMITS + 1, "recording it is tried once: {tried}");
        let jobs = world.kitchen.jobs(Stage::Picking);
        assert_eq!((jobs.len(), jobs[0].submits), (1, 1), "the late call got no job");
        assert_eq!(world.kitchen.calls(Ask::Submit, Stage::Picking).len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_survives_the_death_of_its_process_at_every_commit() {
    for number in 1..=COMMITS {
        for (fault, committed) in
            [(Fault::DieBeforeCommit, number - 1), (Fault::DieAfterCommit, number)]
        {
            let world = World::new();
            let first = world.start();
            let healthy = vec![None; number - 1];
            first.store.next(Call::Change, [healthy, vec![Some(fault)]].concat());
            let id = first.order().await;
            pass(PREP + POLL * 5).await;
            assert!(first.store.script().dead, "at commit {number}");
            assert_eq!(world.db.order(id).version - 1, i64::try_from(committed).unwrap());
            let _second = world.start();
            world.db.reaches(id, Status::Completed).await;
            assert_eq!(world.db.way(id), WHOLE_WAY, "{fault:?} {number}");
            for (stage, commit) in ROBOT_STAGES.into_iter().zip(AFTER_SUBMIT) {
                let again = commit == number && fault == Fault::DieBeforeCommit;
                let jobs = world.kitchen.jobs(stage);
                let expected = (1, 1 + usize::from(again));
                assert_eq!((jobs.len(), jobs[0].submits), expected, "{fault:?} {number}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_process_had_in_hand_is_left_alone_until_its_lease_is_over() {
    let world = World::new();
    let first = world.start();
    // Its second commit would record the picker's answer.
    first.store.next(Call::Change, [None, Some(Fault::DieBeforeCommit)]);
    first.order().await;
    pass(POLL).await;
    assert!(first.store.script().dead);
    let _second = world.start();
    pass(LEASE + POLL).await;
    let calls = world.kitchen.calls(Ask::Submit, Stage::Picking);
    assert_eq!(calls.len(), 2);
    let between = calls[1] - calls[0];
    assert!((LEASE..LEASE + POLL).contains(&between), "{between}");
}

#[tokio::test(start_paused = true)]
async fn two_processes_on_one_database_do_nothing_twice() {
    let world = World::new();
    world.kitchen.books().latency = Duration::from_millis(30);
    world.kitchen.jobs_take(TimeDelta::seconds(5), TimeDelta::seconds(6));
    let processes = [world.start(), world.start()];
    let mut ids = Vec::new();
    for index in 0..80 {
        ids.push(processes[index % 2].order().await);
    }
    let (gone, stay) = ids.split_at(10);
    for (index, id) in ids.iter().enumerate() {
        // Each is changed through the process that did not take it.
        let command = if index < gone.len() { Command::Cancel } else { rename(0, "Janet") };
        processes[(index + 1) % 2].command(*id, command).await.unwrap();
    }
    world.db.until(gone, |order| order.status() == Status::Cancelled).await;
    world.db.until(stay, |order| order.status() == Status::Completed).await;
    assert!(stay.iter().all(|id| world.db.way(*id) == WHOLE_WAY));
    for stage in ROBOT_STAGES {
        let jobs = world.kitchen.jobs(stage);
        assert!(jobs.iter().all(|job| job.submits == 1), "{jobs:?}");
        assert_eq!(jobs.iter().filter(|job| !job.cancelled).count(), stay.len(), "{stage:?}");
    }
    for process in &processes {
        assert_ne!(process.store.claimed(Status::Baking), [], "both had their share");
    }
}
