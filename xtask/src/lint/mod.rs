//! `cargo xtask lint`: every check runs, then the task fails if one of them did.

mod commands;
mod deny;
mod direction;
mod docs;
mod endpoints;
mod size;
mod source;
mod tree;
mod words;

use std::{fmt, process::ExitCode};

use anyhow::Result;

use self::{commands::Commands, endpoints::Endpoints, tree::Tree};
use crate::{process, workspace::Workspace};

const CLIPPY: [&str; 7] =
    ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];

/// Every diff of the kit must apply to the present source, and all of them must go together.
const INTERVIEW: [&str; 6] = ["run", "--quiet", "--package", "interview", "--", "check"];

pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let steps: [(&str, &dyn Fn() -> Result<bool>); 5] = [
        ("the project's own rules", &|| own_rules(workspace)),
        ("cargo fmt", &|| cargo(workspace, &["fmt", "--all", "--check"])),
        ("cargo clippy", &|| cargo(workspace, &CLIPPY)),
        ("the interview kit", &|| cargo(workspace, &INTERVIEW)),
        ("cargo deny", &|| deny::check(workspace)),
    ];
    let mut failed = Vec::new();
    for (name, step) in steps {
        eprintln!("xtask: {name}");
        if !step()? {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        eprintln!("xtask: lint found nothing");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("xtask: lint failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// What is wrong at one place, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    file: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

fn own_rules(workspace: &Workspace) -> Result<bool> {
    let tree = Tree::of_repository(&workspace.root)?;
    let mut findings = docs::check(&tree, &Endpoints::of(&tree)?, &Commands::of(&tree)?);
    findings.extend(size::check(&tree));
    findings.extend(direction::check(&tree)?);
    findings.extend(words::check(&tree, &workspace.root)?);
    for finding in &findings {
        eprintln!("{finding}");
    }
    Ok(findings.is_empty())
}

fn cargo(workspace: &Workspace, args: &[&str]) -> Result<bool> {
    Ok(process::run(workspace.cargo().args(args))?.success())
}
