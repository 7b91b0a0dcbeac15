//! A disk that fills up: a small file system of its own, and a ballast file.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::{Instant, sleep, sleep_until};

use crate::faults::put_right;
use crate::house::Store;
use crate::run::World;

/// How long the service may take to be out of room, and to go on when there is room again.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is written at a time.
static BLOCK: [u8; 65_536] = [0; 65_536];
/// How an order is refused meanwhile.
const REFUSED: &str = "POST /api/orders 503";
/// What the service's log says of it.
const ADVICE: &str = "disk is full: free some space, the service goes on by itself";

/// A mounted file system in memory, unmounted when dropped.
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Mounts one of so many megabytes at `folder`, which is made.
    pub(crate) fn mount(folder: PathBuf, megabytes: u32) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=0755"), "chaos"]);
        let done = mount.arg(&folder).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        ensure!(done.status.success(), "a full disk needs the right to mount: {}", said.trim());
        Ok(Self { folder })
    }

    /// Writes until there is no room.
    fn fill(&self) -> Result<()> {
        let mut file = File::options().append(true).create(true).open(self.ballast())?;
        let mut size = BLOCK.len();
        loop {
            match file.write(&BLOCK[..size]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull && size > 1 => size /= 2,
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whoever still has a file open there is being killed: the mount goes with the last one.
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}

/// Fills the disk up twice; the second time a service is killed while it is full.
pub(crate) async fn fill_up(world: &World<'_>, disk: &Disk) -> Result<()> {
    for (round, share) in [(1, 0.2), (2, 0.6)] {
        sleep_until(world.begin + world.time.mul_f64(share)).await;
        world.tally.fault("disk full", "");
        let full = stay_full(world, disk).await;
        let shop = &world.house.shops[0];
        let killed = async {
            if round == 2 {
                world.tally.fault("kill -9 service", &shop.name);
                shop.kill(Duration::ZERO).await?;
            }
            anyhow::Ok(())
        };
        let freed = async {
            sleep(Duration::from_secs(round - 1)).await;
            disk.free()?;
            world.tally.event("the disk has room again");
            world.house.store.ensure_up().await
        };
        futures::try_join!(killed, freed)?;
        full?;
        go_on(world).await?;
    }
    put_right(world).await
}

/// Fills the disk and keeps it full until orders were refused for a while.
async fn stay_full(world: &World<'_>, disk: &Disk) -> Result<()> {
    let (begin, hold) = (Instant::now(), world.time.mul_f64(0.15));
    let before = refused(world);
    while refused(world) < before + 5 || begin.elapsed() < hold {
        disk.fill()?;
        ensure!(begin.elapsed() < hold + PATIENCE, "the full disk goes unnoticed");
        sleep(Duration::from_millis(20)).await;
    }
    let logs = world.house.shops.iter().map(|shop| fs::read_to_string(shop.log()));
    let logs = logs.collect::<Result<Vec<_>, _>>().context("no log")?;
    let of_postgres = matches!(world.house.store, Store::Postgres { .. });
    // A server that gives up altogether cannot say why.
    ensure!(
        of_postgres || logs.iter().any(|log| log.contains(ADVICE)),
        "no service says that the disk is full"
    );
    Ok(())
}

/// Waits until orders are taken again, without anybody's help to the service.
async fn go_on(world: &World<'_>) -> Result<()> {
    let (begin, before) = (Instant::now(), world.tally.seen().promises.placed.len());
    while world.tally.seen().promises.placed.len() == before {
        ensure!(begin.elapsed() < PATIENCE, "the service does not go on");
        sleep(Duration::from_millis(50)).await;
    }
    world.tally.event(&format!("the service goes on after {:?}", begin.elapsed()));
    Ok(())
}

/// How many orders were refused so far because the database takes nothing.
fn refused(world: &World<'_>) -> u64 {
    let seen = world.tally.seen();
    let refusals = seen.answers.iter().filter(|(answer, _)| answer.starts_with(REFUSED));
    refusals.map(|(_, count)| count).sum()
}
