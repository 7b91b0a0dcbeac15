//! Starts programs on free ports and stops them at the end of the test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use testbed::ports;
use testbed::process::{Process, program};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

pub(crate) const ADMIN_TOKEN: &str = "an-administrators-token";
/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that ends with the test.
pub(crate) struct Program {
    process: Process,
    url: String,
    /// With the log.
    _folder: TempDir,
}

impl Program {
    /// `pieshop serve` on a free port.
    pub(crate) async fn serve(database: &str, robots: u16, pace: u32) -> Self {
        let port = free_ports(1);
        let mut command = pieshop();
        command
            .arg("serve")
            .env("PIESHOP_DATABASE__URL", database)
            .env("PIESHOP_HTTP__PORT", port.to_string())
            .env("PIESHOP_AUTH__ADMIN_TOKEN", ADMIN_TOKEN)
            .env("PIESHOP_PACE", pace.to_string())
            // A killed worker's orders are taken over soon.
            .env("PIESHOP_ORCHESTRATOR__LEASE", "2s")
            .env("PIESHOP_HTTP__SHUTDOWN_GRACE", "3s");
        for (index, robot) in ["PICKER", "BAKER", "DELIVERY"].into_iter().enumerate() {
            let url = format!("http://127.0.0.1:{}", usize::from(robots) + index);
            command.env(format!("PIESHOP_ROBOTS__{robot}__URL"), url);
            command.env(format!("PIESHOP_ROBOTS__{robot}__CALL_TIMEOUT"), "900ms");
        }
        Self::start(command, port).await
    }

    /// `pieshop up` on `port` and the three after it.
    pub(crate) async fn up(data: &Path, port: u16, pace: u32) -> Self {
        let mut command = pieshop();
        command
            .args(["up", "--no-open", "--failure-rate", "0", "--data"])
            .arg(data)
            .args(["--pace", &pace.to_string()]);
        for (index, flag) in
            ["--port", "--picker-port", "--baker-port", "--delivery-port"].into_iter().enumerate()
        {
            command.arg(flag).arg((usize::from(port) + index).to_string());
        }
        command.env("PIESHOP_ORCHESTRATOR__LEASE", "2s");
        for robot in ["PICKER", "BAKER", "DELIVERY"] {
            command.env(format!("PIESHOP_ROBOTS__{robot}__CALL_TIMEOUT"), "900ms");
        }
        Self::start(command, port).await
    }

    /// `pie-robots all` on `port` and the two after it.
    pub(crate) async fn robots(data: &Path, port: u16, pace: u32) -> Self {
        let mut command = Command::new(pieshop_path().with_file_name("pie-robots"));
        command
            .args(["all", "--failure-rate", "0", "--port", &port.to_string()])
            .args(["--ovens", "100", "--pace", &pace.to_string(), "--data"])
            .arg(data);
        Self::start(command, port).await
    }

    async fn start(mut command: Command, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Process::start(&mut command, folder.path().join("log")).unwrap();
        process.ready(port, "/healthz").await.unwrap();
        Self { process, url: format!("http://127.0.0.1:{port}"), _folder: folder }
    }

    /// SIGKILL: nothing is tidied up.
    pub(crate) async fn kill(self) {
        self.process.kill().await.unwrap();
    }

    /// SIGTERM, and how long it took to end.
    pub(crate) async fn terminate(self) -> (ExitStatus, Duration) {
        self.process.terminate().await.unwrap()
    }

    pub(crate) async fn order(&self) -> String {
        let answer = client()
            .post(format!("{}/api/orders", self.url))
            .json(&an_order())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().await.unwrap()["orderId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let request = client().get(format!("{}{path}", self.url)).bearer_auth(ADMIN_TOKEN);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Waits until every order has come as far as `status`.
    pub(crate) async fn all_reach(&self, orders: &[String], status: &str) {
        for order in orders {
            eventually(&format!("{order} is {status}"), async || {
                let view = self.get(&format!("/api/orders/{order}")).await;
                assert_ne!(view["status"], "ERROR", "{view}");
                history(&view).contains(&status.to_owned()).then_some(())
            })
            .await;
        }
    }
}

/// The states that an order has gone through.
pub(crate) fn history(view: &Value) -> Vec<String> {
    let entries = view["history"].as_array().unwrap();
    entries.iter().map(|entry| entry["state"].as_str().unwrap().to_owned()).collect()
}

/// Asserts that each robot has `jobs` jobs, and no key with more than one.
pub(crate) async fn assert_one_job_a_key(robots: u16, jobs: usize) {
    for port in robots..robots + 3 {
        let url = format!("http://127.0.0.1:{port}/stats");
        let stats: Value = client().get(url).send().await.unwrap().json().await.unwrap();
        let keys: BTreeMap<String, Value> = serde_json::from_value(stats["keys"].clone()).unwrap();
        assert_eq!(keys.len(), jobs, "robot at {port}: {stats}");
        assert!(keys.values().all(|key| key["jobs"] == 1), "robot at {port}: {stats}");
    }
}

/// Repeats `attempt` until it brings something, within the test's patience.
pub(crate) async fn eventually<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(result) = attempt().await {
            return result;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn an_order() -> Value {
    json!({
        "pieType": "apple",
        "customer": {"name": "Jane Doe", "email": "jane@example.com", "phone": "+1-555-0123"},
        "deliveryAddress":
            {"street": "123 Main St", "city": "Springfield", "state": "IL", "zip": "62701"},
    })
}

/// The first of `count` ports in a row that are free.
pub(crate) fn free_ports(count: u16) -> u16 {
    ports::free_ports(count).unwrap()
}

/// The service's program without any configuration from outside.
pub(crate) fn pieshop() -> Command {
    program(&pieshop_path())
}

fn pieshop_path() -> PathBuf {
    env!("CARGO_BIN_EXE_pieshop").into()
}

fn client() -> reqwest::Client {
    pieshop::robots::http(Duration::from_secs(5)).unwrap()
}
