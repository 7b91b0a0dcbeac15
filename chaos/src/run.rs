//! One run: load and faults, then peace, then the verdict.

use std::ops::Range;
use std::time::Duration;

use anyhow::Result;
use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use tokio::time::{Instant, sleep};

use crate::house::House;
use crate::tally::Tally;
use crate::verdict::rows;
use crate::{Args, customers, disk, faults, report, staff, verdict};

/// How long orders may take to come to rest once nothing breaks any more.
const PATIENCE: Duration = Duration::from_mins(3);
const NEWS: Duration = Duration::from_secs(30);

/// What everybody in a run works with.
pub(crate) struct World<'a> {
    pub(crate) house: &'a House,
    pub(crate) tally: &'a Tally,
    pub(crate) seed: u64,
    pub(crate) orders: u64,
    pub(crate) begin: Instant,
    /// How long load and faults go on.
    pub(crate) time: Duration,
}

impl World<'_> {
    /// When load and faults end.
    pub(crate) fn end(&self) -> Instant {
        self.begin + self.time
    }

    /// The port of any service.
    pub(crate) fn shop(&self, rng: &mut StdRng) -> u16 {
        self.house.shops.choose(rng).map_or(0, |shop| shop.port)
    }

    /// Waits for some of these milliseconds; whether the run goes on then.
    pub(crate) async fn pause(&self, rng: &mut StdRng, milliseconds: Range<u64>) -> bool {
        sleep(Duration::from_millis(rng.random_range(milliseconds))).await;
        Instant::now() < self.end()
    }
}

/// Runs everything; whether nothing was found that must not be.
pub(crate) async fn run(args: &Args, seed: u64) -> Result<bool> {
    let time = Duration::from_secs_f64(args.minutes * 60.0);
    let orders = args.orders.unwrap_or(time.as_secs() * 1000 / 60);
    let what = if args.full_disk { ", on a disk that fills up" } else { "" };
    eprintln!("chaos: {:?}{what}: seed {seed}, {orders} orders in {time:?}", args.database);
    let mut house = House::start(args, seed).await?;
    let tally = Tally::begin(&house.folder.path().join("events.log"))?;
    let world = World { house: &house, tally: &tally, seed, orders, begin: Instant::now(), time };
    let judged = live_through(&world).await;
    if let Err(error) = &judged {
        tally.violation(format!("the run could not be carried out: {error:#}"));
    }
    report::print(&world, judged.ok());
    let fine = tally.seen().violations.is_empty();
    if !fine {
        house.folder.disable_cleanup(true);
        eprintln!("chaos: seed {seed} FAILED; logs: {}", house.folder.path().display());
    }
    Ok(fine)
}

async fn live_through(world: &World<'_>) -> Result<verdict::Ends> {
    let trouble = async {
        match &world.house.disk {
            Some(disk) => disk::fill_up(world, disk).await,
            None => faults::strike(world).await,
        }
    };
    let all = async { futures::join!(customers::order(world), staff::work(world), trouble).2 };
    tokio::select! {
        done = all => done?,
        () = tell(world) => {}
    }
    settle(world).await?;
    verdict::judge(world).await
}

/// Waits until nothing is due for any order.
async fn settle(world: &World<'_>) -> Result<()> {
    let begin = Instant::now();
    loop {
        let left = rows::unsettled(&world.house.store).await?;
        if left == 0 {
            world.tally.event(&format!("at rest after {:?}", begin.elapsed()));
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            world.tally.violation(format!("{left} orders do not come to rest"));
            return Ok(());
        }
        sleep(Duration::from_millis(200)).await;
    }
}

async fn tell(world: &World<'_>) {
    loop {
        sleep(NEWS).await;
        let seen = world.tally.seen();
        let faults: u64 = seen.faults.values().sum();
        let (placed, wrong) = (seen.promises.placed.len(), seen.violations.len());
        let at = world.tally.elapsed().as_secs();
        eprintln!("chaos: {at} s: {placed} orders placed, {faults} faults, {wrong} violations");
    }
}
