//! The test bed: where programs and databases come from, and how long things are measured.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use testbed::ports::free_port;
use testbed::process::{Process, program, programs};
use tokio::process::Command;

use crate::database::{Database, Kind};

/// The administrator's token of every service that is measured.
pub(crate) const TOKEN: &str = "benchmark-administrator";

/// Everything that the measurements share.
pub(crate) struct Bed {
    /// Short runs.
    pub(crate) quick: bool,
    /// The program `pgbench`.
    pub(crate) pgbench: PathBuf,
    postgres: Option<String>,
    programs: PathBuf,
    folder: TempDir,
    made: Cell<u32>,
}

/// A running `pieshop serve`.
pub(crate) struct Shop {
    pub(crate) process: Process,
    pub(crate) port: u16,
    /// From its start until it was ready.
    pub(crate) took: Duration,
}

impl Bed {
    /// The other programs are taken from the folder of this one.
    pub(crate) fn new(quick: bool, postgres: Option<String>, pgbench: PathBuf) -> Result<Self> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("pieshop-bench-").tempdir()?;
        Ok(Self { quick, pgbench, postgres, programs, folder, made: Cell::new(0) })
    }

    /// Whether there is such a database.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        kind == Kind::Sqlite || self.postgres.is_some()
    }

    /// How often each pair is measured.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 1 } else { 3 }
    }

    /// One of two figures: the first for a short run.
    pub(crate) fn choose<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// How long one throughput is measured.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs(self.choose(3, 10))
    }

    /// A path under the folder that goes with the test bed.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let number = self.made.get() + 1;
        self.made.set(number);
        self.folder.path().join(format!("{number}-{name}"))
    }

    /// A new database with the schema of this release.
    pub(crate) async fn database(&self, kind: Kind) -> Result<Database> {
        let path = self.path("database");
        match (kind, &self.postgres) {
            (Kind::Postgres, Some(server)) => {
                let name = format!("bench_{}_{}", std::process::id(), self.made.get());
                Database::in_server(server, name).await
            }
            _ => Database::in_folder(path).await,
        }
    }

    /// A program of this workspace; settings of whoever runs this are not measured.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = program(&self.programs.join(name));
        command.current_dir(self.folder.path());
        command
    }

    /// Starts the service on `database` and waits until it is ready.
    pub(crate) async fn shop(
        &self,
        database: &Database,
        settings: &[(&str, String)],
    ) -> Result<Shop> {
        let port = free_port()?;
        let mut command = self.program("pieshop");
        command.arg("serve").env("PIESHOP_HTTP__PORT", port.to_string());
        command.env("PIESHOP_DATABASE__URL", &database.url);
        command.env("PIESHOP_AUTH__ADMIN_TOKEN", TOKEN);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let mut process = Process::start(&mut command, self.path("pieshop.log"))?;
        let took = process.ready(port, "/readyz").await.context("pieshop serve")?;
        Ok(Shop { process, port, took })
    }

    /// Starts the service without its engine.
    pub(crate) async fn counter(&self, database: &Database) -> Result<Shop> {
        self.shop(database, &[("PIESHOP_ORCHESTRATOR__ENABLED", "false".into())]).await
    }

    /// Starts one of this program's own servers; `arguments` lack the port.
    pub(crate) async fn peer(&self, arguments: &[&str]) -> Result<Shop> {
        let port = free_port()?;
        let mut command = self.program("bench");
        command.arg("peer").args(arguments).args(["--port", &port.to_string()]);
        let mut process = Process::start(&mut command, self.path("peer.log"))?;
        let took = process.ready(port, "/healthz").await.context("a peer")?;
        Ok(Shop { process, port, took })
    }
}
