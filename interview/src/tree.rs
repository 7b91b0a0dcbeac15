//! The files of an edition, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::output;

/// Files by their paths, which are relative to the root and written with `/`.
#[derive(Clone, Default)]
pub(crate) struct Tree(pub(crate) BTreeMap<String, Vec<u8>>);

impl Tree {
    /// The complete edition: what git tracks, or would track once it is added, as it stands in the
    /// folder. Links are left out.
    pub(crate) fn complete(root: &Path) -> Result<Self> {
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let paths = output(Command::new("git").args(list).current_dir(root))?;
        let mut tree = Self::default();
        for path in paths.split_terminator('\0') {
            let file = root.join(path);
            // A file that git still knows may have been deleted since.
            if fs::symlink_metadata(&file).is_ok_and(|it| it.is_file()) {
                let bytes = fs::read(&file).with_context(|| format!("cannot read {path}"))?;
                tree.0.insert(path.to_owned(), bytes);
            }
        }
        Ok(tree)
    }

    /// Every file below a folder. Links are left out: they may lead anywhere, and round.
    pub(crate) fn of_folder(folder: &Path) -> Result<Self> {
        let mut tree = Self::default();
        let mut open = vec![folder.to_owned()];
        while let Some(next) = open.pop() {
            let entries = fs::read_dir(&next);
            for entry in entries.with_context(|| format!("cannot read {}", next.display()))? {
                let entry = entry?;
                let (path, kind) = (entry.path(), entry.file_type()?);
                if kind.is_dir() {
                    open.push(path);
                } else if kind.is_file() {
                    let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                    tree.0.insert(name, fs::read(&path)?);
                }
            }
        }
        Ok(tree)
    }

    /// The text of a file; nothing if it is missing or is not text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// Path and text of every text file.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().filter_map(|path| Some((path.as_str(), self.text(path)?)))
    }

    /// The paths that a path names: itself, or all files below it.
    pub(crate) fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a String> {
        self.0.keys().filter(move |it| {
            it.strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || path.ends_with('/'))
        })
    }

    /// Makes `folder` hold exactly these files; what stands there already with the same content is
    /// left alone, so that a build knows what has changed.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            for path in Self::of_folder(folder)?.0.into_keys() {
                if !self.0.contains_key(&path) && !path.starts_with(".git/") {
                    fs::remove_file(folder.join(&path))?;
                }
            }
        }
        for (path, bytes) in &self.0 {
            let file = folder.join(path);
            if fs::read(&file).is_ok_and(|present| present == *bytes) {
                continue;
            }
            fs::create_dir_all(file.parent().context("a file stands in a folder")?)?;
            fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_a_folder_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "1").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("round")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("away")).unwrap();
        let tree = Tree::of_folder(folder.path()).unwrap();
        assert_eq!(tree.0.keys().collect::<Vec<_>>(), ["a"]);
    }
}
