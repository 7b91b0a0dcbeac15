//! The verdict: what must hold once everything has come to rest.

mod history;
mod logs;
mod promises;
mod robots;
pub(crate) mod rows;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use futures::stream;
use serde_json::Value;
use tokio::time::sleep;
use type_safe_id::{StaticType, TypeSafeId};
use uuid::Uuid;

use crate::client::{self, TOKEN};
use crate::run::World;
use rows::{Entry, Row};

/// How the orders ended.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    /// By state, for ERROR also by code.
    pub(crate) orders: BTreeMap<String, u64>,
    pub(crate) entries: usize,
    pub(crate) jobs: BTreeMap<&'static str, usize>,
}

/// Everything that is checked of one order.
pub(crate) struct Order {
    pub(crate) row: Row,
    pub(crate) history: Vec<Entry>,
}

/// The prefix of order ids.
#[derive(Default)]
struct Prefix;

impl StaticType for Prefix {
    const TYPE: &'static str = "ord";
}

/// Reads everything and tells the tally what is wrong.
pub(crate) async fn judge(world: &World<'_>) -> Result<Ends> {
    let orders = rows::read(&world.house.store).await?;
    let mut ends = Ends::default();
    for Order { row, history } in orders.values() {
        let end = match row.failure() {
            Some(code) if row.state == "ERROR" => format!("ERROR {code}"),
            _ => row.state.clone(),
        };
        *ends.orders.entry(end).or_default() += 1;
        ends.entries += history.len();
        for wrong in history::check(row, history) {
            accuse(world, row, history, &wrong);
        }
    }
    let broken = promises::check(world.seed, &world.tally.seen().promises, &orders);
    for wrong in broken {
        world.tally.violation(wrong);
    }
    answers(world, &orders).await?;
    counters(world, &orders).await;
    ends.jobs = robots::check(world, &orders).await?;
    logs::check(world)?;
    Ok(ends)
}

/// A violation, with the order's history in the diary.
fn accuse(world: &World<'_>, row: &Row, history: &[Entry], what: &str) {
    let id = TypeSafeId::<Prefix>::from_uuid(row.id);
    let told: Vec<_> = history.iter().map(|entry| format!("\n    {entry}")).collect();
    let due = if row.due { ", something is due" } else { "" };
    world.tally.violation(format!("{id} in {}{due}: {what}{}", row.state, told.concat()));
}

/// The API tells of every order what the database has.
async fn answers(world: &World<'_>, orders: &HashMap<Uuid, Order>) -> Result<()> {
    let placed: Vec<String> = world.tally.seen().promises.placed.values().cloned().collect();
    let port = world.house.shops.first().context("no service")?.port;
    let mut views = stream::iter(placed)
        .map(async |id| (client::get(port, &format!("/api/orders/{id}"), TOKEN).await, id))
        .buffer_unordered(16);
    while let Some((view, id)) = views.next().await {
        let view = view?;
        let Some(Order { row, history }) = uuid(&id).and_then(|id| orders.get(&id)) else {
            continue;
        };
        let told: Option<Vec<&str>> = view.body["history"]
            .as_array()
            .map(|entries| entries.iter().filter_map(|entry| entry["state"].as_str()).collect());
        let changes = history.iter().filter(|entry| entry.from.as_ref() != Some(&entry.to));
        let stored: Vec<&str> = changes.map(|entry| entry.to.as_str()).collect();
        if view.status != 200 || view.body["status"] != row.state.as_str() || told != Some(stored) {
            accuse(world, row, history, &format!("the API tells {}: {}", view.status, view.body));
        }
        let explained = view.body["failure"]["code"].as_str().is_some_and(|code| !code.is_empty());
        if row.state == "ERROR" && !explained {
            accuse(world, row, history, "the API gives no reason");
        }
    }
    Ok(())
}

/// The counters, which follow the history a second late, come to be what the database has.
async fn counters(world: &World<'_>, orders: &HashMap<Uuid, Order>) {
    let mut stored: BTreeMap<&str, u64> = BTreeMap::new();
    for order in orders.values() {
        *stored.entry(order.row.state.as_str()).or_default() += 1;
    }
    for shop in &world.house.shops {
        let mut told = Value::Null;
        for _ in 0..100 {
            if let Ok(reply) = client::get(shop.port, "/api/stats", TOKEN).await {
                told = reply.body["orders"].clone();
            }
            let same = |(state, count): (&String, &Value)| {
                count.as_u64() == Some(stored.get(state.as_str()).copied().unwrap_or_default())
            };
            if told.as_object().is_some_and(|told| told.len() == 8 && told.iter().all(same)) {
                told = Value::Null;
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        if !told.is_null() {
            let name = &shop.name;
            world.tally.violation(format!("{name} counts {told}, the database has {stored:?}"));
        }
    }
}

fn uuid(id: &str) -> Option<Uuid> {
    Some(id.parse::<TypeSafeId<Prefix>>().ok()?.uuid())
}
