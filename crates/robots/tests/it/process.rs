//! The program itself: what it says when it cannot start, and what survives when it is killed.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};

use crate::bench::{request, submit_path};
use pie_robots::Kind;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pie-robots");

/// A running program, killed at the end of its test if it still runs then.
struct Running {
    child: Child,
    /// Kept open, so that the program can go on logging.
    log: BufReader<ChildStderr>,
    addresses: Vec<String>,
}

impl Running {
    fn start(command: &mut Command, robots: usize) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut addresses = Vec::new();
        while addresses.len() < robots {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "the program ended");
            addresses.extend(line.trim_end().rsplit_once("http://").map(|(_, at)| at.to_owned()));
        }
        Self { child, log, addresses }
    }

    fn picker(data: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["picker", "--port", "0", "--failure-rate", "0", "--data"]).arg(data);
        Self::start(&mut command, 1)
    }

    /// The status and the body of the answer.
    fn call(&self, robot: usize, method: &str, path: &str, key: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.addresses[robot]).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: robot\r\nConnection: close\r\nIdempotency-Key: {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len(),
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    fn submit(&self, key: &str) -> (u16, Value) {
        let body = request(Kind::Picker).to_string();
        self.call(0, "POST", submit_path(Kind::Picker), key, &body)
    }

    fn get(&self, robot: usize, path: &str) -> (u16, Value) {
        self.call(robot, "GET", path, "", "")
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The exit code and what was written to standard error.
fn failure(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_killed_robot_knows_every_job_that_it_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let robot = Running::picker(data.path());
    let answers: Vec<_> = (0..20).map(|key| robot.submit(&key.to_string())).collect();
    robot.submit("0");
    let (_, before) = robot.get(0, "/stats");
    robot.kill();

    let robot = Running::picker(data.path());
    let (_, after) = robot.get(0, "/stats");
    assert_eq!(before["keys"], after["keys"]);
    assert_eq!(json!({ "calls": 2, "jobs": 1 }), after["keys"]["0"]);
    for (key, (status, answer)) in answers.into_iter().enumerate() {
        assert_eq!(201, status);
        assert_eq!((200, answer), robot.submit(&key.to_string()));
    }
}

#[test]
fn all_robots_run_in_one_process_and_stop_when_they_are_asked_to() {
    let mut command = Command::new(PROGRAM);
    let mut robots = Running::start(command.args(["all", "--port", "0", "--pace", "60"]), 3);
    for (robot, service) in ["picker", "baker", "delivery"].into_iter().enumerate() {
        let expected = json!({ "status": "ok", "service": service, "pace": 60 });
        assert_eq!((200, expected), robots.get(robot, "/healthz"));
    }
    let pid = robots.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(Some(0), robots.child.wait().unwrap().code());
    let mut rest = String::new();
    robots.log.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("stopped"), "{rest}");
}

#[test]
fn a_full_disk_is_answered_503_and_leaves_only_whole_lines() {
    let data = tempfile::tempdir().unwrap();
    // Writing beyond 8 blocks of 512 bytes fails, as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f 8; exec {PROGRAM} \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh", "picker", "--port", "0", "--data"]).arg(data.path());
    let robot = Running::start(&mut command, 1);
    let mut acknowledged = Vec::new();
    for key in 0..40 {
        match robot.submit(&key.to_string()) {
            (201, answer) => acknowledged.push((key, answer)),
            (status, answer) => {
                assert_eq!((503, &json!("UNAVAILABLE")), (status, &answer["error"]));
            }
        }
    }
    assert!((3..30).contains(&acknowledged.len()), "{} fitted", acknowledged.len());
    assert_eq!(503, robot.get(0, "/healthz").0);
    robot.kill();
    let journal = fs::read_to_string(data.path().join("picker.jsonl")).unwrap();
    assert_eq!(acknowledged.len(), journal.lines().count());
    assert!(journal.ends_with('\n'));

    let robot = Running::picker(data.path());
    let (_, stats) = robot.get(0, "/stats");
    assert_eq!(acknowledged.len(), stats["keys"].as_object().unwrap().len());
    for (key, answer) in acknowledged {
        assert_eq!((200, answer), robot.submit(&key.to_string()));
    }
}

#[test]
fn a_key_from_a_file_is_asked_for() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("key");
    fs::write(&file, "secret\n").unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["picker", "--port", "0", "--api-key-file"]).arg(&file);
    let robot = Running::start(&mut command, 1);
    assert_eq!(401, robot.get(0, "/stats").0);
    // The call has no way to add a header of its own, so the key rides behind another one.
    let (status, _) = robot.call(0, "GET", "/stats", "k\r\nAuthorization: Bearer secret", "");
    assert_eq!(200, status);
}

#[test]
fn a_start_that_cannot_be_is_one_line_that_says_what_to_do() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let empty = tempfile::NamedTempFile::new().unwrap();
    let empty = empty.path().to_str().unwrap();
    for (arguments, wanted) in [
        (["picker", "--port", &port], "choose another --port"),
        (["all", "--port", "65535"], "--port leaves no room"),
        (["picker", "--pace", "0"], "--pace must be"),
        (["picker", "--pace", "-1"], "--pace must be"),
        (["picker", "--pace", "NaN"], "--pace must be"),
        (["picker", "--failure-rate", "2"], "--failure-rate must be"),
        (["baker", "--ovens", "0"], "--ovens must be"),
        (["picker", "--api-key-file", "/no/such/file"], "/no/such/file must be a file"),
        (["picker", "--api-key-file", empty], "must be a file with the robot's key in it"),
        (["picker", "--data", empty], "choose another --data"),
    ] {
        let (code, text) = failure(&arguments);
        assert_eq!(Some(1), code, "{text}");
        let last = text.lines().last().unwrap_or_default();
        assert!(last.starts_with("pie-robots: ") && last.contains(wanted), "{text}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_is_answered_with_the_usage() {
    for arguments in [
        [].as_slice(),
        &["cook"],
        &["picker", "--pace", "fast"],
        &["picker", "--port", "70000"],
        &["picker", "--fault"],
    ] {
        let (code, text) = failure(arguments);
        assert_eq!(Some(2), code, "{text}");
        assert!(text.contains("--help"), "{text}");
    }
}
