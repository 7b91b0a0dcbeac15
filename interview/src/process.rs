//! Commands that must succeed.

use std::env;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};

/// Of the output of a command that failed, so many lines are shown.
const LINES: usize = 40;

/// Runs a command to its end and returns what it wrote to its output; what it said instead is the
/// error when it failed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = name(command);
    let done =
        command.output().with_context(|| format!("cannot start {program}: is it installed?"))?;
    Ok(String::from_utf8_lossy(&must_succeed(&program, done)?).into_owned())
}

/// The same for a command that is handed something.
pub(crate) fn filter(command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    let program = name(command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().with_context(|| format!("cannot start {program}: is it installed?"))?;
    let mut stdin = child.stdin.take().context("it has an input")?;
    // Written beside, for a program that answers before it has read everything.
    let done = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    })?;
    must_succeed(&program, done)
}

/// The cargo that started this program.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        // What describes this program's own package is not the exercise's.
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|own| text.starts_with(own)) {
            cargo.env_remove(&name);
        }
    }
    cargo
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn must_succeed(program: &str, done: Output) -> Result<Vec<u8>> {
    if !done.status.success() {
        let (out, said) =
            (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        // Tests tell on their output what failed, and at its end.
        let lines: Vec<&str> = out.lines().collect();
        let end = lines[lines.len().saturating_sub(LINES)..].join("\n");
        bail!("{program} failed ({})\n{}", done.status, format!("{end}\n{said}").trim());
    }
    Ok(done.stdout)
}
