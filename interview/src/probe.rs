//! Probes: what they find, and what that means.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, fs};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::process::{cargo, output};
use crate::sandbox::{self, Ended, Sandbox};

/// What is said of a point in a candidate's repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// Everything that the flaw broke holds.
    Fixed,
    /// Some of it holds.
    Partly,
    /// None of it holds.
    NotFixed,
    /// Something that worked before does no longer.
    Regressed,
    /// The probe can't tell; a person has to look.
    Inconclusive,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed => "fixed",
            Self::Partly => "partly",
            Self::NotFixed => "not fixed",
            Self::Regressed => "regressed",
            Self::Inconclusive => "inconclusive",
        })
    }
}

impl Verdict {
    /// What it means, for whoever reads a grade.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Fixed => "all that it asks for holds",
            Self::Partly => "some of what it asks for holds",
            Self::NotFixed => "nothing that it asks for holds",
            Self::Regressed => "something that worked before does no longer",
            Self::Inconclusive => "a person has to look",
        }
    }
}

/// One thing that a probe looked at.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) holds: bool,
    pub(crate) detail: String,
}

/// What a probe found.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Findings {
    /// Each holds exactly where the flaw is mended.
    pub(crate) checks: Vec<Check>,
    /// Each held before.
    pub(crate) required: Vec<Check>,
    /// Why the probe can't tell.
    pub(crate) undecided: Option<String>,
}

impl Findings {
    /// A probe that could not tell.
    pub(crate) fn undecided(why: impl Into<String>) -> Self {
        Self { undecided: Some(why.into()), ..Self::default() }
    }

    /// What the findings mean. A probe that checked nothing has proven nothing.
    pub(crate) fn verdict(&self) -> Verdict {
        let holding = self.checks.iter().filter(|check| check.holds).count();
        if self.required.iter().any(|it| !it.holds) {
            Verdict::Regressed
        } else if self.undecided.is_some() || self.checks.is_empty() {
            Verdict::Inconclusive
        } else if holding == self.checks.len() {
            Verdict::Fixed
        } else if holding == 0 {
            Verdict::NotFixed
        } else {
            Verdict::Partly
        }
    }

    /// Whether the probe has looked at nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.checks.is_empty() && self.required.is_empty()
    }

    /// All that was looked at, and whether the point asks for it or it has worked before.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Check, &'static str)> {
        let asked = self.checks.iter().map(|check| (check, "asked for"));
        asked.chain(self.required.iter().map(|check| (check, "worked before")))
    }

    /// Everything that does not hold, a line each.
    pub(crate) fn complaints(&self) -> String {
        let failed = self.checks.iter().chain(&self.required).filter(|it| !it.holds);
        let lines = failed.map(|it| format!("  {}: {}", it.name, it.detail));
        lines
            .chain(self.undecided.iter().map(|why| format!("  {why}")))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// What probes run with.
pub(crate) struct Bench {
    /// The folder of the probes' own modules and, beside it, of the browser's packages.
    pub(crate) probes: PathBuf,
    /// Our own robots, never the candidate's.
    pub(crate) robots: PathBuf,
    /// What they run in, with the service that they look at.
    pub(crate) sandbox: Sandbox,
    /// The browser.
    pub(crate) chromium: PathBuf,
}

impl Bench {
    /// Provides what probes run with; the project's own tasks know how.
    pub(crate) fn provide(root: &Path) -> Result<Self> {
        eprintln!("interview: providing the robots, Node and a browser");
        let said = output(cargo().args(["xtask", "provide"]).current_dir(root))?;
        let named = |key: &str| {
            let value = said.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            value.map(PathBuf::from).with_context(|| format!("cargo xtask provide names no {key}"))
        };
        Ok(Self {
            probes: root.join("interview/probes"),
            robots: named("programs")?.join("pie-robots"),
            sandbox: Sandbox::detect(),
            chromium: named("chromium")?,
        })
    }

    /// Runs a probe against a service, for so many seconds at most.
    pub(crate) fn run(&self, probe: &Path, seconds: u64, pieshop: &Path) -> Result<Findings> {
        // What a probe or the service leaves behind goes with the folder.
        let folder = tempfile::tempdir()?;
        let (found, log) = (folder.path().join("found.json"), folder.path().join("log"));
        let mut node = self.sandbox.command("node");
        node.arg(self.probes.join("run.mjs")).arg(probe).arg(&found).env("TMPDIR", folder.path());
        node.env("PIESHOP_CANDIDATE", pieshop).env("PIESHOP_ROBOTS_PROGRAM", &self.robots);
        node.env("PIESHOP_TEST_CHROMIUM", &self.chromium);
        let ended = sandbox::run(&mut node, &log, Duration::from_secs(seconds))?;
        if ended == Ended::Late {
            return Ok(Findings::undecided(format!("the probe did not end within {seconds} s")));
        }
        let text = fs::read_to_string(&found).unwrap_or_default();
        Ok(serde_json::from_str(&text).unwrap_or_else(|_| {
            Findings::undecided(format!("the probe found nothing: {}", sandbox::tail(&log)))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(checks: &[bool], required: &[bool]) -> Findings {
        let all = |list: &[bool]| {
            list.iter()
                .map(|holds| Check { name: "it".into(), holds: *holds, detail: String::new() })
                .collect()
        };
        Findings { checks: all(checks), required: all(required), undecided: None }
    }

    #[test]
    fn a_point_is_fixed_where_all_holds_and_partly_where_some_does() {
        assert_eq!(found(&[true, true], &[true]).verdict(), Verdict::Fixed);
        assert_eq!(found(&[true, false], &[]).verdict(), Verdict::Partly);
        assert_eq!(found(&[false, false], &[true]).verdict(), Verdict::NotFixed);
    }

    #[test]
    fn who_mends_by_breaking_something_else_has_broken_it() {
        assert_eq!(found(&[true], &[false]).verdict(), Verdict::Regressed);
    }

    #[test]
    fn a_probe_that_saw_nothing_or_gave_up_is_no_success() {
        assert_eq!(found(&[], &[true]).verdict(), Verdict::Inconclusive);
        let gave_up = Findings { undecided: Some("no".into()), ..found(&[true], &[]) };
        assert_eq!(gave_up.verdict(), Verdict::Inconclusive);
    }

    /// What the probe of what must still work says of a service that is this script.
    fn said_of(script: &str, seconds: u64) -> Findings {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let bench = Bench::provide(root).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let service = folder.path().join("pieshop");
        fs::write(&service, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&service, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        bench.run(&bench.probes.join("still-works.mjs"), seconds, &service).unwrap()
    }

    #[test]
    fn a_service_that_ends_never_ends_or_never_stops_talking_proves_nothing() {
        for (script, seconds, why) in [
            ("exit 3", 60, "pieshop migrate failed"),
            ("while :; do :; done", 2, "did not end within 2 s"),
            ("yes", 60, "pieshop migrate failed"),
            ("[ $1 = migrate ] || yes", 60, "pieshop serve ended"),
        ] {
            let found = said_of(script, seconds);
            assert_eq!(found.verdict(), Verdict::Inconclusive, "{script}");
            let undecided = found.undecided.unwrap();
            assert!(undecided.contains(why), "{script}: {undecided}");
        }
    }

    #[test]
    fn a_service_that_answers_500_to_everything_has_mended_nothing() {
        let found = said_of(
            r#"[ $1 = migrate ] && exit
exec node -e "require('http').createServer((q, a) => { a.statusCode = q.url === '/healthz' ? 200 : 500; a.end('{}') }).listen($3)""#,
            60,
        );
        assert_eq!(found.verdict(), Verdict::Inconclusive);
        assert!(found.undecided.unwrap().contains("answered 500"));
    }
}
