//! A flaw as it stands in the candidate's files, and its repair.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use similar::{ChangeTag, TextDiff};

use crate::edition::{flaws, format, made};
use crate::kit::{Kit, Lift, Point};
use crate::tree::Tree;

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;

/// What the repair changes in one file.
pub(crate) struct Repair {
    pub(crate) path: String,
    pub(crate) hunks: Vec<Vec<Line>>,
}

/// One line of a repair.
pub(crate) struct Line {
    /// Its number in the candidate's file; none for what the repair adds.
    pub(crate) number: Option<usize>,
    /// A blank, `-` or `+`.
    pub(crate) mark: char,
    pub(crate) text: String,
}

/// Compares the exercise with what it is without one of its points.
pub(crate) struct Repairs<'a> {
    kit: &'a Kit,
    lifts: Vec<&'a Lift>,
    points: Vec<&'a Point>,
    flawed: Tree,
}

impl<'a> Repairs<'a> {
    pub(crate) fn of(kit: &'a Kit, lifts: &[&'a Lift], points: &[&'a Point]) -> Result<Self> {
        let flawed = made(kit, lifts, &flaws(points))?;
        Ok(Self { kit, lifts: lifts.to_vec(), points: points.to_vec(), flawed })
    }

    /// From the flawed files to the repaired ones; nothing for a point without a flaw.
    pub(crate) fn of_point(&self, point: &Point) -> Result<Vec<Repair>> {
        if point.flaw.is_none() {
            return Ok(Vec::new());
        }
        let others: Vec<&Point> =
            self.points.iter().copied().filter(|other| other.id != point.id).collect();
        let repaired = made(self.kit, &self.lifts, &flaws(&others))?;
        let differs = |path: &&String| self.flawed.0.get(*path) != repaired.0.get(*path);
        let paths: BTreeSet<&String> =
            self.flawed.0.keys().chain(repaired.0.keys()).filter(differs).collect();
        // As they are exported, line for line.
        let part = |tree: &Tree| {
            let files = tree.0.iter().filter(|(path, _)| paths.contains(path));
            let files = files.map(|(path, bytes)| (path.clone(), bytes.clone()));
            format(self.kit, &Tree(files.collect()))
        };
        let (flawed, repaired) = (part(&self.flawed)?, part(&repaired)?);
        let repair = |path: &&String| {
            let text = |tree: &Tree| match tree.0.get(*path) {
                None => Ok(String::new()),
                Some(bytes) => String::from_utf8(bytes.clone())
                    .with_context(|| format!("{}: {path} is no text", point.id)),
            };
            Ok(Repair { path: (*path).clone(), hunks: hunks(&text(&flawed)?, &text(&repaired)?) })
        };
        paths.iter().map(repair).collect()
    }
}

fn hunks(flawed: &str, repaired: &str) -> Vec<Vec<Line>> {
    let diff = TextDiff::from_lines(flawed, repaired);
    let line = |change: similar::Change<&str>| Line {
        number: change.old_index().map(|it| it + 1),
        mark: match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        },
        text: change.value().trim_end_matches(['\r', '\n']).to_owned(),
    };
    let groups = diff.grouped_ops(CONTEXT);
    let hunk = groups.iter().map(|ops| ops.iter().flat_map(|op| diff.iter_changes(op)).map(line));
    hunk.map(Iterator::collect).collect()
}

impl Repair {
    /// As `git diff` has it, without its head.
    pub(crate) fn unified(&self) -> String {
        let mut text = String::new();
        for hunk in &self.hunks {
            let first = hunk.iter().find_map(|line| line.number).unwrap_or_default();
            let old = hunk.iter().filter(|line| line.number.is_some()).count();
            text.extend(["@@ line ", &first.to_string(), ", ", &old.to_string(), " lines @@\n"]);
            for line in hunk {
                text += format!("{}{}", line.mark, line.text).trim_end();
                text.push('\n');
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_numbers_of_the_candidates_file() {
        let hunks = hunks("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nF\nf\n");
        let lines: Vec<_> =
            hunks[0].iter().map(|it| (it.number, it.mark, it.text.as_str())).collect();
        assert_eq!(lines[3], (Some(5), '-', "e"));
        assert_eq!(lines[4], (None, '+', "E"));
        assert_eq!(lines[6], (Some(6), ' ', "f"));
        let repair = Repair { path: "x".into(), hunks };
        assert_eq!(repair.unified(), "@@ line 2, 5 lines @@\n b\n c\n d\n-e\n+E\n+F\n f\n");
    }

    #[test]
    fn a_change_at_each_end_of_a_file_makes_two_hunks() {
        let many: Vec<String> = (1..30).map(|it| format!("{it}\n")).collect();
        let after = many.join("").replacen("1\n", "one\n", 1).replace("29\n", "");
        assert_eq!(hunks(&many.join(""), &after).len(), 2);
    }
}
