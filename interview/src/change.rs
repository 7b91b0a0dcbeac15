//! What a diff makes of the complete edition.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result};

use crate::merge::{Edit, edits_of};
use crate::process::output;
use crate::tree::Tree;

/// The files that something changes, each with what it becomes; `None` where it is deleted.
#[derive(Clone, Default)]
pub(crate) struct Change {
    /// Who changes them: a lift's or a point's id.
    pub(crate) id: String,
    pub(crate) files: BTreeMap<String, Option<Vec<u8>>>,
    /// How they differ from the complete edition's, once that was looked at: the same change is
    /// united with others again and again.
    edits: OnceLock<BTreeMap<String, Vec<Edit>>>,
}

impl Change {
    /// Applies `diffs`, one after the other, to `base`; every line of context must match.
    pub(crate) fn of_diffs(id: &str, base: &Tree, diffs: &[impl AsRef<str>]) -> Result<Self> {
        let touched: BTreeSet<&str> =
            diffs.iter().flat_map(|diff| touched(diff.as_ref())).collect();
        let folder = tempfile::tempdir()?;
        let known =
            |path: &&str| base.0.get(*path).map(|bytes| ((*path).to_owned(), bytes.clone()));
        Tree(touched.iter().filter_map(known).collect()).write(folder.path())?;
        for diff in diffs {
            let file = folder.path().join(".the.diff");
            std::fs::write(&file, diff.as_ref())?;
            let mut git = Command::new("git");
            // The folder may stand below a repository, which is none of git's business here.
            git.env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap_or(folder.path()));
            git.args(["apply", "--whitespace=nowarn"]).arg(&file).current_dir(folder.path());
            output(&mut git).with_context(|| {
                format!("{id}: a diff does not apply; `cargo interview edit {id}` re-bases it, --fix a fix")
            })?;
            std::fs::remove_file(&file)?;
        }
        let mut after = Tree::of_folder(folder.path())?;
        let files = touched.into_iter().map(|path| (path.to_owned(), after.0.remove(path)));
        Ok(Self { id: id.to_owned(), files: files.collect(), edits: OnceLock::new() })
    }

    /// How a file differs from the complete edition's, `base`; none where either is no text.
    pub(crate) fn edits(&self, base: &Tree, path: &str) -> Option<&[Edit]> {
        let of = |(path, bytes): (&String, &Option<Vec<u8>>)| {
            let text = std::str::from_utf8(bytes.as_ref()?).ok()?;
            Some((path.clone(), edits_of(base.text(path)?, text)))
        };
        let edits = self.edits.get_or_init(|| self.files.iter().filter_map(of).collect());
        edits.get(path).map(Vec::as_slice)
    }

    /// Deletes what `paths` name: files, or folders with all that they hold.
    pub(crate) fn delete(&mut self, base: &Tree, paths: &[String]) -> Result<()> {
        for path in paths {
            let before = self.files.len();
            self.files.extend(base.below(path).map(|it| (it.clone(), None)));
            anyhow::ensure!(
                self.files.len() > before,
                "{}: deletes {path}, which is not there",
                self.id
            );
        }
        Ok(())
    }
}

/// The paths that a diff names.
fn touched(diff: &str) -> impl Iterator<Item = &str> {
    diff.lines()
        .filter_map(|line| line.strip_prefix("--- a/").or_else(|| line.strip_prefix("+++ b/")))
}

/// Lines that a diff takes away or adds.
pub(crate) fn changed_lines(diff: &str) -> usize {
    diff.lines()
        .filter(|line| line.starts_with(['+', '-']))
        .filter(|line| !line.starts_with("+++ ") && !line.starts_with("--- "))
        .count()
}
