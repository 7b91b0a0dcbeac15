//! Child processes that end with whoever started them.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::http;

/// Clock ticks a second in `/proc`: 100 on every Linux, whatever the kernel's own rate.
const TICKS: f64 = 100.0;
/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that is killed when it is dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

/// The program at `path`, without any configuration of the service from outside.
pub fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("PIESHOP_") {
            command.env_remove(name);
        }
    }
    command
}

/// The folder of the workspace's programs: that of this one, or for a test the one above.
pub fn programs() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let folder = program.parent().context("this program is in no folder")?;
    let is_test = folder.ends_with("deps");
    Ok(if is_test { folder.parent().unwrap_or(folder) } else { folder }.to_path_buf())
}

impl Process {
    /// Starts it, with its output at the end of the file `log`.
    pub fn start(command: &mut Command, log: PathBuf) -> Result<Self> {
        let output = File::options().append(true).create(true).open(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let program = command.as_std().get_program().to_owned();
        let child = command.process_group(0).kill_on_drop(true).spawn();
        let child = child.with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, log })
    }

    /// Waits until `path` is answered with 200 and returns how long that took.
    pub async fn ready(&mut self, port: u16, path: &str) -> Result<Duration> {
        let begin = Instant::now();
        loop {
            let answered = timeout(PATIENCE, http::fetch(port, path, None)).await;
            if matches!(answered, Ok(Ok(_))) {
                return Ok(begin.elapsed());
            }
            if let Some(status) = self.ended()? {
                bail!("it ended at its start ({status}): {}", self.said());
            }
            if begin.elapsed() > PATIENCE {
                bail!("{path} is not answered: {}", self.said());
            }
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Its id, while it runs.
    pub fn id(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.child.id()?).ok()?)
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill_process(self.id().context("the process has ended")?, signal)?)
    }

    /// SIGKILL: nothing is tidied up.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// SIGTERM; returns how and after what time it ended.
    pub async fn terminate(mut self) -> Result<(ExitStatus, Duration)> {
        let begin = Instant::now();
        self.signal(Signal::TERM)?;
        Ok((self.child.wait().await?, begin.elapsed()))
    }

    /// The most memory that it ever held, in MB.
    pub fn peak_memory(&self) -> Result<f64> {
        let status = fs::read_to_string(self.proc("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes: u32 = line.context("no VmHWM")?.trim().trim_end_matches(" kB").parse()?;
        Ok(f64::from(kibibytes) * 1024.0 / 1e6)
    }

    /// The processor time that it has used, in seconds.
    pub fn cpu(&self) -> Result<f64> {
        let stat = fs::read_to_string(self.proc("stat"))?;
        let after_name = stat.rsplit_once(')').context("no name")?.1;
        let times = after_name.split_whitespace().skip(11).take(2);
        let ticks = times.map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        Ok(f64::from(ticks) / TICKS)
    }

    /// The last lines of its output.
    pub fn said(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    fn proc(&self, file: &str) -> PathBuf {
        let id = self.child.id().unwrap_or_default();
        Path::new("/proc").join(id.to_string()).join(file)
    }
}
