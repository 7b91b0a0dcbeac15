//! Limits for code that somebody else has written.
//!
//! Where the system allows, it has no network but its own loopback, and no process of it outlives its
//! run. Time, memory and the size of files are limited. It sees the same files as whoever grades.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process_group};

/// The largest file that may be written; a program that says more than this is ended.
const FILE_SIZE: &str = "--fsize=1073741824";

/// How commands are shut in.
pub(crate) struct Sandbox {
    isolated: Option<&'static [&'static str]>,
    limited: bool,
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, well.
    Well,
    /// By itself or by a limit, badly.
    Badly,
    /// Too late.
    Late,
}

const NAMESPACES: [&[&str]; 2] = [
    &["--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
    &["--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
];
/// Brings up the loopback of the new network, then becomes the command.
const ENTER: &str = "ip link set lo up && exec \"$@\"";

impl Sandbox {
    /// Finds out what the system allows.
    pub(crate) fn detect() -> Self {
        let works = |program: &str, args: &[&str]| {
            let mut trial = Command::new(program);
            trial.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            trial.status().is_ok_and(|status| status.success())
        };
        let enters = |flags: &&&[&str]| {
            let inside: [&str; 5] = ["sh", "-c", ENTER, "sh", "true"];
            works("unshare", &[**flags, &inside].concat())
        };
        Self {
            isolated: NAMESPACES.iter().find(enters).copied(),
            limited: works("prlimit", &[FILE_SIZE, "--", "true"]),
        }
    }

    /// What is missing here, for whoever grades to know.
    pub(crate) fn notice(&self) -> Option<&'static str> {
        match (self.isolated, self.limited) {
            (Some(_), true) => None,
            (None, true) => Some(
                "the network is not shut off: this system allows no namespaces, or has no unshare (util-linux) or ip (iproute2)",
            ),
            _ => Some(
                "neither network nor files are limited: this system has no prlimit (util-linux)",
            ),
        }
    }

    /// A command that runs shut in.
    pub(crate) fn command(&self, program: &str) -> Command {
        self.command_within(program, &[])
    }

    /// The same with further limits, in the words of prlimit.
    pub(crate) fn command_within(&self, program: &str, limits: &[&'static str]) -> Command {
        let mut words: Vec<&str> = Vec::new();
        if let Some(flags) = self.isolated {
            words.extend(["unshare"].iter().chain(flags).chain(&["sh", "-c", ENTER, "sh"]));
        }
        if self.limited {
            words.extend(["prlimit", FILE_SIZE, "--core=0"].iter().chain(limits).chain(&["--"]));
        }
        words.push(program);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command
    }
}

/// Runs a command in a process group of its own, everything that it says in the file `log`, and ends
/// the group with it.
pub(crate) fn run(command: &mut Command, log: &Path, limit: Duration) -> Result<Ended> {
    let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let group =
        i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process has an id")?;
    let (done, wait) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let late = wait.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
        if late {
            end(group);
        }
        late
    });
    let status = child.wait()?;
    drop(done);
    let late = watch.join().unwrap_or(true);
    // What it left running is ended too.
    end(group);
    Ok(match (late, status.success()) {
        (true, _) => Ended::Late,
        (false, true) => Ended::Well,
        (false, false) => Ended::Badly,
    })
}

fn end(group: Pid) {
    // Nothing of it may be left, which is what is wanted.
    let _ = kill_process_group(group, Signal::KILL);
}

/// The end of a log, for an error message.
pub(crate) fn tail(log: &Path) -> String {
    const MOST: u64 = 4000;
    let text = || -> std::io::Result<String> {
        use std::io::{Read as _, Seek as _, SeekFrom};
        let mut file = File::open(log)?;
        let size = file.metadata()?.len();
        file.seek(SeekFrom::Start(size.saturating_sub(MOST)))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    text().unwrap_or_else(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_here(script: &str, limit: Duration) -> (Ended, String) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let ended = run(Sandbox::detect().command("sh").args(["-c", script]), &log, limit).unwrap();
        (ended, tail(&log))
    }

    #[test]
    fn what_a_command_says_is_kept_and_how_it_ends_is_told() {
        let (ended, said) = run_here("echo hello; exit 3", Duration::from_secs(20));
        assert_eq!((ended, said.as_str()), (Ended::Badly, "hello\n"));
    }

    #[test]
    fn a_command_that_does_not_end_is_ended_with_all_that_it_started() {
        let (ended, _) = run_here("sleep 1000 & sleep 1000", Duration::from_millis(300));
        assert_eq!(ended, Ended::Late);
    }

    #[test]
    fn a_command_that_writes_without_end_is_ended() {
        let (ended, _) = run_here("ulimit -f 8; yes", Duration::from_secs(20));
        assert_eq!(ended, Ended::Badly);
    }
}
