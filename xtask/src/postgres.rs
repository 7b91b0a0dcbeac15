//! A throw-away PostgreSQL cluster with default durability.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::{apt, process, workspace::Workspace};

const OLDEST: u32 = 15;
const OTHERWISE: &str = "name a running server in PIESHOP_TEST_POSTGRES_URL";

/// A cluster of its own on a free port of 127.0.0.1; stopped and removed when dropped.
pub(crate) struct Postgres {
    programs: PathBuf,
    account: Option<Account>,
    port: u16,
    directory: TempDir,
    /// Where the server's log is kept once the cluster is gone.
    kept_log: PathBuf,
}

impl Postgres {
    /// Finds PostgreSQL (or installs it, where this is allowed) and starts a new cluster.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        if find_programs().is_none() {
            apt::install(workspace, &["postgresql"], OTHERWISE)?;
        }
        let programs = find_programs().context("installed PostgreSQL, but found no initdb")?;
        check_version(&programs)?;
        let postgres = Self {
            programs,
            account: Account::to_run_as()?,
            port: process::free_port()?,
            directory: tempfile::Builder::new().prefix("pieshop-postgres-").tempdir()?,
            kept_log: workspace.scratch.join("postgres.log"),
        };
        postgres.create_cluster(workspace)?;
        let mut start = postgres.pg_ctl("start");
        start.arg("--log").arg(postgres.log());
        process::run_logged(&mut start, &workspace.scratch.join("pg_ctl.log")).map_err(
            |error| {
                anyhow::anyhow!(
                    "PostgreSQL does not start: {error}{}",
                    process::tail(&postgres.log())
                )
            },
        )?;
        Ok(postgres)
    }

    /// The address of the cluster's database `postgres`, as its superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The path of a program of this PostgreSQL, such as `pgbench`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    fn create_cluster(&self, workspace: &Workspace) -> Result<()> {
        if let Some(account) = self.account {
            chown(self.directory.path(), Some(account.uid), Some(account.gid))?;
        }
        let mut initdb = self.command("initdb");
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        initdb.arg("--pgdata").arg(self.data());
        let created = process::run_logged(&mut initdb, &workspace.scratch.join("initdb.log"));
        created.with_context(|| {
            format!("no PostgreSQL cluster in {}", self.directory.path().display())
        })?;
        let mut settings =
            OpenOptions::new().append(true).open(self.data().join("postgresql.conf"))?;
        writeln!(
            settings,
            "port = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n\
             max_connections = 200",
            self.port
        )?;
        Ok(())
    }

    fn pg_ctl(&self, action: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command.args([action, "--wait", "--pgdata"]).arg(self.data());
        command
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.program(program));
        command.current_dir(self.directory.path());
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // In a process group of its own, a second Ctrl-C does not end the taking down.
        if self.data().join("postmaster.pid").exists() {
            let mut stop = self.pg_ctl("stop");
            stop.arg("--mode=immediate").stdin(Stdio::null()).stdout(Stdio::null());
            if !matches!(stop.process_group(0).status(), Ok(status) if status.success()) {
                eprintln!(
                    "xtask: could not stop PostgreSQL in {}",
                    self.directory.path().display()
                );
            }
        }
        if self.log().exists() {
            let _ = fs::copy(self.log(), &self.kept_log);
        }
    }
}

/// Whom the server runs as when this task is root, which PostgreSQL refuses to run as.
#[derive(Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    fn to_run_as() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let id = |flag| -> Result<u32> {
            let output = Command::new("id").args([flag, "postgres"]).output()?;
            String::from_utf8(output.stdout)?.trim().parse().with_context(|| {
                format!("root cannot run PostgreSQL and there is no user postgres; {OTHERWISE}")
            })
        };
        Ok(Some(Self { uid: id("-u")?, gid: id("-g")? }))
    }
}

/// The folder of the newest PostgreSQL programs on this machine.
fn find_programs() -> Option<PathBuf> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = packaged
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
        .map(|(version, path)| (version, path.join("bin")))
        .filter(|(_, programs)| programs.join("initdb").is_file())
        .max_by_key(|(version, _)| *version);
    match newest {
        Some((_, programs)) => Some(programs),
        None => apt::find_program("initdb")?.parent().map(Path::to_path_buf),
    }
}

fn check_version(programs: &Path) -> Result<()> {
    let output = Command::new(programs.join("initdb")).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let major = text.split(|c: char| !c.is_ascii_digit()).find_map(|part| part.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST => Ok(()),
        _ => bail!(
            "{} is {}, but the tests need PostgreSQL {OLDEST} or newer; {OTHERWISE}",
            programs.display(),
            text.trim()
        ),
    }
}
