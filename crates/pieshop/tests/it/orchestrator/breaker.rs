//! A robot that fails is left alone, and asked again with care.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use order_core::{OrderId, Stage, Status};
use pieshop::robots::{BreakerSettings, Guarded};

use super::kitchen::Ask;
use super::world::{POLICY, POLL, Process, World, pass};

const OPEN_FOR: TimeDelta = TimeDelta::seconds(60);
const ORDERS: usize = 40;

/// A picker that was down when the orders came, and a breaker that is open therefore.
async fn opened() -> (World, Process, Vec<OrderId>) {
    let world = World::new();
    world.kitchen.books().down.insert(Stage::Picking);
    world.kitchen.jobs_take(TimeDelta::hours(2), TimeDelta::hours(2));
    world.kitchen.books().latency = Duration::from_millis(100);
    let ids = world.start_without_lanes().orders(ORDERS).await;
    let process = guarded(&world, 3);
    world.db.until(&ids, |order| order.state().work().is_some_and(|work| work.tries == 1)).await;
    (world, process, ids)
}

fn guarded(world: &World, failures: u32) -> Process {
    let settings = BreakerSettings { failures, open_for: OPEN_FOR.to_std().unwrap() };
    world.start_with(|robots, clock| Some(Arc::new(Guarded::new(robots, &settings, clock))))
}

/// How many there were at the same time, wave by wave.
fn waves(times: impl IntoIterator<Item = (TimeDelta, usize)>) -> Vec<usize> {
    let mut waves = BTreeMap::<_, usize>::new();
    for (at, number) in times {
        *waves.entry(at).or_default() += number;
    }
    waves.into_values().collect()
}

#[tokio::test(start_paused = true)]
async fn while_it_is_open_nothing_is_claimed_then_one_canary_then_twice_as_many_each_round() {
    let (world, process, ids) = opened().await;
    let calls = || world.kitchen.calls(Ask::Submit, Stage::Picking);
    let claims = || process.store.claimed(Status::Picking);
    let (called, claimed) = (calls().len(), claims().len());
    assert_eq!(called, ORDERS);
    pass(OPEN_FOR - POLL).await;
    assert_eq!((calls().len(), claims().len()), (called, claimed));
    world.kitchen.books().down.remove(&Stage::Picking);
    world.db.until(&ids, |order| order.job_ids.picker.is_some()).await;
    let expected = [1, 2, 4, 8, 16, 9];
    assert_eq!(waves(calls().split_off(called).into_iter().map(|at| (at, 1))), expected);
    assert_eq!(waves(claims().split_off(claimed)), expected, "none is claimed to be parked");
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_fails_costs_one_order_one_try() {
    let (world, _process, ids) = opened().await;
    pass(OPEN_FOR * 3 / 2).await;
    assert_eq!(world.kitchen.calls(Ask::Submit, Stage::Picking).len(), ORDERS + 1);
    let tries = |id: &OrderId| world.db.order(*id).state().work().unwrap().tries;
    assert_eq!(ids.iter().map(tries).sum::<u32>() as usize, ORDERS + 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_behind_an_error_is_parked_while_the_breaker_is_open() {
    let world = World::new();
    world.kitchen.books().down.insert(Stage::Picking);
    let process = guarded(&world, POLICY.tries);
    let id = process.order().await;
    world.db.reaches(id, Status::Error).await;
    pass(OPEN_FOR - POLL).await;
    assert_eq!(process.store.claimed(Status::Error).len(), 1, "it was due, and is not any more");
    assert_eq!(world.db.order(id).state().work().unwrap().tries, POLICY.tries);
    let calls = || world.kitchen.calls(Ask::Submit, Stage::Picking).len();
    assert_eq!(calls(), POLICY.tries as usize);
    world.kitchen.books().down.remove(&Stage::Picking);
    world.db.reaches(id, Status::Completed).await;
    assert_eq!(calls(), POLICY.tries as usize + 1);
}
