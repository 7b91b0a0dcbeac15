//! What people ask for, while the robots are at work.

use std::time::Duration;

use chrono::TimeDelta;
use order_core::{Command, Outcome, RecoveryAction, Refusal, Stage, Status};
use pieshop::orchestrator::CommandError;
use pieshop::orchestrator::bulk::BulkRecovery;
use pieshop::store::{Attention, OrderFilter, Store};

use super::kitchen::{Answer, Ask, rejected};
use super::store::{Call, Fault};
use super::world::{World, after, new_order, pass, rename};

#[tokio::test(start_paused = true)]
async fn an_order_cancelled_while_a_call_is_in_flight_ends_with_its_job_cancelled() {
    for ask in [Ask::Submit, Ask::Poll] {
        let world = World::new();
        world.kitchen.jobs_take(TimeDelta::seconds(10), TimeDelta::hours(1));
        world.kitchen.next(ask, Stage::Picking, Answer(5, None));
        let process = world.start();
        let id = process.order().await;
        while world.kitchen.calls(ask, Stage::Picking).is_empty() {
            pass(TimeDelta::milliseconds(100)).await;
        }
        let order = process.command(id, Command::Cancel).await.unwrap();
        assert_eq!(order.status(), Status::Picking, "the robot may be at work");
        let again = process.command(id, Command::Cancel).await.unwrap_err();
        assert!(matches!(again, CommandError::Refused(Refusal::AlreadyRequested)), "{again}");
        world.db.reaches(id, Status::Cancelled).await;
        assert!(world.db.age() < TimeDelta::seconds(18), "{ask:?}: it is not long in coming");
        let jobs = world.kitchen.jobs(Stage::Picking);
        assert_eq!((jobs.len(), jobs[0].cancelled), (1, true), "{ask:?}");
        assert_eq!(world.db.order(id).wake_at, None);
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_people_who_edit_an_order_at_once_the_second_learns_of_the_first() {
    let world = World::new();
    let (ours, theirs) = (world.start_without_lanes(), world.start_without_lanes());
    let id = ours.order().await;
    let (our, their) =
        tokio::join!(ours.command(id, rename(0, "Janet")), theirs.command(id, rename(0, "Joan")));
    let (edited, refused) = if our.is_ok() { (our, their) } else { (their, our) };
    assert_eq!(world.db.order(id), edited.unwrap());
    let refusal = Refusal::VersionMismatch { current: 1 };
    assert!(matches!(refused.unwrap_err(), CommandError::Refused(found) if found == refusal));
}

#[tokio::test(start_paused = true)]
async fn an_order_in_error_is_put_right_as_the_administrator_wishes() {
    for (action, end) in [
        (RecoveryAction::Retry, Status::Completed),
        (RecoveryAction::Skip, Status::Completed),
        (RecoveryAction::Close, Status::Cancelled),
    ] {
        let world = World::new();
        world.kitchen.next(Ask::Submit, Stage::Picking, rejected("no such fruit"));
        let process = world.start();
        let id = process.order().await;
        world.db.reaches(id, Status::Error).await;
        assert_eq!(world.db.order(id).wake_at, None, "it waits for a person");
        let recover = Command::Recover { action, note: Some("as agreed".into()) };
        process.command(id, recover.clone()).await.unwrap();
        world.db.reaches(id, end).await;
        let picked = usize::from(action == RecoveryAction::Retry);
        assert_eq!(world.kitchen.jobs(Stage::Picking).len(), picked, "{action:?}");
        let notes = world.db.row(id).history.into_iter().filter_map(|entry| entry.note);
        assert_eq!(notes.filter(|note| note.ends_with(": as agreed")).count(), 1);
        let again = process.command(id, recover).await.unwrap_err();
        assert!(matches!(again, CommandError::Refused(Refusal::NotInError(_))), "{again}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_whose_answer_was_lost_is_not_carried_out_again_on_what_came_after_it() {
    let world = World::new();
    for stage in [Stage::Baking, Stage::Delivering] {
        world.kitchen.next(Ask::Submit, stage, rejected("no such pie"));
    }
    let (ours, _theirs) = (world.start_without_lanes(), world.start());
    let id = ours.order().await;
    world.db.reaches(id, Status::Error).await;
    // While the commit is repeated, the order reaches the next stage and fails there.
    let lost = [Fault::LoseAnswer, Fault::TimeOut(Duration::from_secs(3))];
    ours.store.next(Call::Change, lost.map(Some));
    let skip = Command::Recover { action: RecoveryAction::Skip, note: None };
    ours.command(id, skip).await.unwrap();
    assert_eq!(ours.store.batches(Call::Change).len(), 3, "it was repeated until it was known");
    let row = world.db.row(id);
    assert_eq!(row.order.status(), Status::Error, "nobody has skipped the delivery");
    let skips = row.history.iter().filter(|entry| entry.note.as_deref() == Some("skip"));
    assert_eq!(skips.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bulk_recovery_counts_what_it_did_over_several_pages() {
    const FAILED: u64 = 450;
    const BEGUN: u64 = 7;
    let world = World::new();
    let process = world.start_without_lanes();
    let failure = rejected("no such fruit").1.unwrap();
    for number in 0..FAILED + BEGUN {
        let new = new_order(&world.db, number);
        process.store.place(std::slice::from_ref(&new)).await.unwrap();
        let begun = after(&world.db, &new.order, Outcome::Due);
        process.store.change(std::slice::from_ref(&begun)).await.unwrap();
        if number >= BEGUN {
            let failed = after(&world.db, &begun.order, failure.clone());
            process.store.change(&[failed]).await.unwrap();
        }
    }
    let recover_all = |filter, action| {
        let orders = process.orchestrator.orders.clone();
        async move { orders.recover_all(&filter, action, None, u64::MAX).await.unwrap() }
    };
    let apple = OrderFilter { pie_type: Some("apple".into()), ..OrderFilter::default() };
    let all = BulkRecovery { matched: FAILED + BEGUN, changed: FAILED, skipped: BEGUN };
    assert_eq!(recover_all(apple, RecoveryAction::Retry).await, all);
    let failed = OrderFilter { attention: Some(Attention::Error), ..OrderFilter::default() };
    let none = BulkRecovery::default();
    assert_eq!(recover_all(failed, RecoveryAction::Close).await, none, "none is left in ERROR");
}
