//! The record of what was proven: a table with a row a trial.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::kit::read;

const HEAD: &str = "# What was proven

Written by `cargo interview verify --all`, and with `--keep` for what has changed since. A flaw and its fixes are tried in the exercise with all lifts; a lift is tried with nothing but the lifts that it requires.

| of | on | seen | |
|---|---|---|---|
";

/// What was tried, and what came of it.
#[derive(Serialize)]
pub(crate) struct Trial {
    /// A lift or a point.
    pub(crate) of: String,
    pub(crate) on: String,
    pub(crate) seen: String,
    pub(crate) right: bool,
}

/// Writes the trials; those of the record that are not about the same stay, unless it is made `anew`.
pub(crate) fn write(root: &Path, trials: &[Trial], anew: bool) -> Result<()> {
    let file = root.join("interview/VERIFIED.md");
    let before = if anew || !file.exists() { String::new() } else { read(&file)? };
    fs::write(&file, record(&before, trials))
        .with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("interview: {} is written", file.display());
    Ok(())
}

fn record(before: &str, trials: &[Trial]) -> String {
    let mut text = HEAD.to_owned();
    let mut told = BTreeSet::new();
    let old = before.lines().filter(|line| line.starts_with("| ")).skip(1);
    for line in old {
        let of = line.split('|').nth(1).unwrap_or_default().trim();
        if trials.iter().all(|trial| trial.of != of) {
            text.push_str(line);
            text.push('\n');
        } else if told.insert(of) {
            trials.iter().filter(|trial| trial.of == of).for_each(|it| text.push_str(&row(it)));
        }
    }
    let new = trials.iter().filter(|trial| !told.contains(trial.of.as_str()));
    new.for_each(|trial| text.push_str(&row(trial)));
    text
}

fn row(trial: &Trial) -> String {
    let seen = trial.seen.lines().next().unwrap_or_default();
    let mark = if trial.right { "as it should be" } else { "**wrong**" };
    format!("| {} | {} | {seen} | {mark} |\n", trial.of, trial.on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(of: &str, on: &str, seen: &str) -> Trial {
        Trial { of: of.into(), on: on.into(), seen: seen.into(), right: seen == "fixed" }
    }

    #[test]
    fn what_is_proven_again_takes_the_place_of_what_stood_there() {
        let first = [
            trial("a", "one", "it does not build\nfor a reason"),
            trial("a", "two", "fixed"),
            trial("b", "one", "fixed"),
        ];
        let before = record("", &first);
        assert!(before.contains("| a | one | it does not build | **wrong** |\n"), "{before}");
        let after = record(&before, &[trial("c", "one", "fixed"), trial("a", "one", "fixed")]);
        let rows: Vec<&str> =
            after.lines().filter(|line| line.ends_with("as it should be |")).collect();
        let row = |of: &str| format!("| {of} | one | fixed | as it should be |");
        assert_eq!(rows, [row("a"), row("b"), row("c")]);
        assert!(!after.contains("wrong"), "{after}");
    }
}
