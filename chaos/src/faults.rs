//! What breaks, drawn from the seed: several hands at work at once.

use std::time::Duration;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::client::{Call, ROBOT_KEY};
use crate::house::{LEASE, Postgres, ROBOTS, Store, signal};
use crate::run::World;
use crate::server::Server;

/// What a robot does besides what every robot does. Each of these makes something unknowable, so
/// that no robot does two of them: who forgets a job that never ends lets it run for ever.
const VICES: [&str; 3] = ["forget", "stuck", "reject"];

/// The vice of a robot, by its place in [`ROBOTS`]; every seed gives them out differently.
pub(crate) fn vice(seed: u64, robot: usize) -> &'static str {
    let shift = usize::try_from(seed % 3).unwrap_or_default();
    VICES[(robot + shift) % VICES.len()]
}

/// Breaks things until the end of the run, then puts everything right.
pub(crate) async fn strike(world: &World<'_>) -> Result<()> {
    let hand = |number: u64| StdRng::seed_from_u64(world.seed.wrapping_add(number << 40));
    let database = async {
        match &world.house.store {
            Store::Postgres { server, .. } => databases(world, server, hand(1)).await,
            Store::Sqlite { .. } => Ok(()),
        }
    };
    // Two pairs of hands at the processes, so that faults meet.
    let processes = async {
        futures::try_join!(processes(world, hand(2)), processes(world, hand(4))).map(drop)
    };
    let broken = futures::try_join!(processes, database, robots(world, hand(3)), watch(world));
    put_right(world).await?;
    broken.map(drop)
}

/// Ends all faults and waits until everything is up.
pub(crate) async fn put_right(world: &World<'_>) -> Result<()> {
    if let Store::Postgres { server, .. } = &world.house.store {
        server.proxy.close(false);
        server.proxy.hold(false);
        for process in server.cluster.processes() {
            signal(process, Signal::CONT);
        }
    }
    world.house.store.ensure_up().await?;
    for robot in &world.house.robots {
        while set(robot, &json!({ "mode": "none" })).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
    }
    world.tally.event("no faults from here on");
    Ok(())
}

/// Processes die, stand still and are restarted.
async fn processes(world: &World<'_>, mut rng: StdRng) -> Result<()> {
    while world.pause(&mut rng, 300..2_500).await {
        let of_shop = rng.random_bool(0.6);
        let servers = if of_shop { &world.house.shops } else { &world.house.robots };
        let Some(server) = servers.choose(&mut rng) else { return Ok(()) };
        let away = Duration::from_millis(rng.random_range(0..1_500));
        let longer = LEASE + Duration::from_millis(rng.random_range(200..2_000));
        match rng.random_range(0..10) {
            0..5 => {
                let kind = if of_shop { "kill -9 service" } else { "kill -9 robot" };
                world.tally.fault(kind, &server.name);
                server.kill(away).await?;
            }
            5..8 => {
                let kind = if of_shop { "SIGSTOP service" } else { "SIGSTOP robot" };
                world.tally.fault(kind, &server.name);
                server.pause(longer).await?;
            }
            _ if of_shop => {
                world.tally.fault("SIGTERM service", &server.name);
                if let Err(error) = server.restart().await {
                    world.tally.violation(format!("{}: {error:#}", server.name));
                    server.start().await?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The database's server dies, stands still or cannot be reached.
async fn databases(world: &World<'_>, server: &Postgres, mut rng: StdRng) -> Result<()> {
    while world.pause(&mut rng, 1_000..5_000).await {
        let time = Duration::from_millis(rng.random_range(500..4_000));
        let processes = server.cluster.processes();
        match rng.random_range(0..13) {
            0..3 => {
                world.tally.fault("PostgreSQL restarted at once", "");
                server.restart().await?;
            }
            3..5 => {
                let Some(process) = processes.get(1..).and_then(|it| it.choose(&mut rng)) else {
                    continue;
                };
                world.tally.fault("kill -9 PostgreSQL backend", "");
                signal(*process, Signal::KILL);
            }
            5..7 => {
                let some = processes.choose(&mut rng).copied();
                world.tally.fault("SIGSTOP PostgreSQL process", "");
                stop(some.as_slice(), time).await;
            }
            7 => {
                world.tally.fault("SIGSTOP all of PostgreSQL", "");
                stop(&processes, time).await;
            }
            8..11 => {
                world.tally.fault("connections cut", "");
                server.proxy.cut_all();
            }
            11 => {
                world.tally.fault("database out of reach", "");
                server.proxy.close(true);
                server.proxy.cut_all();
                sleep(time).await;
                server.proxy.close(false);
            }
            _ => {
                // Sometimes longer than a service that is told to stop may take.
                let time = Duration::from_millis(rng.random_range(1_000..14_000));
                world.tally.fault("database silent", "");
                server.proxy.hold(true);
                sleep(time).await;
                server.proxy.hold(false);
            }
        }
    }
    Ok(())
}

async fn stop(processes: &[rustix::process::Pid], time: Duration) {
    for process in processes {
        signal(*process, Signal::STOP);
    }
    sleep(time).await;
    for process in processes {
        signal(*process, Signal::CONT);
    }
}

/// Robots misbehave, one after the other.
async fn robots(world: &World<'_>, mut rng: StdRng) -> Result<()> {
    while world.pause(&mut rng, 200..2_000).await {
        let number = rng.random_range(0..ROBOTS.len());
        let robot = &world.house.robots[number];
        let (kind, mut faults) = match rng.random_range(0..7) {
            0 => ("robot down", json!({ "mode": "down" })),
            1 | 2 => ("robot flaky", json!({ "mode": "flaky", "seed": rng.random::<u32>() })),
            3 => {
                ("robot slow", json!({ "mode": "slow", "latencyMs": rng.random_range(50..2_000) }))
            }
            _ => match vice(world.seed, number) {
                "forget" => ("robot forgets", json!({ "mode": "forget" })),
                "stuck" => ("robot stuck", json!({ "mode": "stuck" })),
                _ => ("robot rejects", json!({ "mode": "reject" })),
            },
        };
        if robot.name == "delivery" && rng.random_bool(0.2) {
            faults["storm"] = true.into();
            world.tally.fault("storm", "");
        }
        if set(robot, &faults).await.is_ok() {
            world.tally.fault(kind, &robot.name);
            sleep(Duration::from_millis(rng.random_range(300..3_000))).await;
            // One that was killed meanwhile has come back, or will come back, without faults.
            let _ = set(robot, &json!({ "mode": "none" })).await;
        }
    }
    Ok(())
}

async fn set(robot: &Server, faults: &Value) -> Result<()> {
    let (bearer, body) = (format!("Bearer {ROBOT_KEY}"), faults.to_string());
    let headers = [("authorization", bearer.as_str())];
    let call = Call { method: "PUT", path: "/faults", headers: &headers, body: Some(&body) };
    let reply = call.to(robot.port).await?;
    anyhow::ensure!(reply.status == 200, "PUT /faults was answered {}", reply.status);
    Ok(())
}

/// No server ends by itself.
async fn watch(world: &World<'_>) -> Result<()> {
    while Instant::now() < world.end() {
        sleep(Duration::from_millis(200)).await;
        for server in world.house.servers() {
            if let Err(error) = server.check() {
                world.tally.violation(format!("{error:#}"));
                server.start().await?;
            }
        }
    }
    Ok(())
}
