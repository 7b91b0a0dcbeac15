//! Dependencies point one way.

use std::path::Path;

use anyhow::{Context as _, Result};
use regex_lite::Regex;
use toml::{Table, Value};

use super::{Finding, source::code_lines, tree::Tree};

const SERVICE: &str = "crates/pieshop/src";
/// Where the outermost layer may be named: in itself, and where everything is put together.
const OUTSIDE: [&str; 9] =
    ["http", "web", "app", "app.rs", "main.rs", "lib.rs", "cli.rs", "up.rs", "secrets.rs"];

const CORE: &str = "crates/order-core/Cargo.toml";
/// The runtimes, clients and sources of chance that would make the core impure.
const IMPURE: [&str; 5] = ["tokio", "sqlx", "axum", "reqwest", "rand"];

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = layers(tree)?;
    findings.extend(core(tree)?);
    Ok(findings)
}

/// Files of the service that reach up into its outermost layer.
fn layers(tree: &Tree) -> Result<Vec<Finding>> {
    // Either `crate::http`, or a group `crate::{…}` of which `http` is a member of its own.
    let direct = Regex::new(r"\bcrate::(http|web)\b")?;
    let group = Regex::new(r"\bcrate::\{")?;
    let mut findings = Vec::new();
    for (path, text) in tree.rust() {
        let Ok(inner) = Path::new(path).strip_prefix(SERVICE) else { continue };
        if OUTSIDE.iter().any(|allowed| inner.starts_with(allowed)) {
            continue;
        }
        let code = code_lines(text).join("\n");
        let direct = direct
            .captures_iter(&code)
            .filter_map(|found| Some((found.get(0)?.start(), found.get(1)?.as_str())));
        let grouped = group.find_iter(&code).flat_map(|found| {
            let members = members(&code[found.end()..]);
            members
                .filter(|name| matches!(*name, "http" | "web"))
                .map(move |name| (found.start(), name))
        });
        for (offset, layer) in direct.chain(grouped) {
            let line = code[..offset].lines().count().max(1);
            let what = format!(
                "imports crate::{layer}, but nothing depends on the outermost layer: \
                 move what is needed inwards"
            );
            findings.push(Finding::new(path, line, what));
        }
    }
    Ok(findings)
}

/// The first names of the members of an import group whose inside begins with `text`.
fn members(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let mut expected = true;
    let mut starts = Vec::new();
    for (offset, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            c if expected && !c.is_whitespace() => {
                starts.push(offset);
                expected = false;
            }
            _ => (),
        }
    }
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    starts.into_iter().map(move |start| {
        let member = &text[start..];
        &member[..member.find(|c| !is_name(c)).unwrap_or(member.len())]
    })
}

/// Dependencies of the core that a pure crate cannot have.
fn core(tree: &Tree) -> Result<Vec<Finding>> {
    let Some(manifest) = tree.text(CORE) else {
        return Ok(vec![Finding::new(CORE, 1, "is missing: the pure core has a crate of its own")]);
    };
    let ours = own_packages(tree)?;
    let table: Table = manifest.parse().with_context(|| format!("cannot read {CORE}"))?;
    let names =
        ["dependencies", "build-dependencies"].into_iter().filter_map(|kind| table.get(kind));
    let names = names.filter_map(Value::as_table).flat_map(Table::keys);
    let findings = names.filter(|name| ours.contains(name) || IMPURE.contains(&name.as_str()));
    Ok(findings
        .map(|name| {
            let is_entry = |line: &str| line.trim_start().starts_with(name.as_str());
            let line = manifest.lines().position(is_entry).map_or(1, |index| index + 1);
            Finding::new(
                CORE,
                line,
                format!("the core is pure and cannot depend on {name}: remove it"),
            )
        })
        .collect())
}

fn own_packages(tree: &Tree) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with("/Cargo.toml")) {
        let manifest: Table = text.parse().with_context(|| format!("cannot read {path}"))?;
        let name = manifest.get("package").and_then(|package| package.get("name"));
        names.extend(name.and_then(Value::as_str).map(str::to_owned));
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURE: (&str, &str) = (
        CORE,
        "[package]\nname = \"order-core\"\n[dependencies]\nserde = \"1\"\n[dev-dependencies]\nrand = \"1\"\n",
    );

    fn findings(path: &str, text: &str) -> Vec<String> {
        let findings = check(&Tree::from([PURE, (path, text)])).unwrap();
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_inner_layers_may_not_import_the_outermost() {
        for (text, line) in [
            ("use crate::http::Error;\n", 1),
            ("fn f() {}\nfn g() -> crate::web::Page {}\n", 2),
            ("\n\nuse crate::{\n    config::Config,\n    http::{Error, orders},\n};\n", 3),
        ] {
            let found = findings("crates/pieshop/src/store/mod.rs", text);
            assert_eq!(found.len(), 1, "{text}");
            assert!(
                found[0].starts_with(&format!("crates/pieshop/src/store/mod.rs:{line}: ")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn other_imports_and_comments_are_no_findings() {
        let text = "// crate::http\nuse http::StatusCode;\n\
                    use crate::{config::{http, web}, robots::http_client};\nuse crate::https;\n";
        assert!(findings("crates/pieshop/src/robots/client.rs", text).is_empty());
    }

    #[test]
    fn the_outermost_layer_may_name_itself_and_be_put_together() {
        for path in ["http/router.rs", "web/mod.rs", "app.rs", "main.rs"] {
            let path = format!("{SERVICE}/{path}");
            assert!(findings(&path, "use crate::http::router;").is_empty(), "{path}");
        }
    }

    #[test]
    fn the_core_depends_on_nothing_of_ours_and_nothing_impure() {
        let robots = ("crates/robots/Cargo.toml", "[package]\nname = \"pie-robots\"\n");
        let manifest = "[dependencies]\nserde = \"1\"\npie-robots.workspace = true\n\
                        [build-dependencies]\ntokio = \"1\"\n";
        let findings = check(&Tree::from([(CORE, manifest), robots])).unwrap();
        let lines: Vec<_> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [3, 5]);
        assert_eq!(check(&Tree::from([PURE, robots])).unwrap(), []);
    }
}
