//! Child processes, and what the system tells of them.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::http;
use crate::load::float;

/// Clock ticks a second in `/proc`: 100 on every Linux, whatever the kernel's own rate.
const TICKS: f64 = 100.0;
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it, with its output in the file `log`.
    pub(crate) fn start(command: &mut Command, log: PathBuf) -> Result<Self> {
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let program = command.as_std().get_program().to_owned();
        let child = command.kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, log })
    }

    /// Waits until `path` is answered with 200 and returns how long that took.
    pub(crate) async fn ready(&mut self, port: u16, path: &str) -> Result<Duration> {
        let begin = Instant::now();
        loop {
            if http::fetch(port, path, None).await.is_ok() {
                return Ok(begin.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended at its start ({status}): {}", self.said());
            }
            if begin.elapsed() > PATIENCE {
                bail!("{path} is not answered: {}", self.said());
            }
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Ends it now.
    pub(crate) async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// The most memory that it ever held, in MB.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        let status = fs::read_to_string(self.proc("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.context("no VmHWM")?.trim().trim_end_matches(" kB");
        Ok(float(kibibytes.parse::<u64>()?) * 1024.0 / 1e6)
    }

    /// The processor time that it has used, in seconds.
    pub(crate) fn cpu(&self) -> Result<f64> {
        let stat = fs::read_to_string(self.proc("stat"))?;
        let after_name = stat.rsplit_once(')').context("no name")?.1;
        let times = after_name.split_whitespace().skip(11).take(2);
        let ticks = times.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(float(ticks) / TICKS)
    }

    fn proc(&self, file: &str) -> PathBuf {
        let id = self.child.id().unwrap_or_default();
        Path::new("/proc").join(id.to_string()).join(file)
    }

    fn said(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }
}

/// A port of 127.0.0.1 that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
