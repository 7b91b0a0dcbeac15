//! What the kit is made of: lifts, points and presets, as their folders describe them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::change::{Change, changed_lines};
use crate::guide::Guide;
use crate::strip::Annotations;
use crate::tree::Tree;

/// Lines that a lift may change outside of the files that it deletes; tests and generated files do
/// not count.
const MOST_WIRING: usize = 40;
/// Lines that a point's diff may change.
const MOST_FLAW: usize = 30;

/// All of it, and the source that it is made from.
pub(crate) struct Kit {
    pub(crate) root: PathBuf,
    pub(crate) complete: Tree,
    /// What every candidate's repository is made by.
    pub(crate) edition: Lift,
    pub(crate) lifts: BTreeMap<String, Lift>,
    pub(crate) points: BTreeMap<String, Point>,
    pub(crate) presets: BTreeMap<String, Preset>,
}

/// A concern that can be taken out whole.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lift {
    #[serde(skip)]
    pub(crate) id: String,
    pub(crate) title: String,
    /// What the service does no longer do.
    pub(crate) takes_away: String,
    /// Lifts that must be out too, for they use what this one takes away.
    #[serde(default)]
    pub(crate) requires: Vec<String>,
    /// Files and folders.
    #[serde(default)]
    pub(crate) delete: Vec<String>,
    /// Sections and keys that go with it, as `retry` or `retry.tries`.
    #[serde(default)]
    pub(crate) configuration: Vec<String>,
    /// Words that nothing of the exercise may contain once it is out.
    #[serde(default)]
    pub(crate) leftovers: Vec<String>,
    /// What is taken out of every Rust file once everything else is done.
    #[serde(default)]
    pub(crate) annotations: Annotations,
    /// A point's changes to the files that it deletes go with them; else they are an error.
    #[serde(default)]
    pub(crate) swallows: bool,
    /// What it makes of the complete edition.
    #[serde(skip)]
    pub(crate) change: Change,
}

/// One flaw, or one question.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Point {
    #[serde(skip)]
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) competency: String,
    /// The marks of the specification that it answers.
    pub(crate) source: Vec<String>,
    /// Such as `WCAG 1.3.1` or `CWE-89`.
    #[serde(default)]
    pub(crate) standards: Vec<String>,
    pub(crate) level: Level,
    pub(crate) minutes: Minutes,
    pub(crate) modes: Vec<Mode>,
    pub(crate) surface: Surface,
    /// What may be seen, in words that give nothing away.
    pub(crate) symptom: String,
    #[serde(default)]
    pub(crate) root_cause: String,
    pub(crate) impact: String,
    /// Points and lifts that must be in with it, or must not be.
    #[serde(default)]
    pub(crate) requires: Vec<String>,
    #[serde(default)]
    pub(crate) conflicts: Vec<String>,
    /// Points that cannot be found while this one is in.
    #[serde(default)]
    pub(crate) masks: Vec<String>,
    #[serde(default)]
    pub(crate) probe: Probe,
    /// Words that nothing of the exercise may contain.
    #[serde(default)]
    pub(crate) leak_terms: Vec<String>,
    /// For a candidate who cannot do this one.
    #[serde(default)]
    #[serde(rename = "alternative_point")]
    pub(crate) alternative: Option<String>,
    #[serde(skip)]
    pub(crate) folder: PathBuf,
    /// `flaw.diff`; none for a pure discussion.
    #[serde(skip)]
    pub(crate) flaw: Option<String>,
    /// What the flaw makes of the complete edition.
    #[serde(skip)]
    pub(crate) change: Option<Change>,
    /// What the interviewer asks, hints at and looks for.
    #[serde(skip)]
    pub(crate) guide: Guide,
}

/// Whom a point is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Junior,
    Mid,
    Senior,
}

/// How long a point takes.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Minutes {
    pub(crate) find: u32,
    pub(crate) discuss: u32,
    pub(crate) fix: u32,
    /// Measured with people, not guessed.
    pub(crate) piloted: bool,
}

impl Minutes {
    /// All of it.
    pub(crate) fn total(self) -> u32 {
        self.find + self.discuss + self.fix
    }
}

/// What a candidate is asked to do with a point.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Find,
    Discuss,
    Fix,
}

/// Where the symptom shows.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Surface {
    Http,
    Page,
    Log,
    Source,
    Test,
    Document,
}

/// How a point is proven.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Probe {
    pub(crate) timeout_seconds: u64,
}

impl Default for Probe {
    fn default() -> Self {
        Self { timeout_seconds: 60 }
    }
}

/// A set of lifts and points with a name.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preset {
    pub(crate) title: String,
    /// `["*"]`: all.
    pub(crate) lifts: Vec<String>,
    /// `["*"]`: all.
    pub(crate) points: Vec<String>,
    /// Only as many points as fit into this time.
    #[serde(default)]
    pub(crate) minutes: Option<u32>,
}

impl Point {
    /// Whether there is something to repair, so that a grade can be given.
    pub(crate) fn is_gradable(&self) -> bool {
        self.flaw.is_some()
    }

    /// Whether both can be in one exercise.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let against = |one: &Self, other: &Self| {
            one.conflicts.contains(&other.id) || one.masks.contains(&other.id)
        };
        !against(self, other) && !against(other, self)
    }

    /// The diffs of `false-fixes` or `alternative-fixes`, by name; each is written on top of the
    /// flaw.
    pub(crate) fn fixes(&self, kind: &str) -> Result<Vec<(String, String)>> {
        let folder = self.folder.join(kind);
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut fixes = Vec::new();
        for file in entries(&folder)? {
            fixes.push((stem(&file), read(&file)?));
        }
        Ok(fixes)
    }
}

impl Kit {
    /// Reads the kit of the workspace at `root`; every diff must apply.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let folder = root.join("interview");
        let complete = Tree::complete(root)?;
        let edition = lift(&folder.join("edition"), &complete)?;
        let mut lifts = BTreeMap::new();
        for path in entries(&folder.join("lifts"))? {
            let lift = lift(&path, &complete)?;
            lifts.insert(lift.id.clone(), lift);
        }
        let mut points = BTreeMap::new();
        for path in entries(&folder.join("points"))? {
            let point = point(&path, &complete)?;
            points.insert(point.id.clone(), point);
        }
        let mut presets = BTreeMap::new();
        for path in entries(&folder.join("presets"))? {
            presets.insert(stem(&path), parse(&path)?);
        }
        Ok(Self { root: root.to_owned(), complete, edition, lifts, points, presets })
    }

    /// The lifts of these names, all for `*`; each with all that it requires.
    pub(crate) fn lifts(&self, names: &[String]) -> Result<Vec<&Lift>> {
        let lifts = pick(&self.lifts, names, "lift")?;
        for lift in &lifts {
            let missing = lift.requires.iter().find(|id| lifts.iter().all(|it| it.id != **id));
            if let Some(id) = missing {
                bail!("the lift {} requires the lift {id}: add it, or leave both out", lift.id);
            }
        }
        Ok(lifts)
    }

    /// A lift with all that it requires, and what these require.
    pub(crate) fn with_required(&self, lift: &Lift) -> Result<Vec<&Lift>> {
        let mut names = vec![lift.id.clone()];
        let mut next = 0;
        while let Some(name) = names.get(next) {
            for id in self.lifts.get(name).map_or(&[][..], |lift| &lift.requires) {
                if !names.contains(id) {
                    names.push(id.clone());
                }
            }
            next += 1;
        }
        self.lifts(&names)
    }

    /// The points of these names, all for `*`.
    pub(crate) fn points(&self, names: &[String]) -> Result<Vec<&Point>> {
        pick(&self.points, names, "point")
    }
}

fn pick<'a, T>(all: &'a BTreeMap<String, T>, names: &[String], what: &str) -> Result<Vec<&'a T>> {
    if names == ["*"] {
        return Ok(all.values().collect());
    }
    let find = |name: &String| {
        let known = || all.keys().cloned().collect::<Vec<_>>().join(", ");
        all.get(name).with_context(|| format!("there is no {what} {name}; there are: {}", known()))
    };
    names.iter().map(find).collect()
}

fn lift(folder: &Path, complete: &Tree) -> Result<Lift> {
    let mut lift: Lift = parse(&folder.join("lift.toml"))?;
    lift.id = stem(folder);
    let diffs = diffs(folder, &["wiring", "tests", "generated"])?;
    lift.change = Change::of_diffs(&lift.id, complete, &diffs)?;
    lift.change.delete(complete, &lift.delete)?;
    let files = folder.join("files");
    if files.exists() {
        let files = Tree::of_folder(&files)?.0.into_iter();
        lift.change.files.extend(files.map(|(path, bytes)| (path, Some(bytes))));
    }
    Ok(lift)
}

/// The diffs of these names that the folder has.
fn diffs(folder: &Path, names: &[&str]) -> Result<Vec<String>> {
    let files = names.iter().map(|name| folder.join(name).with_extension("diff"));
    files.filter(|file| file.exists()).map(|file| read(&file)).collect()
}

fn point(folder: &Path, complete: &Tree) -> Result<Point> {
    let mut point: Point = parse(&folder.join("point.toml"))?;
    point.id = stem(folder);
    let guide = folder.join("guide.md");
    point.guide = Guide::parse(&read(&guide)?).with_context(|| guide.display().to_string())?;
    let flaw = folder.join("flaw.diff");
    if flaw.exists() {
        let mut diffs = diffs(folder, &["flaw", "generated"])?;
        let size = changed_lines(&diffs[0]);
        ensure!(size <= MOST_FLAW, "{}: {size} lines of diff, at most {MOST_FLAW}", point.id);
        ensure!(folder.join("probe.mjs").exists(), "{}: a flaw without probe.mjs", point.id);
        point.change = Some(Change::of_diffs(&point.id, complete, &diffs)?);
        point.flaw = Some(diffs.swap_remove(0));
    } else if point.modes != [Mode::Discuss] {
        bail!("{}: without flaw.diff it is for discussion only: modes = [\"discuss\"]", point.id);
    }
    folder.clone_into(&mut point.folder);
    Ok(point)
}

impl Lift {
    /// How many files go.
    pub(crate) fn deleted(&self) -> usize {
        self.change.files.values().filter(|bytes| bytes.is_none()).count()
    }

    /// Lines of wiring; an error when there are too many.
    pub(crate) fn check_size(&self, root: &Path) -> Result<usize> {
        let wiring = root.join("interview/lifts").join(&self.id).join("wiring.diff");
        let size = if wiring.exists() { changed_lines(&read(&wiring)?) } else { 0 };
        ensure!(size <= MOST_WIRING, "{}: {size} lines of wiring, at most {MOST_WIRING}", self.id);
        Ok(size)
    }
}

fn parse<T: DeserializeOwned>(file: &Path) -> Result<T> {
    toml::from_str(&read(file)?).with_context(|| format!("in {}", file.display()))
}

pub(crate) fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What stands in a folder, in order.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let all = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut entries = all.map(|it| Ok(it?.path())).collect::<Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}
