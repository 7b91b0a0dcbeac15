//! What whoever listens hears.

use std::sync::Arc;

use chrono::TimeDelta;
use order_core::{Stage, Status};
use pieshop::store::{FeedRow, NewOrder, Store};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::kitchen::{Ask, rejected};
use super::store::{Call, Fault};
use super::world::{POLL, PREP, Process, World, new_order, pass};

/// How long after a commit a listener has heard of it.
const SWEEP: TimeDelta = TimeDelta::seconds(1);

/// A listener of a process whose sweep has begun.
async fn listener(process: &Process) -> Receiver<Arc<FeedRow>> {
    pass(TimeDelta::milliseconds(5)).await;
    process.orchestrator.observer.feed.subscribe()
}

fn heard(listener: &mut Receiver<Arc<FeedRow>>) -> Vec<FeedRow> {
    let mut rows = Vec::new();
    loop {
        match listener.try_recv() {
            Ok(row) => rows.push((*row).clone()),
            Err(TryRecvError::Empty) => return rows,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Commits this many orders at one moment.
async fn flood(world: &World, process: &Process, number: u64) {
    let orders: Vec<NewOrder> = (0..number).map(|number| new_order(&world.db, number)).collect();
    process.store.place(&orders).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn every_transition_is_heard_once_and_in_order() {
    let world = World::new();
    let processes = [world.start(), world.start()];
    let mut listeners = [listener(&processes[0]).await, listener(&processes[1]).await];
    let ids = processes[0].orders(20).await;
    flood(&world, &processes[1], 1100).await;
    let mut rows = [Vec::new(), Vec::new()];
    let mut sweeps_after_the_last = 2;
    while sweeps_after_the_last > 0 {
        pass(SWEEP).await;
        for (listener, rows) in listeners.iter_mut().zip(&mut rows) {
            rows.extend(heard(listener));
        }
        let over = ids.iter().all(|id| world.db.order(*id).status() == Status::Completed);
        sweeps_after_the_last -= usize::from(over);
    }
    assert_eq!(rows[0], world.db.feed());
    assert_eq!(rows[1], world.db.feed());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_missed_when_the_history_cannot_be_read_for_a_while() {
    let world = World::new();
    let process = world.start_without_lanes();
    process.store.always(Call::Feed, Fault::Unavailable);
    let mut listener = listener(&process).await;
    process.orders(5).await;
    pass(SWEEP * 10).await;
    process.store.script().always.clear();
    // The second page fails.
    process.store.next(Call::Feed, [None, Some(Fault::Unavailable)]);
    flood(&world, &process, 1500).await;
    pass(SWEEP * 3).await;
    assert_eq!(heard(&mut listener), world.db.feed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_listener_learns_how_much_it_missed() {
    let world = World::new();
    let process = world.start_without_lanes();
    let mut listener = listener(&process).await;
    flood(&world, &process, 5000).await;
    pass(SWEEP * 2).await;
    let Err(RecvError::Lagged(missed)) = listener.recv().await else { panic!("nothing missed") };
    assert_eq!(heard(&mut listener), world.db.feed()[usize::try_from(missed).unwrap()..]);
}

#[tokio::test(start_paused = true)]
async fn activity_counts_orders_completions_and_the_time_in_each_state() {
    let world = World::new();
    let process = world.start();
    listener(&process).await;
    world.kitchen.jobs_take(TimeDelta::seconds(40), TimeDelta::seconds(40));
    let ids = process.orders(3).await;
    world.db.until(&ids, |order| order.status() == Status::Completed).await;
    let completed = world.db.now();
    world.kitchen.next(Ask::Submit, Stage::Picking, rejected("no such fruit"));
    let failed = process.order().await;
    world.db.reaches(failed, Status::Error).await;
    pass(SWEEP * 2).await;
    let observer = &process.orchestrator.observer;
    let minute = TimeDelta::minutes(1);
    observer.activity(|activity| {
        assert_eq!(activity.counts[&Status::Completed], 3);
        assert_eq!(activity.counts[&Status::Error], 1);
        for (status, time) in [(Status::Picking, TimeDelta::seconds(40)), (Status::Prepping, PREP)]
        {
            let longest = activity.durations.of(status, 1.0).unwrap();
            assert!((time..time + POLL * 2).contains(&longest), "{status}: {longest}");
        }
        let shortest = activity.durations.of(Status::Picking, 0.0).unwrap();
        assert!(shortest < SWEEP, "the one that failed: {shortest}");
        assert_eq!(activity.durations.of(Status::Completed, 0.5), None);
        assert_eq!(activity.completions.within(completed, minute), 3);
        assert_eq!(activity.completions.within(completed + minute, minute), 0);
    });
    pass(TimeDelta::hours(1)).await;
    let later = observer.activity(|activity| activity.completions.within(completed, minute));
    assert_eq!(later, 0, "an hour is kept");
}
