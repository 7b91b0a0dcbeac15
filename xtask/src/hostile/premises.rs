//! The programs that are attacked: two shops, of which one has a catalog to change, and the robots.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::{
    process::{self, Server},
    workspace::Workspace,
};

/// What opens everything.
pub(super) const TOKEN: &str = "hostile-but-authorized";
/// Orders are through within seconds.
const PACE: &str = "2000";

/// A running program.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    server: Server,
    log: PathBuf,
}

/// Everything that is attacked; it ends when this is dropped.
pub(super) struct Premises {
    /// The built-in catalog, and its own robots.
    pub(super) shop: Program,
    /// The same with pies that can be changed.
    pub(super) bakery: Program,
    /// The stand-in robots, each with the name of its contract.
    pub(super) robots: Vec<Program>,
    /// For the descriptions and reports of this attack.
    pub(super) folder: TempDir,
}

impl Premises {
    /// Starts the programs in the folder `built`.
    pub(super) fn open(workspace: &Workspace, built: &Path, mongo: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("pieshop-hostile-").tempdir()?;
        let start = |name| Start { name, workspace, built, folder: folder.path() };
        let shop = start("shop").shop(None)?;
        let database = folder.path().file_name().unwrap_or_default().to_string_lossy();
        let bakery = start("bakery").shop(Some(&format!("{mongo}/{database}")))?;
        let robots = [
            ("picker", "fruit-picker-service"),
            ("baker", "baker-service"),
            ("delivery", "delivery-service"),
        ];
        let robots = robots.map(|(kind, name)| start(name).robot(kind));
        let robots = robots.into_iter().collect::<Result<_>>()?;
        Ok(Self { shop, bakery, robots, folder })
    }

    /// Ends everything, and says what went wrong inside.
    pub(super) fn close(self) -> Result<()> {
        for program in [&self.shop, &self.bakery].into_iter().chain(&self.robots) {
            let log = fs::read_to_string(&program.log)?;
            let panic = log.lines().find(|line| line.contains("panicked"));
            ensure!(panic.is_none(), "{}: {}", program.name, panic.unwrap_or_default());
        }
        Ok(())
    }
}

impl Program {
    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.server.pid()
    }
}

/// A program about to be started.
struct Start<'a> {
    name: &'static str,
    workspace: &'a Workspace,
    built: &'a Path,
    folder: &'a Path,
}

impl Start<'_> {
    fn shop(self, catalog: Option<&str>) -> Result<Program> {
        let mut command = self.command("pieshop");
        command.args(["up", "--no-open", "--pace", PACE, "--data", self.name]);
        for flag in ["--picker-port", "--baker-port", "--delivery-port"] {
            command.arg(flag).arg(process::free_port()?.to_string());
        }
        command.env("PIESHOP_AUTH__ADMIN_TOKEN", TOKEN).env("PIESHOP_LOG__LEVEL", "warn");
        if let Some(url) = catalog {
            command.env("PIESHOP_CATALOG__URL", url);
        }
        self.start(command)
    }

    fn robot(self, kind: &str) -> Result<Program> {
        let key = self.folder.join("robots.key");
        fs::write(&key, TOKEN)?;
        let mut command = self.command("pie-robots");
        command.args([kind, "--faults", "--pace", PACE, "--api-key-file"]).arg(key);
        self.start(command)
    }

    /// Nothing but what is said here configures a program.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.built.join(program));
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PIESHOP_") {
                command.env_remove(&name);
            }
        }
        command.current_dir(self.folder);
        command
    }

    fn start(self, mut command: Command) -> Result<Program> {
        let port = process::free_port()?;
        let log = self.workspace.scratch.join(format!("hostile-{}.log", self.name));
        let server = Server::start(command.args(["--port", &port.to_string()]), port, &log)
            .with_context(|| format!("cannot start the {}", self.name))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Program { name: self.name, address, server, log })
    }
}
