//! Child processes that end when the task ends, however it ends.

use std::{
    fs::{self, File},
    io::ErrorKind,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// What a shell reports for a command that Ctrl-C has ended.
pub(crate) const INTERRUPTED_EXIT_CODE: u8 = 130;

const POLL: Duration = Duration::from_millis(20);
/// 5 s: how long a child may take to end when asked, before it is killed.
const GRACE_POLLS: u32 = 250;
/// 60 s: how long a server may take to accept connections.
const STARTUP_POLLS: u32 = 3000;
const TAIL_LINES: usize = 30;

static SIGNALLED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static ABANDONED: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C, SIGTERM and SIGHUP end the running children instead of this process,
/// so that what was provisioned is taken down.
pub(crate) fn watch_signals() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&SIGNALLED))
            .context("cannot listen for signals")?;
    }
    Ok(())
}

pub(crate) fn interrupted() -> bool {
    SIGNALLED.load(Ordering::Relaxed)
}

/// Ends every child that is waited for: something else has failed, their work is not needed.
/// Returns whether this had been said before.
pub(crate) fn abandon() -> bool {
    ABANDONED.swap(true, Ordering::Relaxed)
}

/// Runs `command` to its end, in a process group of its own so that all of it can be ended.
/// Its output is this task's output. An error when it cannot start or the task is interrupted.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus> {
    let mut child = spawn(command)?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interrupted() || ABANDONED.load(Ordering::Relaxed) {
            end_group(&mut child);
            bail!("{} was interrupted", name(command));
        }
        sleep(POLL);
    }
}

/// Runs `command` with its output in the file `log`; fails with the log's tail unless it succeeds.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    let output = create(log)?;
    command.stdout(output.try_clone()?).stderr(output);
    let status = run(command)?;
    if !status.success() {
        bail!("{} failed ({status}){}", name(command), tail(log));
    }
    Ok(())
}

/// The exit code of a finished child, for this process to end with.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The end of a log file, ready to be appended to an error message.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_else(|error| error.to_string());
    let lines: Vec<_> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    format!("\n--- the end of {} ---\n{}", log.display(), last.join("\n"))
}

/// A port of 127.0.0.1 that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// A server that runs in the background until it is dropped.
pub(crate) struct Server {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Server {
    /// Starts `command`, which is to listen on `port`, and waits until it accepts connections.
    pub(crate) fn start(command: &mut Command, port: u16, log: &Path) -> Result<Self> {
        let output = create(log)?;
        command.stdout(output.try_clone()?).stderr(output);
        let child = spawn(command)?;
        let mut server = Self { child, name: name(command), log: log.to_path_buf() };
        server.wait_for(port)?;
        Ok(server)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_for(&mut self, port: u16) -> Result<()> {
        for _ in 0..STARTUP_POLLS {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at its start ({status}){}", self.name, tail(&self.log));
            }
            if interrupted() || ABANDONED.load(Ordering::Relaxed) {
                bail!("{} was interrupted", self.name);
            }
            sleep(POLL);
        }
        bail!("{} does not accept connections on port {port}{}", self.name, tail(&self.log))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What it stores is thrown away, so it need not end in good order.
        signal_group(&self.child, Signal::KILL);
        let _ = self.child.wait();
    }
}

fn spawn(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::null()).process_group(0).spawn().map_err(|error| {
        let missing = error.kind() == ErrorKind::NotFound;
        let hint = if missing { ": is it installed and on the PATH?" } else { "" };
        anyhow::Error::new(error).context(format!("cannot start {}{hint}", name(command)))
    })
}

fn end_group(child: &mut Child) {
    signal_group(child, Signal::TERM);
    for _ in 0..GRACE_POLLS {
        if !matches!(child.try_wait(), Ok(None)) {
            break;
        }
        sleep(POLL);
    }
    // The leader may be gone while others of its group are not.
    signal_group(child, Signal::KILL);
    let _ = child.wait();
}

fn signal_group(child: &Child, signal: Signal) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // An error means that nobody is left in the group, which is what is wanted.
        let _ = kill_process_group(group, signal);
    }
}

fn create(log: &Path) -> Result<File> {
    File::create(log).with_context(|| format!("cannot write {}", log.display()))
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let first = command.get_args().next().unwrap_or_default().to_string_lossy();
    let task = if first.starts_with('-') { "" } else { &first };
    format!("`{}`", format!("{name} {task}").trim_end())
}

#[cfg(test)]
mod tests {
    use rustix::process::test_kill_process;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn the_exit_code_of_a_child_is_passed_on() {
        for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)] {
            let status = run(&mut shell(script)).unwrap();
            let expected = format!("{:?}", ExitCode::from(code));
            assert_eq!(format!("{:?}", exit_code(status)), expected, "{script}");
        }
    }

    #[test]
    fn a_failed_command_is_told_with_the_end_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let script = "for i in $(seq 100); do echo line $i; done; echo oh no >&2; exit 1";
        let error = run_logged(&mut shell(script), &folder.path().join("log")).unwrap_err();
        let told = error.to_string();
        assert!(told.ends_with("line 99\nline 100\noh no"), "{told}");
        assert!(!told.contains("line 70\n"), "{told}");
    }

    #[test]
    fn a_missing_program_is_told_with_what_to_do() {
        let error = run(&mut Command::new("no-such-program")).unwrap_err();
        let told = format!("{error:#}");
        assert!(told.starts_with("cannot start `no-such-program`: is it installed"), "{told}");
    }

    #[test]
    fn a_server_and_what_it_started_end_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let (log, port) = (folder.path().join("log"), free_port().unwrap());
        // Somebody else accepts the connections, once the child of the server is known.
        let mut script = shell("sleep 1000 & echo $!; wait");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let server = Server::start(&mut script, port, &log).unwrap();
        drop(listener);
        let mut grandchild = None;
        while grandchild.is_none() {
            grandchild = fs::read_to_string(&log).unwrap().trim().parse().ok();
        }
        let grandchild = Pid::from_raw(grandchild.unwrap()).unwrap();
        test_kill_process(grandchild).unwrap();
        drop(server);
        // Where nobody reaps orphans, a dead one is still to be seen as a zombie.
        let dead = || {
            let state = fs::read_to_string(format!("/proc/{}/stat", grandchild.as_raw_nonzero()));
            test_kill_process(grandchild).is_err() || state.is_ok_and(|s| s.contains(") Z "))
        };
        assert!((0..GRACE_POLLS).any(|_| dead() || {
            sleep(POLL);
            false
        }));
    }

    #[test]
    fn a_server_that_ends_at_once_is_told_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port().unwrap();
        let error = Server::start(&mut shell("echo no; exit 3"), port, &folder.path().join("log"));
        let told = error.err().unwrap().to_string();
        assert!(told.contains("ended at its start") && told.ends_with("no"), "{told}");
    }
}
