//! A candidate's repository, judged from outside.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use askama::Template;
use serde::Serialize;

use crate::cli::GradeArgs;
use crate::guide::STYLE;
use crate::kit::{Kit, read};
use crate::probe::{Bench, Findings, Verdict};
use crate::sandbox::{self, Ended};
use crate::select::Exercise;
use crate::tree::Tree;
use crate::workshop::Workshop;

const BUILD_LIMIT: Duration = Duration::from_mins(15);
/// Address space that each program of a build may have: eight GiB, twice what the compiler takes.
const BUILD_MEMORY: &str = "--as=8589934592";
/// The probe of what every exercise must still do.
const STILL_WORKS: &str = "still-works.mjs";

/// What is said of a repository.
#[derive(Serialize)]
pub(crate) struct Grade {
    pub(crate) exercise: String,
    /// Whether it could be built; else why not.
    pub(crate) build: Result<(), String>,
    /// What must work whatever was mended.
    pub(crate) still_works: Graded,
    pub(crate) points: Vec<Graded>,
    /// What the system could not contain.
    pub(crate) notice: Option<&'static str>,
}

/// What is said of one point, and why.
#[derive(Serialize)]
pub(crate) struct Graded {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) verdict: Verdict,
    pub(crate) findings: Findings,
}

/// The same as a page of its own, which works from a disk and for ever.
#[derive(Template)]
#[template(path = "grade.html")]
struct Page<'a> {
    grade: &'a Grade,
    style: &'static str,
}

impl Grade {
    /// What must still work, then every point.
    fn all(&self) -> impl Iterator<Item = &Graded> {
        std::iter::once(&self.still_works).chain(&self.points)
    }
}

/// Builds a candidate's repository, runs every probe of the exercise, and tells.
pub(crate) fn run(kit: &Kit, args: &GradeArgs) -> Result<()> {
    let exercise: Exercise = toml::from_str(&read(&args.exercise)?)
        .with_context(|| format!("{} is no exercise", args.exercise.display()))?;
    ensure!(
        args.folder.join("Cargo.toml").exists(),
        "{} holds no repository",
        args.folder.display()
    );
    let grade = grade(kit, &exercise, &args.folder)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&grade)?);
    } else if args.html {
        println!("{}", Page { grade: &grade, style: STYLE }.render()?);
    } else {
        print!("{}", told(&grade));
    }
    Ok(())
}

fn grade(kit: &Kit, exercise: &Exercise, folder: &Path) -> Result<Grade> {
    let points: Vec<_> =
        kit.points(&exercise.points)?.into_iter().filter(|it| it.is_gradable()).collect();
    let bench = Bench::provide(&kit.root)?;
    let workshop = Workshop::open(&kit.root)?;
    eprintln!("interview: building (up to a few minutes)");
    let built = build(&workshop, &bench, folder)?;
    let judge = |id: &str, title: &str, probe: &Path, seconds: u64| -> Result<Graded> {
        let findings = match &built {
            Ok(()) => {
                bench.run(probe, seconds, &workshop.submission().join("target/debug/pieshop"))?
            }
            Err(_) => Findings::undecided("it could not be built"),
        };
        let verdict = findings.verdict();
        eprintln!("interview: {id}: {verdict}");
        Ok(Graded { id: id.to_owned(), title: title.to_owned(), verdict, findings })
    };
    let still_works =
        judge("still-works", "What must still work", &bench.probes.join(STILL_WORKS), 120)?;
    let points = points.iter().map(|point| {
        judge(&point.id, &point.title, &point.folder.join("probe.mjs"), point.probe.timeout_seconds)
    });
    let points = points.collect::<Result<Vec<_>>>()?;
    Ok(Grade {
        exercise: exercise.title.clone(),
        build: built,
        still_works,
        points,
        notice: bench.sandbox.notice(),
    })
}

/// Builds a copy, so that what is graded stays as it was handed in.
fn build(workshop: &Workshop, bench: &Bench, folder: &Path) -> Result<Result<(), String>> {
    let submission = workshop.submission();
    let tree = submission.join("tree");
    let mut files = Tree::of_folder(folder)?;
    let own = ["target/", "data/", ".git/"];
    files.0.retain(|path, _| !own.iter().any(|it| path.starts_with(it)));
    files.write(&tree)?;
    let program = submission.join("target/debug/pieshop");
    // The program of the submission before must not be taken for this one's.
    if program.exists() {
        fs::remove_file(&program)?;
    }
    let log = submission.join("build.log");
    let mut cargo = bench.sandbox.command_within("cargo", &[BUILD_MEMORY]);
    cargo.args(["build", "--offline", "--bin", "pieshop"]).current_dir(&tree);
    cargo.env("CARGO_TARGET_DIR", submission.join("target")).env("CARGO_TERM_COLOR", "never");
    let ended = sandbox::run(&mut cargo, &log, BUILD_LIMIT)?;
    Ok(match ended {
        Ended::Well if program.exists() => Ok(()),
        Ended::Late => Err(format!("the build did not end within {BUILD_LIMIT:?}")),
        _ => Err(sandbox::tail(&log)),
    })
}

fn told(grade: &Grade) -> String {
    let mut parts = vec![format!("{}\n", grade.exercise)];
    if let Err(why) = &grade.build {
        parts.push(format!("It could not be built, so nothing is decided:\n{why}\n"));
    }
    parts.extend(grade.notice.map(|notice| format!("Note: {notice}.\n")));
    for it in grade.all() {
        parts.push(format!("{:12}  {} ({})", it.verdict.to_string(), it.title, it.id));
        if it.verdict != Verdict::Fixed && it.verdict != Verdict::NotFixed {
            parts.push(it.findings.complaints());
        }
    }
    parts.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Check;
    use crate::process::output;
    use std::process::Command;

    fn graded(id: &str, verdict: Verdict, findings: Findings) -> Graded {
        Graded { id: id.into(), title: format!("About {id}"), verdict, findings }
    }

    #[test]
    fn the_page_of_a_grade_is_accessible_and_shows_what_somebody_wrote_as_text() {
        let check = |holds| Check {
            name: "it is said".into(),
            holds,
            detail: "<script>document.title = 'taken'</script>".into(),
        };
        let found = Findings { checks: vec![check(true), check(false)], ..Findings::default() };
        let works = Findings { required: vec![check(true)], ..Findings::default() };
        let grade = Grade {
            exercise: "A test".into(),
            build: Err("error[E0425]: <b>no</b>".into()),
            still_works: graded("still-works", Verdict::Fixed, works),
            points: vec![
                graded("one", Verdict::Partly, found),
                graded("two", Verdict::Inconclusive, Findings::undecided("it was not built")),
            ],
            notice: Some("nothing is limited"),
        };
        let page = Page { grade: &grade, style: STYLE };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("grade.html");
        fs::write(&file, page.render().unwrap()).unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut node = Command::new("node");
        node.arg(root.join("interview/tests/it/grade.mjs")).arg(&file);
        node.env("PIESHOP_TEST_CHROMIUM", Bench::provide(root).unwrap().chromium);
        output(&mut node).unwrap();
    }
}
