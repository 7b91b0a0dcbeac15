//! The house: a database, robots and services, set up as a user would do it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use testbed::Database;
use testbed::ports::free_port;
use testbed::postgres::{Cluster, find_programs};
use testbed::process::{program, programs};
use testbed::proxy::Proxy;
use tokio::process::Command;

use crate::client::{ROBOT_KEY, TOKEN};
use crate::disk::Disk;
use crate::server::{Server, Setup};
use crate::{Args, Kind};

/// How fast the kitchen runs: picking takes a tenth of a second, a whole order about six seconds.
pub(crate) const PACE: u32 = 600;
/// How long a claimed order belongs to its claimer, by the services' configuration.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// The robots, in the order of a pie's way.
pub(crate) const ROBOTS: [&str; 3] = ["picker", "baker", "delivery"];
/// Services on one `PostgreSQL` database.
const SHOPS: usize = 3;
/// The size of a disk that is to be filled up, in MB.
const SQLITE_DISK: u32 = 24;
const POSTGRES_DISK: u32 = 320;

/// Everything that runs. What is first is dropped first.
pub(crate) struct House {
    pub(crate) shops: Vec<Server>,
    pub(crate) robots: Vec<Server>,
    pub(crate) store: Store,
    /// The database's disk, where it has one of its own.
    pub(crate) disk: Option<Disk>,
    pub(crate) folder: TempDir,
}

/// Where the orders are kept.
pub(crate) enum Store {
    Sqlite { url: String },
    Postgres { server: Postgres, url: String },
}

/// A server with a way to it that can be cut.
pub(crate) struct Postgres {
    pub(crate) cluster: Cluster,
    pub(crate) proxy: Proxy,
}

impl House {
    /// Starts everything.
    pub(crate) async fn start(args: &Args, seed: u64) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("pieshop-chaos-").tempdir()?;
        for name in ["logs", "robots"] {
            fs::create_dir(folder.path().join(name))?;
        }
        // The server's own account must get at its folder.
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let data = folder.path().join("data");
        let size = if args.database == Kind::Sqlite { SQLITE_DISK } else { POSTGRES_DISK };
        let disk = args.full_disk.then(|| Disk::mount(data.clone(), size)).transpose()?;
        let robots = robots(folder.path(), seed)?;
        let (store, reached, count) = match args.database {
            Kind::Sqlite => {
                let url = format!("sqlite://{}", data.join("pieshop.db").display());
                (Store::Sqlite { url: url.clone() }, url, 1)
            }
            Kind::Postgres => {
                let programs = find_programs().context("PostgreSQL is not installed")?;
                let cluster = Cluster::create(programs, data.join("postgres"))?;
                cluster.start()?;
                let database = Database::create(&cluster.url(), "pieshop").await?;
                let (proxy, reached) = database.through_proxy().await?;
                let url = database.url;
                (Store::Postgres { server: Postgres { cluster, proxy }, url }, reached, SHOPS)
            }
        };
        let shops = shops(folder.path(), &robots, &reached, count)?;
        let house = Self { shops, robots, store, disk, folder };
        house.migrate(&reached).await?;
        for server in house.servers() {
            server.start().await?;
        }
        Ok(house)
    }

    /// Every server but the database's.
    pub(crate) fn servers(&self) -> impl Iterator<Item = &Server> {
        self.robots.iter().chain(&self.shops)
    }

    /// Where a robot keeps what it knows.
    pub(crate) fn journal(&self, robot: &str) -> PathBuf {
        self.folder.path().join("robots").join(robot).with_extension("jsonl")
    }

    async fn migrate(&self, url: &str) -> Result<()> {
        let mut command = program(&program_of_ours("pieshop")?);
        command.arg("migrate").env("PIESHOP_DATABASE__URL", url).current_dir(self.folder.path());
        let done = command.kill_on_drop(true).output().await?;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        ensure!(done.status.success(), "pieshop migrate: {said}");
        Ok(())
    }
}

impl Postgres {
    /// Ends the server without a checkpoint, and starts it again.
    pub(crate) async fn restart(&self) -> Result<()> {
        let status = Command::from(self.cluster.pg_ctl("restart")).status().await?;
        ensure!(status.success(), "PostgreSQL does not restart ({status})");
        Ok(())
    }
}

impl Store {
    /// Starts the database's server where it has ended.
    pub(crate) async fn ensure_up(&self) -> Result<()> {
        let Self::Postgres { server: Postgres { cluster, .. }, .. } = self else { return Ok(()) };
        if !Command::from(cluster.pg_ctl("status")).status().await?.success() {
            let status = Command::from(cluster.pg_ctl("start")).status().await?;
            ensure!(status.success(), "PostgreSQL does not start ({status})");
        }
        Ok(())
    }
}

/// Sends a signal to a process of the database's server, which may have ended meanwhile.
pub(crate) fn signal(process: Pid, signal: Signal) {
    let _ = kill_process(process, signal);
}

fn robots(folder: &Path, seed: u64) -> Result<Vec<Server>> {
    let key = folder.join("robots.key");
    fs::write(&key, ROBOT_KEY)?;
    let program = program_of_ours("pie-robots")?;
    let robot = |name: &str| {
        let port = free_port()?;
        let data = folder.join("robots").display().to_string();
        let arguments = [
            name.to_owned(),
            format!("--port={port}"),
            format!("--pace={PACE}"),
            format!("--data={data}"),
            format!("--api-key-file={}", key.display()),
            format!("--seed={seed}"),
            "--ovens=400".into(),
            "--faults".into(),
        ];
        let setup = Setup {
            program: program.clone(),
            arguments: arguments.into(),
            variables: Vec::new(),
            folder: folder.to_path_buf(),
            health: "/healthz",
        };
        Ok(Server::new(name.to_owned(), port, setup))
    };
    ROBOTS.into_iter().map(robot).collect()
}

fn shops(folder: &Path, robots: &[Server], database: &str, count: usize) -> Result<Vec<Server>> {
    let program = program_of_ours("pieshop")?;
    let mut shops = Vec::new();
    for number in 1..=count {
        let (name, port) = (format!("shop-{number}"), free_port()?);
        let file = folder.join(&name).with_extension("toml");
        fs::write(&file, configuration(port, robots, number))?;
        let mut variables = vec![
            ("PIESHOP_DATABASE__URL".into(), database.to_owned()),
            ("PIESHOP_AUTH__ADMIN_TOKEN".into(), TOKEN.to_owned()),
        ];
        variables.extend(ROBOTS.map(|robot| {
            (format!("PIESHOP_ROBOTS__{}__API_KEY", robot.to_uppercase()), ROBOT_KEY.to_owned())
        }));
        let setup = Setup {
            program: program.clone(),
            arguments: vec!["serve".into(), format!("--config={}", file.display())],
            variables,
            folder: folder.to_path_buf(),
            health: "/readyz",
        };
        shops.push(Server::new(name, port, setup));
    }
    Ok(shops)
}

/// Short times, so that faults bite and orders are taken over soon.
fn configuration(port: u16, robots: &[Server], number: usize) -> String {
    let format = if number == 1 { "json" } else { "text" };
    let robots = robots.iter().map(|Server { name, port, .. }| {
        format!("[robots.{name}]\nurl = \"http://127.0.0.1:{port}\"\ncall_timeout = \"900ms\"\n")
    });
    format!(
        "pace = {PACE}\n\
         [http]\nport = {port}\nrequest_timeout = \"6s\"\ncommit_deadline = \"4s\"\n\
         [database]\nconnect_timeout = \"4s\"\n\
         [breaker]\nopen_for = \"1s\"\n\
         [retry]\nbase = \"100ms\"\ncap = \"2s\"\n\
         [orchestrator]\nlease = \"{}s\"\npoll_interval = \"100ms\"\n\
         [log]\nformat = \"{format}\"\n{}",
        LEASE.as_secs(),
        robots.collect::<String>()
    )
}

fn program_of_ours(name: &str) -> Result<PathBuf> {
    let program = programs()?.join(name);
    let missing = "is not built: `cargo build -p pieshop -p pie-robots`";
    ensure!(program.is_file(), "{} {missing}", program.display());
    Ok(program)
}
