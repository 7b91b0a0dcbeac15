//! A server of the house: a program on a port of its own that may die at any moment.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;
use testbed::Process;
use testbed::process::program;
use tokio::process::Command;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep};

/// How long a server may need to be ready, with as many starts as its database makes it need.
const PATIENCE: Duration = Duration::from_secs(90);
/// A service that is told to stop ends within this time, whatever it has in hand.
const GRACE: Duration = Duration::from_secs(10);

/// How a server is started.
pub(crate) struct Setup {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) folder: PathBuf,
    /// The path that tells whether it is ready.
    pub(crate) health: &'static str,
}

/// One server.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) port: u16,
    setup: Setup,
    /// Held while somebody does something to it.
    process: Mutex<Option<Process>>,
}

impl Server {
    /// One that is not started yet.
    pub(crate) fn new(name: String, port: u16, setup: Setup) -> Self {
        Self { name, port, setup, process: Mutex::new(None) }
    }

    /// The file with its output, of all its starts.
    pub(crate) fn log(&self) -> PathBuf {
        self.setup.folder.join("logs").join(&self.name).with_extension("log")
    }

    /// Starts it and waits until it is ready; one that ends meanwhile is started again, as any
    /// supervisor would do.
    pub(crate) async fn start(&self) -> Result<()> {
        let mut process = self.process.lock().await;
        self.bring_up(&mut process).await
    }

    /// SIGKILL, a while without it, and a new start.
    pub(crate) async fn kill(&self, away: Duration) -> Result<()> {
        let mut process = self.process.lock().await;
        if let Some(process) = process.take() {
            process.kill().await?;
        }
        sleep(away).await;
        self.bring_up(&mut process).await
    }

    /// SIGSTOP, a while, SIGCONT.
    pub(crate) async fn pause(&self, time: Duration) -> Result<()> {
        let process = self.process.lock().await;
        let process = process.as_ref().context("it does not run")?;
        process.signal(Signal::STOP)?;
        sleep(time).await;
        process.signal(Signal::CONT)
    }

    /// SIGTERM, the end in good order, and a new start.
    pub(crate) async fn restart(&self) -> Result<()> {
        let mut process = self.process.lock().await;
        if let Some(process) = process.take() {
            let (status, time) = process.terminate().await?;
            if !status.success() || time > GRACE {
                bail!("told to stop, it ended with {status} after {time:?}");
            }
        }
        self.bring_up(&mut process).await
    }

    /// Fails if it has ended by itself; while something is done to it, nobody can tell.
    pub(crate) fn check(&self) -> Result<()> {
        let Ok(mut process) = self.process.try_lock() else { return Ok(()) };
        let Some(running) = process.as_mut() else { return Ok(()) };
        if let Some(status) = running.ended()? {
            let said = running.said();
            *process = None;
            bail!("{} ended by itself ({status}): {said}", self.name);
        }
        Ok(())
    }

    async fn bring_up(&self, process: &mut MutexGuard<'_, Option<Process>>) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            let mut started = Process::start(&mut self.command(), self.log())?;
            match started.ready(self.port, self.setup.health).await {
                Ok(_) => {
                    **process = Some(started);
                    return Ok(());
                }
                Err(error) if Instant::now() > end => {
                    return Err(error.context(format!("{} does not come up", self.name)));
                }
                Err(_) => sleep(Duration::from_millis(200)).await,
            }
        }
    }

    fn command(&self) -> Command {
        let Setup { program: path, arguments, variables, folder, .. } = &self.setup;
        let mut command = program(path);
        command.args(arguments).envs(variables.iter().cloned()).current_dir(folder);
        command.stdin(Stdio::null());
        command
    }
}
