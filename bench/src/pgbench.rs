//! `PostgreSQL`'s own load generator: what the database can do one statement at a time.

use std::fs;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use order_core::{Order, Status, Workflow};

use crate::bed::Bed;
use crate::database::Database;
use crate::load::float;
use crate::orders::{ID_PREFIX, Way};

/// What one client a time does, over and over.
pub(crate) struct Script(String);

/// The id of the row of the number `:number`, of which `hexadecimal` is what varies.
fn row_id() -> String {
    format!("('{ID_PREFIX}' || lpad(to_hex(:number::bigint), 12, '0'))::uuid")
}

impl Script {
    /// Writes a new order and its first history entry: the row that a create writes.
    pub(crate) fn create() -> Result<Self> {
        let way = Way::walk()?;
        let (order, id) = (way.at(Status::Ordered)?, row_id());
        let (to, at) = (&order.customer, &order.address);
        let (name, phone) = (&to.name, &to.phone);
        let (street, city, state, zip) = (&at.street, &at.city, &at.state, &at.zip);
        let (workflow, format) = (document(order)?, Workflow::FORMAT);
        let recipe = "ab".repeat(32);
        Ok(Self(format!(
            r"\set n :n + 1
\set number :n * 64 + :client_id
with placed as (
    insert into orders (id, pie_type, customer_name, customer_email, customer_phone,
        delivery_street, delivery_city, delivery_state, delivery_zip, current_state,
        estimated_delivery, promised_delivery, created_at, updated_at, wake_at, version, edits,
        seq, format, workflow, attempt, tries, recipe)
    values ({id}, 'apple', '{name}', 'customer' || :number::bigint || '@example.com', '{phone}',
        '{street}', '{city}', '{state}', '{zip}', 'ORDERED',
        now(), now(), now(), now(), now(), 1, 0,
        1, {format}, '{workflow}', 0, 0, '\x{recipe}')
    returning id)
insert into state_history (order_id, seq, from_state, to_state, timestamp)
select id, 1, null, 'ORDERED', now() from placed;
"
        )))
    }

    /// Brings one of `orders` prepared orders into its next state: the row that a transition writes.
    pub(crate) fn transition(orders: u64) -> Result<Self> {
        let way = Way::walk()?;
        let picking = way.steps.iter().map(|step| &step.order);
        let picking = picking.into_iter().find(|order| order.status() == Status::Picking);
        let workflow = document(picking.context("no PICKING")?)?;
        let (id, last) = (row_id(), orders - 1);
        Ok(Self(format!(
            r"\set number random(0, {last})
with changed as (
    update orders set current_state = 'PICKING', updated_at = now(), wake_at = now(),
        version = version + 1, seq = seq + 1, workflow = '{workflow}', attempt = 1, tries = 0,
        lease_token = null, lease_until = null
    where id = {id}
    returning id, seq)
insert into state_history (order_id, seq, from_state, to_state, timestamp)
select id, seq, 'ORDERED', 'PICKING', now() from changed;
"
        )))
    }

    /// Runs it with so many clients; returns transactions a second.
    pub(crate) async fn run(&self, bed: &Bed, database: &Database, clients: u32) -> Result<f64> {
        let file = bed.path("script.sql");
        fs::write(&file, &self.0)?;
        let mut pgbench = tokio::process::Command::new(&bed.pgbench);
        pgbench.args(["--no-vacuum", "--protocol=prepared", "--define=n=0"]);
        pgbench.arg(format!("--client={clients}")).arg(format!("--jobs={}", clients.min(2)));
        pgbench.arg(format!("--time={}", bed.time().as_secs())).arg("--file").arg(&file);
        pgbench.arg(&database.url).stdin(Stdio::null()).kill_on_drop(true);
        let output = pgbench.output().await.context("cannot start pgbench")?;
        let (said, errors) = (text(&output.stdout), text(&output.stderr));
        let first = errors.lines().next().unwrap_or_default();
        ensure!(output.status.success(), "pgbench failed: {first}");
        let count = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
        let failed = count("number of failed transactions: ").context("no failures named")?;
        ensure!(failed.starts_with("0 "), "pgbench had failures: {said}");
        let rate = count("tps = ").and_then(|rest| rest.split(' ').next());
        Ok(rate.context("pgbench names no rate")?.parse()?)
    }

    /// How long one client waits for one transaction, in milliseconds.
    pub(crate) async fn lone(&self, bed: &Bed, database: &Database) -> Result<f64> {
        Ok(float(1000) / self.run(bed, database, 1).await?)
    }
}

/// The order's document. What follows a colon without a space would be a variable of `pgbench`.
fn document(order: &Order) -> Result<String> {
    Ok(serde_json::to_string(&order.workflow)?.replace("\":", "\": "))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
