//! The files of the repository, read once for every check.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use regex_lite::Regex;

/// Paths are relative to the root and written with `/`.
#[derive(Default)]
pub(super) struct Tree {
    texts: BTreeMap<String, String>,
    paths: BTreeSet<String>,
}

impl Tree {
    /// What git tracks, or would track once it is added.
    pub(super) fn of_repository(root: &Path) -> Result<Self> {
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("cannot start git, which knows the project's files")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git ls-files failed: {complaint}");
        let mut tree = Self::default();
        for path in String::from_utf8(output.stdout)?.split_terminator('\0') {
            let absolute = root.join(path);
            // A file that git still knows may have been deleted since.
            let Ok(metadata) = fs::symlink_metadata(&absolute) else { continue };
            let text = metadata.is_file().then(|| fs::read(&absolute)).transpose()?;
            tree.add(path, text.and_then(|bytes| String::from_utf8(bytes).ok()));
        }
        Ok(tree)
    }

    /// The text of a file; nothing if it is missing or is not text.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Path and text of every text file.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Path and text of every Rust file.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| Path::new(path).extension().is_some_and(|e| e == "rs"))
    }

    /// Whether `path` names a file or folder: from the root, or from any folder on the way, as a
    /// map of the modules writes `http/router.rs`. A `*` stands for any part of a name.
    pub(super) fn has(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        let pattern = regex_lite::escape(path).replace(r"\*", "[^/]*");
        let Ok(pattern) = Regex::new(&format!("(^|/){pattern}$")) else { return false };
        self.paths.iter().any(|known| pattern.is_match(known))
    }

    /// Whether a name stands directly in the root.
    pub(super) fn has_at_root(&self, name: &str) -> bool {
        self.paths.contains(name)
    }

    /// Whether `path` is made at run time and kept out of the repository by `.gitignore`.
    pub(super) fn is_ignored(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        let rules = self.text(".gitignore").unwrap_or_default();
        rules.lines().any(|rule| match (rule.strip_prefix('/'), rule.strip_prefix('*')) {
            (Some(anchored), _) => path
                .strip_prefix(anchored.trim_end_matches('/'))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            (None, Some(ending)) => path.ends_with(ending),
            (None, None) => path.split('/').any(|part| part == rule.trim_end_matches('/')),
        })
    }

    fn add(&mut self, path: &str, text: Option<String>) {
        let folders = path.match_indices('/').map(|(end, _)| path[..end].to_owned());
        self.paths.extend(folders);
        self.paths.insert(path.to_owned());
        if let Some(text) = text {
            self.texts.insert(path.to_owned(), text);
        }
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Tree {
    fn from(files: [(&str, &str); N]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add(path, Some(text.to_owned()));
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        Tree::from([
            (".gitignore", "/target\n/data\n*.db\n"),
            ("contracts/order-api.yaml", ""),
            ("crates/pieshop/src/http/router.rs", ""),
        ])
    }

    #[test]
    fn a_path_is_found_from_the_root_from_a_folder_on_the_way_and_by_pattern() {
        for path in [
            "contracts",
            "crates/pieshop/src/",
            "http/router.rs",
            "./contracts/order-api.yaml",
            "contracts/*.yaml",
        ] {
            assert!(tree().has(path), "{path}");
        }
    }

    #[test]
    fn a_path_that_names_nothing_is_not_found() {
        for path in ["contract", "src/router.rs", "ttp/router.rs", "contracts/*.json", "router"] {
            assert!(!tree().has(path), "{path}");
        }
    }

    #[test]
    fn what_git_ignores_is_known_as_made_at_run_time() {
        assert!(tree().is_ignored("./data/pieshop.db"));
        assert!(tree().is_ignored("target/release/pieshop"));
        assert!(tree().is_ignored("elsewhere.db"));
        assert!(!tree().is_ignored("database"));
    }
}
