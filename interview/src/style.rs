//! Rules of the stylesheets that an exercise does not need.

use std::path::Path;

use crate::dependencies::stands_alone;
use crate::tree::Tree;

/// Takes every selector out whose class nothing but stylesheets names, and rules and headings that
/// are left with nothing, so that a lift need not say which go with it.
pub(crate) fn prune(files: &mut Tree) {
    let is_style = |path: &str| Path::new(path).extension().is_some_and(|it| it == "css");
    let users: Vec<&str> = files
        .texts()
        .filter(|(path, _)| path.starts_with("crates/pieshop/") && !is_style(path))
        .map(|(_, text)| text)
        .collect();
    let used = |class: &str| users.iter().any(|text| stands_alone(text, class, is_name));
    let pruned: Vec<(String, String)> = files
        .texts()
        .filter(|(path, _)| is_style(path))
        .map(|(path, text)| (path.to_owned(), without_gaps(rules(text, &used))))
        .collect();
    for (path, text) in pruned {
        files.0.insert(path, text.into_bytes());
    }
}

/// With one blank line at most where rules are gone.
fn without_gaps(mut text: String) -> String {
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    text
}

/// The rules of a sheet, or of a block in it, that are needed.
fn rules(text: &str, used: &impl Fn(&str) -> bool) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    // What stands before a rule: blanks and a heading, which goes when all of its rules go.
    let (mut before, mut dropped) = (String::new(), false);
    while !rest.is_empty() {
        if rest.starts_with(char::is_whitespace) {
            let end = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
            before.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if rest.starts_with("/*") {
            let end = rest.find("*/").map_or(rest.len(), |at| at + 2);
            if dropped {
                before = before[..before.find("/*").unwrap_or(0)].to_owned();
            }
            before.push_str(&rest[..end]);
            (rest, dropped) = (&rest[end..], false);
        } else {
            let end = rule_end(rest);
            if let Some(rule) = rule(&rest[..end], used) {
                kept.push_str(&before);
                kept.push_str(&rule);
                before.clear();
                dropped = false;
            } else {
                before.truncate(before.trim_end().len());
                dropped |= before.ends_with("*/");
            }
            rest = &rest[end..];
        }
    }
    if dropped {
        "\n".clone_into(&mut before);
    }
    kept + &before
}

/// A rule without the selectors that nothing needs; none where nothing of it is left.
fn rule(text: &str, used: &impl Fn(&str) -> bool) -> Option<String> {
    let Some((prelude, block)) = text.split_once('{') else { return Some(text.to_owned()) };
    if prelude.starts_with("@media") || prelude.starts_with("@supports") {
        let inner = rules(block.strip_suffix('}').unwrap_or(block), used);
        return (!inner.trim().is_empty()).then(|| format!("{prelude}{{{inner}}}"));
    }
    if prelude.starts_with('@') {
        return Some(text.to_owned());
    }
    let all = selectors(prelude);
    let needed = |selector: &&str| !selector.is_empty() && classes(selector).all(used);
    let kept: Vec<&str> = all.iter().copied().filter(needed).collect();
    match kept.len() {
        0 => None,
        count if count == all.len() => Some(text.to_owned()),
        _ => Some(format!("{} {{{block}", kept.join(", "))),
    }
}

/// Where a rule ends that begins here.
fn rule_end(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The selectors of a list; commas in brackets belong to one selector.
fn selectors(prelude: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = prelude.split(|c: char| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(str::trim).collect()
}

/// The classes that an element must have to be meant; what stands in brackets may be a negation.
fn classes(selector: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let plain = selector.split(move |c: char| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        depth > 0
    });
    plain.flat_map(|part| {
        part.split('.').skip(1).map(|class| {
            let end = class.find(|c: char| !is_name(c)).unwrap_or(class.len());
            &class[..end]
        })
    })
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pruned(text: &str) -> String {
        rules(text, &|class| !class.starts_with("un"))
    }

    #[test]
    fn a_rule_for_a_class_that_nothing_has_goes_and_a_list_loses_its_part() {
        assert_eq!(
            pruned(".a { x: 1; }\n.un { y: 2; }\np { z: 3; }\n"),
            ".a { x: 1; }\np { z: 3; }\n"
        );
        assert_eq!(pruned(".a .un, .b:not(.un), .un.c { x: 1; }\n"), ".b:not(.un) { x: 1; }\n");
        assert_eq!(pruned(":is(.un, .a) { x: 1; }\n { y: 2; }\n"), ":is(.un, .a) { x: 1; }\n");
    }

    #[test]
    fn a_heading_goes_with_the_last_of_its_rules_and_a_block_with_all_of_them() {
        let text = "/* One. */\n.un { x: 1; }\n.un-b { x: 1; }\n\n/* Two. */\n.un { x: 1; }\n.b { x: 1; }\n";
        assert_eq!(pruned(text), "/* Two. */\n.b { x: 1; }\n");
        let text = "a { x: 1; }\n\n@media print {\n  .un { x: 1; }\n}\n@media screen {\n  .un { x: 1; }\n  .a { y: 2; }\n}\n";
        assert_eq!(pruned(text), "a { x: 1; }\n@media screen {\n  .a { y: 2; }\n}\n");
    }

    #[test]
    fn only_what_is_not_css_uses_a_class() {
        let files = [
            ("crates/pieshop/static/a.css", ".in-use { x: 1; }\n.idle { x: 1; }\n"),
            ("crates/pieshop/templates/a.html", "<p class=\"in-use\">idler</p>"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let mut files = Tree(files.into());
        prune(&mut files);
        assert_eq!(files.text("crates/pieshop/static/a.css"), Some(".in-use { x: 1; }\n"));
    }
}
