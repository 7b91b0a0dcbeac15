//! The proof that every point breaks what it says, and nothing else.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use crate::change::{Change, changed_lines};
use crate::check::alone;
use crate::cli::VerifyArgs;
use crate::edition::{flaws, made};
use crate::kit::{Kit, Lift, Point};
use crate::probe::{Bench, Verdict};
use crate::process::output;
use crate::select::lot;
use crate::tree::Tree;
use crate::verified::{self, Trial};
use crate::workshop::Workshop;

/// Runs the proof and says what is not as it should be; the long form keeps what was seen.
pub(crate) fn run(kit: &Kit, args: &VerifyArgs) -> Result<ExitCode> {
    let (workshop, bench) = (Workshop::open(&kit.root)?, Bench::provide(&kit.root)?);
    let mut proof = Proof { kit, workshop, bench, trials: Vec::new() };
    let (lifts, points) = asked(kit, args)?;
    if args.ids.is_empty() {
        proof.together()?;
    }
    for lift in lifts {
        proof.lift(lift)?;
    }
    for point in points {
        proof.point(point)?;
    }
    if args.changed {
        for point in touched(kit) {
            proof.point(point)?;
        }
    }
    for (one, other) in pairs(kit, args.pairs) {
        let changes = flaws(&[one, other]);
        proof.judge(&[one, other], &format!("{} with {}", one.id, other.id), &changes, FLAWED)?;
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&proof.trials)?);
    }
    if args.all || args.keep {
        verified::write(&kit.root, &proof.trials, args.all)?;
    }
    let wrong: Vec<&Trial> = proof.trials.iter().filter(|trial| !trial.right).collect();
    for trial in &wrong {
        eprintln!("interview: WRONG: {} on {}: {}", trial.of, trial.on, trial.seen);
    }
    if wrong.is_empty() {
        eprintln!("interview: all is proven");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

const MENDED: &[Verdict] = &[Verdict::Fixed];
const FLAWED: &[Verdict] = &[Verdict::NotFixed];
/// Any verdict but the one that would let a false fix pass.
const REJECTED: &[Verdict] =
    &[Verdict::NotFixed, Verdict::Partly, Verdict::Regressed, Verdict::Inconclusive];

struct Proof<'a> {
    kit: &'a Kit,
    workshop: Workshop,
    bench: Bench,
    trials: Vec<Trial>,
}

/// What is proven by itself.
fn asked<'a>(kit: &'a Kit, args: &VerifyArgs) -> Result<(Vec<&'a Lift>, Vec<&'a Point>)> {
    if args.all {
        return Ok((kit.lifts.values().collect(), kit.points.values().collect()));
    }
    let (mut lifts, mut points) = (Vec::new(), Vec::new());
    for id in &args.ids {
        match (kit.lifts.get(id), kit.points.get(id)) {
            (Some(lift), _) => lifts.push(lift),
            (_, Some(point)) => points.push(point),
            _ => bail!("there is neither a lift nor a point {id}"),
        }
    }
    Ok((lifts, points))
}

/// So many touched points are proven by themselves at most, so that the proof stays short.
const MOST_TOUCHED: usize = 2;

/// The points whose files the last change touches, or the places where they are planted.
fn touched(kit: &Kit) -> Vec<&Point> {
    let git = |args: &[&str]| output(Command::new("git").args(args).current_dir(&kit.root));
    // A clone without its history does not know what the last change was.
    let Ok(changed) = git(&["diff", "--name-only", "HEAD~1"]) else {
        eprintln!("interview: no commit before this one is known, so no point counts as touched");
        return Vec::new();
    };
    let changed: Vec<&str> = changed.lines().collect();
    let is_touched = |point: &&Point| {
        let own = format!("interview/points/{}/", point.id);
        let planted =
            |path: &str| point.change.as_ref().is_some_and(|it| it.files.contains_key(path));
        point.is_gradable() && changed.iter().any(|path| path.starts_with(&own) || planted(path))
    };
    let mut touched: Vec<&Point> = kit.points.values().filter(is_touched).collect();
    let rest = touched.split_off(touched.len().min(MOST_TOUCHED));
    if !rest.is_empty() {
        let ids: Vec<&str> = rest.iter().map(|point| point.id.as_str()).collect();
        eprintln!("interview: touched too: cargo interview verify {}", ids.join(" "));
    }
    touched
}

/// So many pairs of points, always the same.
fn pairs(kit: &Kit, count: usize) -> Vec<(&Point, &Point)> {
    let points: Vec<&Point> = kit.points.values().filter(|it| it.is_gradable()).collect();
    let mut pairs: Vec<(&Point, &Point)> = Vec::new();
    for (number, one) in points.iter().enumerate() {
        let others = points[number + 1..].iter().filter(|other| one.agrees(other));
        pairs.extend(others.map(|other| (*one, *other)));
    }
    pairs.sort_by_key(|(one, other)| lot(1, &format!("{} {}", one.id, other.id)));
    pairs.truncate(count);
    pairs
}

impl Proof<'_> {
    /// All lifts and all points at once: green on its own tests, every flaw seen; and without the
    /// points none.
    fn together(&mut self) -> Result<()> {
        let points: Vec<&Point> = self.kit.points.values().filter(|it| it.is_gradable()).collect();
        for (name, expected, changes) in [
            ("the exercise without flaws", MENDED, Vec::new()),
            ("the exercise with all flaws", FLAWED, flaws(&points)),
        ] {
            let files = self.lifted(&changes)?;
            eprintln!("interview: {name}: building and testing");
            let tested = self.workshop.test(self.kit, &files, name);
            self.tell("all lifts", name, tested);
            self.judge(&points, name, &changes, expected)?;
        }
        Ok(())
    }

    /// One lift by itself, but for what it requires: warning-free, green, and out whole.
    fn lift(&mut self, lift: &Lift) -> Result<()> {
        let on = format!("its {} lines of wiring", lift.check_size(&self.kit.root)?);
        eprintln!("interview: {}: building and testing", lift.id);
        let (files, remains) = alone(self.kit, lift)?;
        if !remains.is_empty() {
            let remains = anyhow::anyhow!("something of it stays:\n  {}", remains.join("\n  "));
            self.tell(&lift.id, "what is left", Err::<Verdict, _>(remains));
        }
        let tested = self.workshop.test(self.kit, &files, &lift.id);
        let tested = tested.and_then(|seen| self.workshop.check_contract(&files).map(|()| seen));
        self.tell(&lift.id, &on, tested);
        Ok(())
    }

    /// One point by itself: the flaw is seen, no false fix passes, every alternative fix does.
    fn point(&mut self, point: &Point) -> Result<()> {
        let Some(flaw) = &point.flaw else { return Ok(()) };
        let (bad, good) = (point.fixes("false-fixes")?, point.fixes("alternative-fixes")?);
        if bad.len() < 2 || good.is_empty() {
            let missing = anyhow::anyhow!("needs two false fixes and an alternative one");
            self.tell(&point.id, "its fixes", Err::<Verdict, _>(missing));
        }
        self.judge(&[point], "the complete source", &[], MENDED)?;
        let on = format!("the flaw, {} lines of diff", changed_lines(flaw));
        self.judge(&[point], &on, &flaws(&[point]), FLAWED)?;
        let kinds = [("false fix", &bad, REJECTED), ("alternative fix", &good, MENDED)];
        for (kind, fixes, expected) in kinds {
            for (name, fix) in fixes {
                let change = Change::of_diffs(&point.id, &self.kit.complete, &[flaw, fix]);
                let change = change.with_context(|| format!("{}: {name}", point.id))?;
                self.judge(&[point], &format!("{kind} {name}"), &[change], expected)?;
            }
        }
        Ok(())
    }

    /// Builds the exercise with all lifts and `changes`, and runs the probes of `points` on it.
    fn judge(
        &mut self,
        points: &[&Point],
        on: &str,
        changes: &[Change],
        expected: &[Verdict],
    ) -> Result<()> {
        let files = self.lifted(changes)?;
        let built = match self.workshop.build(self.kit, &files, &points[0].id) {
            Ok(built) => built,
            Err(error) => {
                self.tell(&points[0].id, on, Err::<Verdict, _>(error));
                return Ok(());
            }
        };
        for point in points {
            let verdict = self.verdict(point, &built.pieshop, expected)?;
            self.tell(&point.id, on, verdict);
        }
        Ok(())
    }

    /// What a probe says; `Err` with its complaints where something else was expected.
    fn verdict(
        &self,
        point: &Point,
        pieshop: &Path,
        expected: &[Verdict],
    ) -> Result<Result<Verdict>> {
        let look = || {
            self.bench.run(&point.folder.join("probe.mjs"), point.probe.timeout_seconds, pieshop)
        };
        let mut findings = look()?;
        // A busy machine may have kept the probe from seeing anything.
        if findings.verdict() == Verdict::Inconclusive && !expected.contains(&Verdict::Inconclusive)
        {
            findings = look()?;
        }
        let verdict = findings.verdict();
        Ok(if expected.contains(&verdict) {
            Ok(verdict)
        } else {
            Err(anyhow::anyhow!("{verdict}\n{}", findings.complaints()))
        })
    }

    fn lifted(&self, changes: &[Change]) -> Result<Tree> {
        let lifts: Vec<&Lift> = self.kit.lifts.values().collect();
        made(self.kit, &lifts, changes)
    }

    fn tell(&mut self, of: &str, on: &str, result: Result<impl ToString>) {
        let (right, seen) = match result {
            Ok(seen) => (true, seen.to_string()),
            Err(error) => (false, format!("{error:#}")),
        };
        let first = seen.lines().next().unwrap_or_default();
        eprintln!("interview: {of} on {on}: {first}{}", if right { "" } else { ": WRONG" });
        self.trials.push(Trial { of: of.to_owned(), on: on.to_owned(), seen, right });
    }
}
