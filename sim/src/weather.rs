//! What befalls everybody for a while: outages, storms, restarts.

use std::sync::Arc;

use order_core::Robot;
use tokio::time::sleep;

use crate::fate::Fault;
use crate::world::{Who, World};

/// Every few minutes something may begin, until the faults stop.
pub(crate) async fn weather(world: Arc<World>) {
    let (who, fate) = (Who::World, &world.fate);
    while !fate.is_calm() {
        sleep(fate.secs(60..600)).await;
        if fate.strikes(Fault::Outage) {
            let time = fate.secs(2..120);
            world.tell(who, None, || format!("the database crashes, and is back in {time:?}"));
            world.database().crash();
            sleep(time).await;
            world.database().down = false;
        }
        if fate.strikes(Fault::Restart) {
            let slot = fate.below(world.plan.workers as usize);
            if let Some(worker) = world.worker(slot) {
                worker.process.restart();
            }
        }
        if let Some(robot) = fate.one_of(&Robot::ALL).filter(|_| fate.strikes(Fault::Down)) {
            let (world, time) = (world.clone(), fate.secs(5..400));
            world.tell(Who::Robot(robot), None, || format!("is down for {time:?}"));
            tokio::spawn(async move {
                world.kitchen().down.insert(robot);
                sleep(time).await;
                world.kitchen().down.remove(&robot);
            });
        }
        if fate.strikes(Fault::Storm) {
            let (world, time) = (world.clone(), fate.secs(60..3600));
            world.tell(who, None, || format!("a storm, for {time:?}"));
            tokio::spawn(async move {
                world.kitchen().storm = true;
                sleep(time).await;
                world.kitchen().storm = false;
            });
        }
    }
}
