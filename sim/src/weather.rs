//! What befalls everybody for a while: outages, storms, restarts, cut cables.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use order_core::Robot;
use tokio::time::sleep;

use crate::fate::Fault;
use crate::world::{Who, World};

/// Every few minutes something may begin, until the faults stop.
pub(crate) async fn weather(world: Arc<World>) {
    while !world.fate.is_calm() {
        sleep(world.fate.secs(60..600)).await;
        shared(&world).await;
        one_worker(&world);
    }
}

async fn shared(world: &Arc<World>) {
    let (who, fate) = (Who::World, &world.fate);
    if fate.strikes(Fault::Outage) {
        let time = fate.secs(2..120);
        world.tell(who, None, || format!("the database crashes, and is back in {time:?}"));
        world.database().crash();
        sleep(time).await;
        world.database().down = false;
    }
    if let Some(robot) = fate.one_of(&Robot::ALL).filter(|_| fate.strikes(Fault::Down)) {
        let time = fate.secs(5..400);
        world.tell(Who::Robot(robot), None, || format!("is down for {time:?}"));
        world.kitchen().down.insert(robot);
        after(world, time, move |world| {
            world.kitchen().down.remove(&robot);
        });
    }
    if fate.strikes(Fault::Storm) {
        let time = fate.secs(60..3600);
        world.tell(who, None, || format!("a storm, for {time:?}"));
        world.kitchen().storm = true;
        after(world, time, |world| world.kitchen().storm = false);
    }
}

fn one_worker(world: &Arc<World>) {
    let fate = &world.fate;
    let Some(worker) = world.worker(fate.below(world.plan.workers as usize)) else { return };
    let (who, time) = (worker.process.who(), fate.secs(1..300));
    if fate.strikes(Fault::Restart) {
        worker.process.restart();
    } else if fate.strikes(Fault::NoDatabase) {
        world.tell(who, None, || format!("is cut off from the database for {time:?}"));
        worker.process.no_database.store(true, Ordering::Relaxed);
        after(world, time, move |_| worker.process.no_database.store(false, Ordering::Relaxed));
    } else if fate.strikes(Fault::NoRobots) {
        world.tell(who, None, || format!("is cut off from the robots for {time:?}"));
        worker.process.no_robots.store(true, Ordering::Relaxed);
        after(world, time, move |_| worker.process.no_robots.store(false, Ordering::Relaxed));
    }
}

/// Puts something right again.
fn after(world: &Arc<World>, time: Duration, right: impl FnOnce(&World) + Send + 'static) {
    let world = world.clone();
    tokio::spawn(async move {
        sleep(time).await;
        right(&world);
    });
}
