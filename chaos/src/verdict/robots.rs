//! What the robots have done, by their own word and by their journals.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use futures::stream;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Order, accuse};
use crate::client::{self, ROBOT_KEY};
use crate::faults::vice;
use crate::house::ROBOTS;
use crate::run::World;
use crate::server::Server;

/// Each robot's stage, as idempotency keys and as attempts name it, and where its jobs are.
const STAGES: [(&str, &str, &str); 3] = [
    ("PICKING", "picking", "/api/v1/jobs/"),
    ("BAKING", "baking", "/api/v1/jobs/"),
    ("DELIVERING", "delivering", "/api/v1/deliveries/"),
];
const UNDER_WAY: [&str; 4] = ["QUEUED", "IN_PROGRESS", "ASSIGNED", "IN_TRANSIT"];
const DONE: [&str; 2] = ["COMPLETED", "DELIVERED"];
/// Longer than any job takes that ends by itself.
const PATIENCE: Duration = Duration::from_secs(15);

/// Checks every job of every robot; returns their numbers.
pub(super) async fn check(
    world: &World<'_>,
    orders: &HashMap<Uuid, Order>,
) -> Result<BTreeMap<&'static str, usize>> {
    let mut jobs = BTreeMap::new();
    for (number, robot) in world.house.robots.iter().enumerate() {
        let found = check_robot(world, orders, number, robot).await;
        jobs.insert(ROBOTS[number], found.with_context(|| robot.name.clone())?);
    }
    Ok(jobs)
}

async fn check_robot(
    world: &World<'_>,
    orders: &HashMap<Uuid, Order>,
    number: usize,
    robot: &Server,
) -> Result<usize> {
    let vice = vice(world.seed, number);
    let name = &robot.name;
    if vice != "stuck" {
        // Whoever forgets or rejects leaves jobs behind that nobody can stop; they end soon.
        wait_for_the_last(world, robot).await?;
    }
    let told = client::get(robot.port, "/stats", ROBOT_KEY).await?.body;
    let keys = told["keys"].as_object().context("no keys in /stats")?;
    let (stage, attempts, path) = STAGES[number];
    let owners: HashMap<String, &Order> = orders
        .values()
        .flat_map(|order| {
            let count = order.row.attempts(attempts);
            (1..=count).map(move |attempt| (key(order.row.id, stage, attempt), order))
        })
        .collect();
    for (key, counts) in keys {
        if counts["jobs"].as_u64().is_none_or(|jobs| jobs > 1) {
            world.tally.violation(format!("the {name} has {counts} for the key {key}"));
        }
        if !owners.contains_key(key) {
            world.tally.violation(format!("the {name} was called with {key}, nobody's key"));
        }
    }
    let jobs = journal(world, name)?;
    let mut reports = stream::iter(&jobs)
        .map(async |(key, id)| {
            let reply = client::get(robot.port, &format!("{path}{id}"), ROBOT_KEY).await;
            (key, reply)
        })
        .buffer_unordered(16);
    let mut done: HashMap<Uuid, u32> = HashMap::new();
    while let Some((key, reply)) = reports.next().await {
        let (reply, Some(order)) = (reply?, owners.get(key)) else { continue };
        let Order { row, history } = order;
        let job = reply.body["status"].as_str().unwrap_or_default();
        if UNDER_WAY.contains(&job) {
            accuse(world, row, history, &format!("the {name}'s job {key} is still {job}"));
        }
        if DONE.contains(&job) {
            let count = done.entry(row.id).or_default();
            *count += 1;
            if *count == 2 && vice == "stuck" {
                accuse(world, row, history, &format!("the {name} did its work twice"));
            }
        }
    }
    Ok(jobs.len())
}

async fn wait_for_the_last(world: &World<'_>, robot: &Server) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    loop {
        let stats = client::get(robot.port, "/stats", ROBOT_KEY).await?.body;
        let left = UNDER_WAY.iter().filter_map(|state| stats["jobs"][state].as_u64()).sum::<u64>();
        if left == 0 {
            return Ok(());
        }
        if Instant::now() > end {
            world.tally.violation(format!("the {} has {left} jobs that do not end", robot.name));
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// The idempotency key of a job, as the service's contract with itself makes it.
fn key(order: Uuid, stage: &str, attempt: u64) -> String {
    Uuid::new_v5(&order, format!("{stage}/{attempt}").as_bytes()).to_string()
}

/// The id of each key's job.
fn journal(world: &World<'_>, robot: &str) -> Result<HashMap<String, String>> {
    let text = fs::read_to_string(world.house.journal(robot))?;
    let mut jobs = HashMap::new();
    for line in text.lines() {
        let fact: Value = serde_json::from_str(line).context("a torn journal")?;
        if let (Some(key), Some(id)) = (fact["job"]["key"].as_str(), fact["job"]["id"].as_str())
            && jobs.insert(key.to_owned(), id.to_owned()).is_some()
        {
            world.tally.violation(format!("the {robot}'s journal has two jobs for {key}"));
        }
    }
    Ok(jobs)
}
