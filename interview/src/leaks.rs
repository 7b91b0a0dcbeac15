//! What a candidate's repository must not tell.

use std::path::Path;

use crate::dependencies::{holds, unused};
use crate::kit::{Kit, Lift, Point};
use crate::tree::Tree;

/// Words that tell that something was planted, wherever they stand.
const GIVEAWAYS: [&str; 6] =
    ["planted", "candidate", "interview", "false fix", "answer key", "rubric"];

/// Every place that gives an answer away or speaks of what was taken out, a line each.
pub(crate) fn leaks(kit: &Kit, files: &Tree, lifts: &[&Lift], points: &[&Point]) -> Vec<String> {
    let mut terms: Vec<(&str, &str)> = GIVEAWAYS.iter().map(|term| (*term, "the kit")).collect();
    for point in points {
        terms.extend(point.leak_terms.iter().map(|term| (term.as_str(), point.id.as_str())));
        // A question's name is an ordinary word, and gives nothing away.
        terms.extend(point.is_gradable().then_some((point.id.as_str(), point.id.as_str())));
    }
    for lift in lifts.iter().copied().chain([&kit.edition]) {
        terms.extend(lift.leftovers.iter().map(|term| (term.as_str(), lift.id.as_str())));
    }
    let mut found = Vec::new();
    for path in files.0.keys() {
        let named =
            terms.iter().filter(|(term, _)| holds(&path.to_lowercase(), &term.to_lowercase()));
        found.extend(named.map(|(term, of)| format!("{path}: its name says \"{term}\" ({of})")));
    }
    for (path, text) in files.texts().filter(|(path, _)| *path != "Cargo.lock") {
        for (number, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            let said = terms.iter().filter(|(term, _)| holds(&line, &term.to_lowercase()));
            found
                .extend(said.map(|(term, of)| format!("{path}:{}: \"{term}\" ({of})", number + 1)));
        }
    }
    found.extend(keys_left(files, lifts));
    found.extend(paths_left(files));
    let unused = unused(files).into_iter();
    found.extend(unused.map(|(path, name)| format!("{path}: nothing uses {name}")));
    found
}

/// Files and folders that the documents name and that are not there.
fn paths_left(files: &Tree) -> Vec<String> {
    let documents =
        files.texts().filter(|(path, _)| Path::new(path).extension().is_some_and(|it| it == "md"));
    let mut found = Vec::new();
    for (document, text) in documents {
        let named = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|it| it.starts_with("crates/") && !it.contains(char::is_whitespace));
        let gone = named.filter(|path| files.below(path).next().is_none());
        found.extend(gone.map(|path| format!("{document}: {path} is not there")));
    }
    found
}

/// Sections of the configuration that went with a lift and are still documented.
fn keys_left(files: &Tree, lifts: &[&Lift]) -> Vec<String> {
    let path = "crates/pieshop/src/config/config.default.toml";
    let documented: toml::Table =
        files.text(path).and_then(|text| text.parse().ok()).unwrap_or_default();
    let has = |key: &str| {
        let mut table = Some(&documented);
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            let Some(value) = table.and_then(|it| it.get(part)) else { return false };
            if parts.peek().is_none() {
                return true;
            }
            table = value.as_table();
        }
        false
    };
    let left = lifts.iter().flat_map(|lift| lift.configuration.iter().map(move |key| (lift, key)));
    left.filter(|(_, key)| has(key))
        .map(|(lift, key)| format!("{path}: still has {key} ({})", lift.id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_a_document_names_must_be_there() {
        let text = "Read `crates/a/src/lib.rs`, then `crates/a` and `crates/b`; run `cargo run`.";
        let files = [("README.md", text), ("crates/a/src/lib.rs", "")];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        assert_eq!(paths_left(&Tree(files.into())), ["README.md: crates/b is not there"]);
    }

    #[test]
    fn a_key_that_went_with_a_lift_and_is_still_documented_is_a_leftover() {
        let lift = |keys: [&str; 2]| Lift {
            configuration: keys.map(str::to_owned).into(),
            ..Lift::default()
        };
        let text = "[retry]\ntries = 5\n[breaker]\nfailures = 5\n";
        let path = "crates/pieshop/src/config/config.default.toml".to_owned();
        let files = Tree([(path, text.as_bytes().to_vec())].into());
        assert_eq!(keys_left(&files, &[&lift(["breaker", "retry.tries"])]).len(), 2);
        assert_eq!(keys_left(&files, &[&lift(["fleet", "retry.base"])]).len(), 0);
    }
}
