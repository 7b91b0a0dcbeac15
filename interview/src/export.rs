//! A candidate's repository, and beside it what only the interviewer sees.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::cli::ExportArgs;
use crate::edition::{flaws, made, settle};
use crate::guide;
use crate::kit::{Kit, Lift, Point};
use crate::leaks::leaks;
use crate::process::output;
use crate::select::{Exercise, choose};
use crate::tree::Tree;
use crate::workshop::Workshop;

/// The mark in the edition's README that the task takes the place of.
const TASK: &str = "<!-- the task -->";
const README: &str = "README.md";

/// Makes the repository; without `--no-proof` it is built and tested first.
pub(crate) fn run(kit: &Kit, args: &ExportArgs) -> Result<()> {
    let out = &args.out;
    ensure!(!out.exists(), "{} is there already: name a new folder", out.display());
    let exercise = choose(kit, &args.choice, source(&kit.root)?)?;
    let mut files = candidate(kit, &exercise)?;
    if args.no_proof {
        eprintln!("interview: not built: contracts/order-api.yaml may tell more than there is");
    } else {
        eprintln!("interview: building and testing what the candidate gets (a minute or two)");
        let workshop = Workshop::open(&kit.root)?;
        workshop.test(kit, &files, "the exercise")?;
        workshop.describe(&mut files)?;
    }
    settle(kit, &files, out)?;
    commit(out)?;
    let desk = desk(out);
    fs::create_dir_all(&desk)?;
    fs::write(desk.join("exercise.toml"), toml::to_string(&exercise)?)?;
    guide::write(kit, &exercise, &desk)?;
    let written = Tree::of_folder(out)?;
    eprintln!(
        "interview: {} with {} points, {} lifts, {} lines of Rust without tests",
        out.display(),
        exercise.points.len(),
        exercise.lifts.len(),
        lines_of_rust(&written)
    );
    eprintln!("interview: for the interviewer: {}", desk.display());
    Ok(())
}

/// The files of an exercise, task included; an error when they would tell too much.
pub(crate) fn candidate(kit: &Kit, exercise: &Exercise) -> Result<Tree> {
    let (lifts, points) = (kit.lifts(&exercise.lifts)?, kit.points(&exercise.points)?);
    let mut files = made(kit, &lifts, &flaws(&points))?;
    let readme = files.text(README).context("the edition has no README")?;
    ensure!(readme.contains(TASK), "the edition's README has no place for the task");
    let readme = readme.replace(TASK, TASK_TEXT);
    files.0.insert(README.to_owned(), readme.into_bytes());
    scan(kit, &files, &lifts, &points)?;
    Ok(files)
}

/// What the candidate is asked to do: the same words for every set of points.
const TASK_TEXT: &str = "\
The service works, and it is to go to customers. Before that, somebody has to go over it who has not written it: you.

You have an hour with us: 7 minutes to get to know each other, 40 to work, 8 for your questions, 5 to close. Use the first minutes of the work to read by yourself.

1. **Find** what you would not let go to customers: in the pages, the API, the calls to the robots, the logs, the tests.
2. **Talk** about it: what it means for whom, how bad it is, what you would do first.
3. **Mend** what is worth it in the time. Small and working is better than large and half done.

What counts is how you find out, weigh and explain, more than how much you change. Say what you think aloud. Tools that you use at work, AI among them, are welcome: say what you ask them, and be ready to
explain every line.";

fn scan(kit: &Kit, files: &Tree, lifts: &[&Lift], points: &[&Point]) -> Result<()> {
    let found = leaks(kit, files, lifts, points);
    ensure!(found.is_empty(), "the repository would tell too much:\n  {}", found.join("\n  "));
    Ok(())
}

/// Where the interviewer's files go: beside the candidate's.
fn desk(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push("-interviewer");
    out.with_file_name(name)
}

/// One commit of nobody at no special time: the same files make the same commit.
fn commit(folder: &Path) -> Result<()> {
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.args(args).current_dir(folder);
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "Pie Shop")
                .env(format!("GIT_{who}_EMAIL"), "team@pieshop.example");
            git.env(format!("GIT_{who}_DATE"), "2026-01-01T09:00:00Z");
        }
        // Neither hooks nor signing keys of whoever exports.
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        output(&mut git)
    };
    git(&["init", "--quiet", "--initial-branch=main", "--template="])?;
    git(&["add", "--all"])?;
    git(&["commit", "--quiet", "--message", "Pie Shop"])?;
    let logs = folder.join(".git/logs");
    fs::remove_dir_all(&logs).with_context(|| format!("cannot remove {}", logs.display()))?;
    Ok(())
}

/// The revision of the complete edition, with a plus where the folder differs from it.
fn source(root: &Path) -> Result<String> {
    let git = |args: &[&str]| output(Command::new("git").args(args).current_dir(root));
    let revision = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = !git(&["status", "--porcelain"])?.is_empty();
    Ok(format!("{}{}", revision.trim(), if changed { "+" } else { "" }))
}

/// Lines with code, without blank ones, comments and tests.
pub(crate) fn lines_of_rust(files: &Tree) -> usize {
    let rust = files.texts().filter(|(path, _)| {
        Path::new(path).extension().is_some_and(|it| it == "rs") && !path.contains("/tests")
    });
    rust.map(|(_, text)| {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        code.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .count()
    })
    .sum()
}
