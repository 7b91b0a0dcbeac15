//! A robot that fails is left alone, and asked again with care.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use order_core::{OrderId, Stage, Status};
use pieshop::robots::{BreakerSettings, Guarded};

use super::kitchen::Ask;
use super::world::{POLL, Process, World, pass};

const OPEN_FOR: TimeDelta = TimeDelta::seconds(60);
const ORDERS: usize = 40;

/// A picker that was down when the orders came, and a breaker that is open therefore.
async fn opened() -> (World, Process, Vec<OrderId>) {
    let world = World::new();
    world.kitchen.set_down(Stage::Picking, true);
    world.kitchen.jobs_take(TimeDelta::hours(2), TimeDelta::hours(2));
    world.kitchen.calls_take(Duration::from_millis(100));
    let ids = world.start_without_lanes().orders(ORDERS).await;
    let process = world.start_with(|robots, clock| {
        let settings = BreakerSettings { failures: 3, open_for: OPEN_FOR.to_std().unwrap() };
        Some(Arc::new(Guarded::new(robots, &settings, clock)))
    });
    world.db.until(&ids, |order| order.state().work().is_some_and(|work| work.tries == 1)).await;
    (world, process, ids)
}

/// How many there were at the same time, wave by wave.
fn waves(times: impl IntoIterator<Item = (TimeDelta, usize)>) -> Vec<usize> {
    let mut waves: Vec<(TimeDelta, usize)> = Vec::new();
    for (at, number) in times {
        match waves.last_mut() {
            Some((last, sum)) if *last == at => *sum += number,
            _ => waves.push((at, number)),
        }
    }
    waves.into_iter().map(|(_, number)| number).collect()
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
    world.kitchen.set_down(Stage::Picking, false);
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
