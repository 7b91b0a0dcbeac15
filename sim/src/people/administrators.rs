//! An administrator: now and then puts orders in ERROR right, one by one or all at once.

use std::sync::Arc;

use pieshop::store::{Attention, OrderFilter};
use tokio::time::sleep;

use super::{Deed, act, action, request};
use crate::fate::Fault;
use crate::world::{Who, World};

/// Looks at what is in ERROR every few minutes, until the faults stop.
pub(crate) async fn administer(world: Arc<World>) {
    let who = Who::Person("administrator");
    loop {
        sleep(world.fate.secs(60..900)).await;
        if world.fate.is_calm() {
            return;
        }
        let filter = OrderFilter { attention: Some(Attention::Error), ..OrderFilter::default() };
        if world.fate.strikes(Fault::BulkRecovery) {
            let action = action(&world.fate);
            let done = request(&world, async |orders| {
                let failed = orders.store.list(&filter, None, 200).await.map_or(0, |it| it.len());
                world.watch(None, |witness, _| {
                    (0..=failed).for_each(|_| witness.asked(None));
                    Ok(())
                });
                orders.recover_all(&filter, action, None, u64::MAX).await
            });
            let done = done.await;
            world.tell(who, None, || format!("recovers all by {action:?}: {done:?}"));
        } else if world.fate.chance(0.5) {
            let listed = request(&world, async |orders| orders.store.list(&filter, None, 20).await);
            let Some(Ok(failed)) = listed.await else { continue };
            let ids: Vec<_> = failed.iter().map(|order| order.id).collect();
            if let Some(id) = world.fate.one_of(&ids) {
                act(&world, id, Deed::Recover(action(&world.fate))).await;
            }
        }
    }
}
