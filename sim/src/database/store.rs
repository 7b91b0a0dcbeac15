//! A worker's connection to the database: every statement takes its time, and any may be lost.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use order_core::{Entry, Order, OrderId, Status};
use pieshop::store::{
    Attention, Cause, Change, Claim, Claimed, FeedCursor, FeedRow, History, NewOrder, OrderFilter,
    Placed, Store, StoreError, Stored,
};
use tokio::time::sleep;
use uuid::Uuid;

use super::Database;
use crate::fate::Fault;
use crate::worker::Process;
use crate::world::World;

/// After this time a client gives a statement up; the database may still carry it out.
const PATIENCE: Duration = Duration::from_secs(15);

/// What one worker's process reaches the database by.
pub(crate) struct Connection {
    pub(crate) world: Arc<World>,
    pub(crate) process: Arc<Process>,
}

impl Connection {
    fn now(&self) -> DateTime<Utc> {
        self.world.now() + self.process.skew
    }

    /// Whether the database is there and the network leads to it.
    fn reaches(&self) -> bool {
        !self.world.database().down && !self.process.no_database.load(Ordering::Relaxed)
    }

    fn tell(&self, order: Option<OrderId>, what: impl FnOnce() -> String) {
        self.world.tell(self.process.who(), order, what);
    }

    /// Carries out a statement that changes something. It is applied at one instant or not at all,
    /// and the worker may die or stand still before it and after it.
    async fn write<T: Send + 'static>(
        &self,
        name: &'static str,
        orders: Vec<OrderId>,
        work: impl FnOnce(&World, i64) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let fate = &self.world.fate;
        self.process.pass(&self.world).await;
        let fail = |why: &str| {
            for id in &orders {
                self.tell(Some(*id), || format!("{name}: {why}"));
            }
        };
        sleep(fate.millis(1..8)).await;
        let mut result = if !self.reaches() {
            fail("no way to the database");
            Err(unavailable())
        } else if fate.strikes(Fault::Conflict) {
            fail("conflict");
            Err(StoreError::Conflict("deadlock detected".into()))
        } else if fate.strikes(Fault::Full) {
            fail("the disk is full");
            Err(StoreError::Full(cut()))
        } else if fate.strikes(Fault::Unavailable) {
            fail("the database cannot be reached");
            Err(unavailable())
        } else if fate.strikes(Fault::LostBefore) {
            fail("the connection is lost before the commit");
            Err(StoreError::Lost(cut()))
        } else {
            self.execute(work, fail).await
        };
        if result.is_ok() && fate.strikes(Fault::LostAfter) {
            fail("the connection is lost after the commit");
            result = Err(StoreError::Lost(cut()));
        }
        sleep(fate.millis(1..8)).await;
        self.process.pass(&self.world).await;
        result
    }

    async fn execute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&World, i64) -> Result<T, StoreError> + Send + 'static,
        fail: impl Fn(&str),
    ) -> Result<T, StoreError> {
        let fate = &self.world.fate;
        let (transaction, crashes) = {
            let mut database = self.world.database();
            (database.begin(), database.crashes)
        };
        let statement = async move |world: &World| {
            if world.database().crashes != crashes {
                return Err(StoreError::Lost(cut()));
            }
            let done = work(world, transaction);
            world.database().end(transaction);
            done
        };
        if fate.strikes(Fault::LostLate) {
            let (world, time) = (self.world.clone(), PATIENCE + fate.secs(0..20));
            self.world.later(async move {
                sleep(time).await;
                // Nobody waits for it any more.
                let _ = statement(&world).await;
            });
            sleep(PATIENCE).await;
            fail("given up; the database goes on with it");
            return Err(StoreError::Lost(cut()));
        }
        let slow = fate.strikes(Fault::SlowStore);
        sleep(fate.millis(if slow { 100..3000 } else { 1..10 })).await;
        let done = statement(&self.world).await;
        if let Err(error) = &done {
            fail(&error.to_string());
        }
        done
    }

    async fn read<T>(&self, work: impl FnOnce(&mut Database) -> T) -> Result<T, StoreError> {
        self.process.gate().await;
        sleep(self.world.fate.millis(1..6)).await;
        let done = self.reaches().then(|| work(&mut self.world.database()));
        self.process.gate().await;
        match done {
            Some(_) if self.world.fate.strikes(Fault::Unavailable) => Err(unavailable()),
            Some(done) => Ok(done),
            None => Err(unavailable()),
        }
    }
}

fn cut() -> Cause {
    io::Error::other("the cable is cut").into()
}

fn unavailable() -> StoreError {
    StoreError::Unavailable { advice: "the database cannot be reached".into(), cause: cut() }
}

#[async_trait]
impl History for Connection {
    async fn feed(&self, after: FeedCursor, limit: u16) -> Result<Vec<FeedRow>, StoreError> {
        self.read(|database| database.feed(after, limit.into())).await
    }

    async fn feed_end(&self) -> Result<FeedCursor, StoreError> {
        let end = self.read(|database| database.feed_end()).await?;
        self.world.watch(None, |witness, _| {
            witness.listens_from(self.process.who(), end);
            Ok(())
        });
        Ok(end)
    }
}

#[async_trait]
impl Store for Connection {
    async fn migrate(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn place(&self, batch: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        let (batch, who) = (batch.to_vec(), self.process.who());
        let orders = batch.iter().map(|new| new.order.id).collect();
        self.write("create", orders, move |world, transaction| {
            let (placed, inserted) = world.database().place(transaction, &batch)?;
            for new in batch.iter().filter(|new| inserted.contains(&new.order.id)) {
                world.tell(who, Some(new.order.id), || "creates it".into());
                world.watch(Some(new.order.id), |witness, _| witness.placed(new));
            }
            Ok(placed)
        })
        .await
    }

    async fn change(&self, batch: &[Change]) -> Result<Vec<bool>, StoreError> {
        let (batch, who) = (batch.to_vec(), self.process.who());
        let orders: Vec<OrderId> = batch.iter().map(|change| change.order.id).collect();
        let twice = orders.iter().enumerate().any(|(at, id)| orders[..at].contains(id));
        self.world.hold(orders.first().copied(), !twice, "no order stands twice in a batch");
        self.write("change", orders, move |world, transaction| {
            let (done, applied) = world.database().change(transaction, &batch)?;
            for (change, applied) in batch.iter().zip(applied) {
                let id = change.order.id;
                world.tell(who, Some(id), || told(change, applied));
                if applied {
                    world.watch(Some(id), |witness, kitchen| {
                        witness.changed(who, change, kitchen, world.now())
                    });
                    world.worst_moment(id);
                }
            }
            Ok(done)
        })
        .await
    }

    fn writers(&self) -> usize {
        2
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        self.process.gate().await;
        let due = self.world.database().has_due(claim.status, self.now());
        if self.reaches() && !due {
            sleep(self.world.fate.millis(1..10)).await;
            self.process.gate().await;
            return Ok(Claimed { now: self.now(), orders: Vec::new() });
        }
        let (who, skew) = (self.process.who(), self.process.skew);
        let claimed = self.write("claim", Vec::new(), move |world, _| {
            let now = world.now() + skew;
            let locked = || world.fate.strikes(Fault::LockedRow);
            let orders = world.database().claim(claim, now, locked);
            for order in &orders {
                world.tell(who, Some(order.id), || {
                    format!("claims it in {}, version {}", order.status(), order.version)
                });
                world.watch(Some(order.id), |witness, _| {
                    witness.claimed(who, order, claim.token);
                    Ok(())
                });
                world.worst_moment(order.id);
            }
            Ok(Claimed { now, orders })
        });
        claimed.await
    }

    async fn release(&self, orders: &[OrderId], token: Uuid) -> Result<(), StoreError> {
        let (orders, who) = (orders.to_vec(), self.process.who());
        self.write("release", orders.clone(), move |world, _| {
            world.database().release(&orders, token);
            for id in orders {
                world.tell(who, Some(id), || "releases it".into());
                world.watch(Some(id), |witness, _| {
                    witness.released(id, token);
                    Ok(())
                });
            }
            Ok(())
        })
        .await
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.read(|_| self.now()).await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Stored>, StoreError> {
        let stored = |database: &mut Database| {
            let row = database.rows.get(&id)?;
            Some(Stored { order: row.order.clone(), lease: row.lease.map(|it| it.token) })
        };
        self.read(stored).await
    }

    async fn order_with_history(
        &self,
        id: OrderId,
    ) -> Result<Option<(Order, Vec<Entry>)>, StoreError> {
        let both = |database: &mut Database| {
            let row = database.rows.get(&id)?;
            Some((row.order.clone(), database.histories.get(&id)?.clone()))
        };
        self.read(both).await
    }

    async fn list(
        &self,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> Result<Vec<Order>, StoreError> {
        let shown = |order: &&Order| {
            let failed = order.status() == Status::Error;
            filter.status.is_none_or(|status| order.status() == status)
                && filter.pie_type.as_ref().is_none_or(|pie| order.recipe.pie_type == *pie)
                && (filter.ids.is_empty() || filter.ids.contains(&order.id))
                && (filter.attention != Some(Attention::Error) || failed)
                && before.is_none_or(|before| order.id < before)
        };
        let list = |database: &mut Database| {
            let newest_first = database.rows.values().rev().map(|row| &row.order);
            newest_first.filter(shown).take(limit.into()).cloned().collect()
        };
        self.read(list).await
    }

    async fn count(&self) -> Result<BTreeMap<Status, i64>, StoreError> {
        self.read(Database::count).await
    }

    async fn forget_keys(&self, before: DateTime<Utc>, limit: u16) -> Result<u64, StoreError> {
        self.read(|database| database.forget_keys(before, limit.into())).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|_| ()).await
    }

    async fn close(&self) {}
}

fn told(change: &Change, applied: bool) -> String {
    let Change { order, entry, lease } = change;
    let verb = if applied { "commits" } else { "is refused" };
    let by = lease.map_or("a command", |_| "its lease");
    let mut text = format!("{verb} version {} by {by}: {:?}", order.version, order.state());
    if let Some(entry) = entry {
        let words = [&entry.note, &entry.error].map(|it| it.as_deref().unwrap_or_default());
        text = format!("{text}; {} {}", words[0], words[1]);
    }
    text
}
