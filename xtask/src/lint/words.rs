//! Words that no file of the project contains.

use std::path::Path;

use anyhow::Result;
use regex_lite::Regex;

use super::{Finding, source::code_lines, tree::Tree};

struct Rule {
    pattern: Regex,
    what: &'static str,
}

/// `root` is where this checkout stands: a path that is true on no other machine.
pub(super) fn check(tree: &Tree, root: &Path) -> Result<Vec<Finding>> {
    let (everywhere, in_code) = (rules_everywhere(root)?, rules_in_code()?);
    let mut findings = Vec::new();
    for (path, text) in tree.texts() {
        search(path, text.lines(), &everywhere, &mut findings);
    }
    for (path, text) in tree.rust() {
        search(path, code_lines(text).iter().map(String::as_str), &in_code, &mut findings);
    }
    Ok(findings)
}

fn search<'a>(
    path: &str,
    lines: impl Iterator<Item = &'a str>,
    rules: &[Rule],
    findings: &mut Vec<Finding>,
) {
    for (index, line) in lines.enumerate() {
        for rule in rules.iter().filter(|rule| rule.pattern.is_match(line)) {
            findings.push(Finding::new(path, index + 1, rule.what));
        }
    }
}

fn rules_in_code() -> Result<Vec<Rule>> {
    Ok(vec![
        Rule {
            pattern: Regex::new(r"#!?\[\s*(cfg_attr\(.*\W)?allow\s*\(")?,
            what: "switches a lint off: mend the cause, or use #[expect(…, reason = \"…\")]",
        },
        Rule {
            pattern: Regex::new(r"\b(todo|unimplemented)!")?,
            what: "is unfinished: finish it, or leave it out",
        },
    ])
}

fn rules_everywhere(root: &Path) -> Result<Vec<Rule>> {
    // Written in pieces, so that this file does not break its own rules.
    let hosts = [
        concat!(r"\bcrates", r"\.io([^-\w]|$)"),
        concat!(r"\bregistry", r"\.npmjs\.org\b"),
        concat!(r"\bpypi", r"\.org\b"),
        concat!(r"\bpythonhosted", r"\.org\b"),
        concat!(r"\bdeb\.debian", r"\.org\b"),
        concat!(r"\bartifact", r"ory\b"),
    ];
    let mut paths = vec![r"/(home|Users)/\w+/".to_owned(), r"/roo[t]/".to_owned()];
    // A checkout directly in `/src` or the like would make an ordinary word of the container's
    // paths a finding.
    if root.components().count() > 2 {
        paths.push(format!("{}\\b", regex_lite::escape(&root.to_string_lossy())));
    }
    Ok(vec![
        Rule {
            pattern: Regex::new(&hosts.join("|"))?,
            what: "names a package registry's host: leave that to each machine's settings",
        },
        Rule {
            pattern: Regex::new(&format!(r"(^|[^\w.}}-])({})", paths.join("|")))?,
            what: "is a path of one machine: make it relative to the project",
        },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<Finding> {
        check(&Tree::from([(path, text)]), Path::new("/builds/pie/shop")).unwrap()
    }

    #[test]
    fn unfinished_and_silenced_code_is_found() {
        for text in [
            "#[allow(dead_code)]",
            "#![allow(missing_docs)]",
            "#[cfg_attr(test, allow(dead_code))]",
            concat!("fn f() { to", "do!() }"),
            concat!("fn f() { un", "implemented!(\"later\") }"),
        ] {
            assert_eq!(findings("a.rs", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn words_in_comments_strings_and_other_names_are_no_findings() {
        for text in [
            "// #[allow(dead_code)]",
            "let text = \"#[allow(x)]\";",
            "#[expect(dead_code, reason = \"why\")]",
            "#[derive(Allow)]",
            "my_todo!();",
        ] {
            assert_eq!(findings("a.rs", text), [], "{text}");
        }
    }

    #[test]
    fn hosts_of_registries_are_found_in_any_file() {
        for (host, rest) in
            [("index.crates", ".io/x"), ("registry.npmjs", ".org"), ("pypi", ".org/a")]
        {
            let found = findings("package-lock.json", &format!("\n\"https://{host}{rest}\""));
            assert_eq!(found.len(), 1, "{host}");
            assert_eq!(found[0].line, 2);
        }
        let source = concat!("registry+https://github.com/rust-lang/crates", ".io-index");
        assert_eq!(findings("Cargo.lock", source), []);
    }

    #[test]
    fn paths_of_one_machine_are_found_in_any_file() {
        for path in [
            "/builds/pie/shop/README.md",
            concat!("/home", "/jane/pie"),
            concat!("/ro", "ot/.cargo"),
        ] {
            assert_eq!(findings("a.md", &format!("see `{path}`")).len(), 1, "{path}");
        }
        for path in
            ["/builds/pie/shopping", "crates/home/jane/x", "/var/lib/pieshop", "$TMP/root/x"]
        {
            assert_eq!(findings("a.md", &format!("see {path}")), [], "{path}");
        }
    }
}
