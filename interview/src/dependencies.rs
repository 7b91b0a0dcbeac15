//! Dependencies that an edition does not need.

use std::collections::BTreeSet;
use std::path::Path;

use crate::tree::Tree;

/// Takes every dependency out that nothing names, so that a lift need not say which go with it.
pub(crate) fn prune(files: &mut Tree) {
    loop {
        let unused = unused(files);
        if unused.is_empty() {
            return;
        }
        for (path, name) in unused {
            let text = files.text(&path).unwrap_or_default();
            let own = [format!("{name} ="), format!("{name}.workspace")];
            let kept = text
                .split_inclusive('\n')
                .filter(|line| !own.iter().any(|it| line.starts_with(it)));
            let kept: String = kept.collect();
            files.0.insert(path, kept.into_bytes());
        }
    }
}

/// Manifests with the names of dependencies that no source of the crate names, or, in the
/// workspace's own, that no crate asks for.
pub(crate) fn unused(files: &Tree) -> Vec<(String, String)> {
    let manifests: Vec<(&str, toml::Table)> = files
        .texts()
        .filter(|(path, _)| path.ends_with("Cargo.toml"))
        .filter_map(|(path, text)| Some((path, text.parse().ok()?)))
        .collect();
    let mut found = Vec::new();
    let mut wanted = BTreeSet::new();
    for (path, manifest) in &manifests {
        let folder = path.trim_end_matches("Cargo.toml");
        for section in ["dependencies", "dev-dependencies"] {
            for name in names(manifest.get(section)) {
                wanted.insert(name.clone());
                let code = name.replace('-', "_");
                let mut sources = files.texts().filter(|(file, _)| {
                    file.starts_with(folder)
                        && Path::new(file).extension().is_some_and(|it| it == "rs")
                });
                if !sources.any(|(_, text)| holds(text, &code)) {
                    found.push(((*path).to_owned(), name));
                }
            }
        }
    }
    for (path, manifest) in &manifests {
        let idle = names(manifest.get("workspace").and_then(|it| it.get("dependencies")));
        // The product itself is nobody's dependency.
        let idle = idle.into_iter().filter(|name| !wanted.contains(name) && name != "pieshop");
        found.extend(idle.map(|name| ((*path).to_owned(), name)));
    }
    found
}

fn names(table: Option<&toml::Value>) -> Vec<String> {
    table.and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys).cloned().collect()
}

/// Whether a term stands in a text as whole words.
pub(crate) fn holds(text: &str, term: &str) -> bool {
    stands_alone(text, term, |c| c.is_alphanumeric() || c == '_')
}

/// Whether a term stands in a text with nothing beside it that is a part of such a word.
pub(crate) fn stands_alone(text: &str, term: &str, is_part: impl Fn(char) -> bool) -> bool {
    let part = |c: Option<char>| c.is_some_and(&is_part);
    text.match_indices(term).any(|(at, _)| {
        !part(text[..at].chars().next_back()) && !part(text[at + term.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_found_as_whole_words_only() {
        assert!(holds("a skip link here", "skip link"));
        assert!(!holds("preinterviewed", "interview"));
        assert!(holds("(interview)", "interview"));
    }

    #[test]
    fn what_no_source_names_is_taken_out_and_then_what_no_crate_asks_for() {
        let files = [
            (
                "Cargo.toml",
                "[workspace.dependencies]\nrand = \"1\"\nserde = \"1\"\ntower = \"1\"\n",
            ),
            (
                "crates/a/Cargo.toml",
                "[dependencies]\nserde.workspace = true\nrand.workspace = true\n",
            ),
            ("crates/a/src/lib.rs", "use serde::Serialize;\n"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let mut files = Tree(files.into());
        prune(&mut files);
        assert_eq!(files.text("Cargo.toml"), Some("[workspace.dependencies]\nserde = \"1\"\n"));
        assert_eq!(
            files.text("crates/a/Cargo.toml"),
            Some("[dependencies]\nserde.workspace = true\n")
        );
    }
}
