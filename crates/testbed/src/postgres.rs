//! A `PostgreSQL` cluster of one's own, with default durability.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, iter};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::ports::free_port;

/// The oldest major version that the service works with.
const OLDEST: u32 = 15;

/// A cluster on a free port of 127.0.0.1 with a folder of its own; stopped when dropped.
pub struct Cluster {
    programs: PathBuf,
    account: Option<Account>,
    port: u16,
    folder: PathBuf,
}

/// The folder of the newest `PostgreSQL` programs on this machine.
pub fn find_programs() -> Option<PathBuf> {
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = packaged
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
        .map(|(version, path)| (version, path.join("bin")))
        .filter(|(_, programs)| programs.join("initdb").is_file())
        .max_by_key(|(version, _)| *version);
    let path = env::var_os("PATH").unwrap_or_default();
    newest
        .map(|(_, programs)| programs)
        .or_else(|| env::split_paths(&path).find(|folder| folder.join("initdb").is_file()))
}

/// The server's URL with another database.
pub fn with_database(server: &str, name: &str) -> Result<String> {
    let authority = server.find("://").context("the server's URL has no scheme")? + 3;
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let end = address[authority..].find('/').map_or(address.len(), |slash| authority + slash);
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    Ok(format!("{}/{name}{query}", &address[..end]))
}

impl Cluster {
    /// Makes a cluster in `folder`, which must be empty or missing. It is not started yet.
    ///
    /// # Errors
    /// When the programs are too old or fail, or when this process is root and there is no user
    /// `postgres` to run them as.
    pub fn create(programs: PathBuf, folder: PathBuf) -> Result<Self> {
        check_version(&programs)?;
        fs::create_dir_all(&folder)?;
        let cluster = Self { programs, account: Account::to_run_as()?, port: free_port()?, folder };
        if let Some(account) = cluster.account {
            chown(&cluster.folder, Some(account.uid), Some(account.gid))?;
        }
        let mut initdb = cluster.command("initdb");
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        run(initdb.arg("--pgdata").arg(cluster.data()))?;
        let mut settings =
            OpenOptions::new().append(true).open(cluster.data().join("postgresql.conf"))?;
        writeln!(
            settings,
            "port = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n\
             max_connections = 200",
            cluster.port
        )?;
        Ok(cluster)
    }

    /// Starts it and waits until it takes connections.
    pub fn start(&self) -> Result<()> {
        run(&mut self.pg_ctl("start")).map_err(|error| {
            let log = fs::read_to_string(self.log()).unwrap_or_default();
            error.context(format!("PostgreSQL does not start:\n{log}"))
        })
    }

    /// `pg_ctl` with this action, such as `restart`, and the mode *immediate* where it stops.
    pub fn pg_ctl(&self, action: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command.args([action, "--wait", "--pgdata"]).arg(self.data());
        if action != "start" {
            command.arg("--mode=immediate");
        }
        if action != "stop" {
            command.arg("--log").arg(self.log());
        }
        // A server that is started keeps what it inherits: a pipe would never end.
        command.stdout(Stdio::null());
        command
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of its database `postgres`, as its superuser.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The path of a program of this `PostgreSQL`, such as `pgbench`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// What the server says.
    pub fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The server's processes: the first, and on Linux those that it has started.
    pub fn processes(&self) -> Vec<Pid> {
        let Some(first) = self.postmaster() else { return Vec::new() };
        let number = first.as_raw_nonzero();
        let children = format!("/proc/{number}/task/{number}/children");
        let children = fs::read_to_string(children).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|it| Pid::from_raw(it.parse().ok()?));
        iter::once(first).chain(children).collect()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.program(program));
        command.current_dir(&self.folder).stdin(Stdio::null());
        // In a process group of its own, Ctrl-C does not reach it.
        command.process_group(0);
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    fn postmaster(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let processes = self.processes();
        if processes.is_empty() {
            return;
        }
        // What stands still cannot end; what has ended already needs nothing.
        for process in processes {
            let _ = kill_process(process, Signal::CONT);
        }
        let _ = self.pg_ctl("stop").stderr(Stdio::null()).status();
    }
}

/// Whom the server runs as when this process is root, which `PostgreSQL` refuses to run as.
#[derive(Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    fn to_run_as() -> Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let id = |flag| -> Result<u32> {
            let output = Command::new("id").args([flag, "postgres"]).output()?;
            let text = String::from_utf8(output.stdout)?;
            let missing = "root cannot run PostgreSQL and there is no user postgres";
            text.trim().parse().context(missing)
        };
        Ok(Some(Self { uid: id("-u")?, gid: id("-g")? }))
    }
}

fn check_version(programs: &Path) -> Result<()> {
    let output = Command::new(programs.join("initdb")).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let major = numbers.find_map(Result::ok).unwrap_or_default();
    let (place, said) = (programs.display(), text.trim());
    ensure!(major >= OLDEST, "{place} is {said}, but PostgreSQL {OLDEST} or newer is needed");
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_owned();
    let words: Vec<_> = iter::once(name.as_os_str()).chain(command.get_args()).collect();
    let shown = words.join(OsStr::new(" "));
    let shown = shown.display();
    let status = command.stdout(Stdio::null()).status().with_context(|| format!("{shown}"))?;
    if !status.success() {
        bail!("{shown} failed ({status})");
    }
    Ok(())
}
