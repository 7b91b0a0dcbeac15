//! Takes annotations out of Rust source: attributes, derives, what is there for them alone, and the
//! imports that only they had named.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use anyhow::{Result, anyhow};
use proc_macro2::extra::invalidate_current_thread_spans;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde::Deserialize;

use crate::tree::Tree;

/// What a lift takes out of every Rust file.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Annotations {
    /// Attributes by their paths, as `utoipa::path`.
    #[serde(default)]
    attributes: Vec<String>,
    /// Derived traits by their paths; `#[derive()]` goes with its last one.
    #[serde(default)]
    derives: Vec<String>,
    /// Items that are expected to be dead code, for a reason that begins with this word.
    #[serde(default)]
    items: Option<String>,
}

/// Takes annotations out of every file.
pub(crate) fn strip(files: &mut Tree, annotations: &Annotations) -> Result<()> {
    let Annotations { attributes, derives, items } = annotations;
    for (path, bytes) in rust(files) {
        let text = std::str::from_utf8(bytes)?;
        if !attributes.iter().chain(derives).chain(items).any(|word| text.contains(word)) {
            continue;
        }
        let mut cuts = Vec::new();
        find(&tokens(path, text)?, annotations, &mut cuts);
        if !cuts.is_empty() {
            *bytes = without(text, cuts).into_bytes();
        }
        // Else every text that was ever read is kept.
        invalidate_current_thread_spans();
    }
    Ok(())
}

/// Takes the imports out whose names stood in a file before, and stand in it no more.
pub(crate) fn prune_imports(files: &mut Tree, complete: &Tree) -> Result<()> {
    /// What became of a text that once was another: the same file is in many an exercise.
    type Known = HashMap<(String, String), String>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().map_err(|_| anyhow!("another exercise could not be made"))?;
    for (path, bytes) in rust(files) {
        let Some(before) = complete.text(path).filter(|it| it.as_bytes() != bytes.as_slice())
        else {
            continue;
        };
        let text = std::str::from_utf8(bytes)?;
        let key = (before.to_owned(), text.to_owned());
        let pruned = match known.get(&key) {
            Some(pruned) => pruned.clone(),
            None => pruned(path, before, text)?,
        };
        known.insert(key, pruned.clone());
        *bytes = pruned.into_bytes();
    }
    Ok(())
}

fn pruned(path: &str, before: &str, text: &str) -> Result<String> {
    let (mut had, mut has) = (BTreeSet::new(), BTreeSet::new());
    split(&tokens(path, before)?, &mut had);
    let imports = split(&tokens(path, text)?, &mut has);
    // Of `use a::B as _` nobody can say whether it is used.
    let idle = |name: &str| name != "_" && had.contains(name) && !has.contains(name);
    let mut kept = text.to_owned();
    for import in imports.iter().rev() {
        let tree = &import[1..import.len() - 1];
        let left = used(tree, &idle);
        if left.as_deref() != Some(&plain(tree)) {
            let mut whole = range(import);
            if left.is_none() && kept[whole.end..].starts_with('\n') {
                whole.end += 1;
            }
            let line = left.map(|it| format!("use {it};")).unwrap_or_default();
            kept.replace_range(whole, &line);
        }
    }
    invalidate_current_thread_spans();
    Ok(kept)
}

fn rust(files: &mut Tree) -> impl Iterator<Item = (&String, &mut Vec<u8>)> {
    files.0.iter_mut().filter(|(path, _)| Path::new(path).extension().is_some_and(|it| it == "rs"))
}

fn tokens(path: &str, text: &str) -> Result<Vec<TokenTree>> {
    let stream: TokenStream =
        text.parse().map_err(|error| anyhow!("{path} is no Rust: {error}"))?;
    Ok(stream.into_iter().collect())
}

fn range(tokens: &[TokenTree]) -> Range<usize> {
    let start = tokens.first().map_or(0, |it| it.span().byte_range().start);
    start..tokens.last().map_or(start, |it| it.span().byte_range().end)
}

/// Looks for what is to be cut out, on every level.
fn find(tokens: &[TokenTree], annotations: &Annotations, cuts: &mut Vec<Range<usize>>) {
    let mut item = 0;
    let mut at = 0;
    while at < tokens.len() {
        let Some(inside) = attribute(&tokens[at..]) else {
            if let TokenTree::Group(group) = &tokens[at] {
                find(&group.stream().into_iter().collect::<Vec<_>>(), annotations, cuts);
            }
            at += 1;
            item = at;
            continue;
        };
        let path = path(&inside);
        let whole = &tokens[at..at + 2];
        at += 2;
        if path == "expect" && annotations.items.as_deref().is_some_and(|it| excuses(&inside, it)) {
            at += tokens[at..].iter().position(ends_item).map_or(0, |last| last + 1);
            cuts.push(range(&tokens[item..at]));
            item = at;
        } else if annotations.attributes.contains(&path) {
            cuts.push(range(whole));
        } else if path == "derive" {
            derive(whole, &inside, annotations, cuts);
        }
    }
}

/// What stands in the brackets of an attribute, where one begins.
fn attribute(tokens: &[TokenTree]) -> Option<Vec<TokenTree>> {
    match tokens {
        [TokenTree::Punct(hash), TokenTree::Group(group), ..]
            if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
        {
            Some(group.stream().into_iter().collect())
        }
        _ => None,
    }
}

/// The names that an attribute begins with, as `utoipa::path`.
fn path(tokens: &[TokenTree]) -> String {
    let end = |token: &TokenTree| match token {
        TokenTree::Ident(_) => false,
        TokenTree::Punct(sign) => sign.as_char() != ':',
        _ => true,
    };
    plain(&tokens[..tokens.iter().position(end).unwrap_or(tokens.len())])
}

/// Whether an `expect` is one of dead code, for a reason that begins with `word`.
fn excuses(attribute: &[TokenTree], word: &str) -> bool {
    let Some(TokenTree::Group(group)) = attribute.get(1) else { return false };
    let text = plain(&group.stream().into_iter().collect::<Vec<_>>());
    text.starts_with("dead_code") && text.contains(&format!("\"{word} "))
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(sign) => sign.as_char() == ';',
        _ => false,
    }
}

fn derive(
    whole: &[TokenTree],
    inside: &[TokenTree],
    annotations: &Annotations,
    cuts: &mut Vec<Range<usize>>,
) {
    let Some(TokenTree::Group(group)) = inside.get(1) else { return };
    let list: Vec<TokenTree> = group.stream().into_iter().collect();
    let goes = |path: &&[TokenTree]| annotations.derives.contains(&plain(path));
    let paths: Vec<&[TokenTree]> = list.split(is_comma).filter(|it| !it.is_empty()).collect();
    if paths.iter().all(&goes) {
        cuts.push(range(whole));
        return;
    }
    for (number, path) in paths.iter().enumerate().filter(|(_, it)| goes(it)) {
        // With the comma before it, or, where all before it go too, the one after.
        let start = number.checked_sub(1).map_or(range(path).start, |it| range(paths[it]).end);
        let first = paths[..number].iter().all(&goes);
        cuts.push(if first {
            range(path).start..range(paths[number + 1]).start
        } else {
            start..range(path).end
        });
    }
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',')
}

/// The text without these ranges, and without the lines that hold nothing else.
fn without(text: &str, mut cuts: Vec<Range<usize>>) -> String {
    cuts.sort_by_key(|cut| cut.start);
    let (mut kept, mut from) = (String::new(), 0);
    for cut in cuts {
        let line = text[..cut.start].rfind('\n').map_or(0, |it| it + 1);
        let next = text[cut.end..].find('\n').map_or(text.len(), |it| cut.end + it + 1);
        let alone =
            text[line..cut.start].trim().is_empty() && text[cut.end..next].trim().is_empty();
        let cut = if alone { line..next } else { cut };
        kept.push_str(&text[from..cut.start.max(from)]);
        from = cut.end.max(from);
    }
    kept + &text[from..]
}

/// The imports of a file, each from `use` to `;`; `names` becomes what stands elsewhere.
fn split(tokens: &[TokenTree], names: &mut BTreeSet<String>) -> Vec<Vec<TokenTree>> {
    let mut imports = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let public = at.checked_sub(1).is_some_and(|it| is_visibility(&tokens[it]));
        match &tokens[at] {
            TokenTree::Ident(word) if word == "use" && !public => {
                let length = tokens[at..].iter().position(|it| plain_is(it, ";")).unwrap_or(0) + 1;
                imports.push(tokens[at..at + length].to_vec());
                at += length;
                continue;
            }
            TokenTree::Ident(word) => drop(names.insert(word.to_string())),
            TokenTree::Group(group) => {
                split_names(group.stream(), names);
            }
            _ => {}
        }
        at += 1;
    }
    imports
}

/// `pub`, or the end of `pub(crate)`.
fn is_visibility(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(word) => word == "pub",
        TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
        _ => false,
    }
}

fn split_names(stream: TokenStream, names: &mut BTreeSet<String>) {
    for token in stream {
        match token {
            TokenTree::Ident(word) => drop(names.insert(word.to_string())),
            TokenTree::Group(group) => split_names(group.stream(), names),
            _ => {}
        }
    }
}

fn plain_is(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Punct(_)) && token.to_string() == text
}

/// What is left of an import without the names that are idle.
fn used(tree: &[TokenTree], idle: &impl Fn(&str) -> bool) -> Option<String> {
    if let [before @ .., TokenTree::Group(group)] = tree {
        let list: Vec<TokenTree> = group.stream().into_iter().collect();
        let named =
            before.len().checked_sub(3).and_then(|it| before.get(it)).map(ToString::to_string);
        let parts = list.split(is_comma).filter(|it| !it.is_empty());
        let parts: Vec<String> = parts
            .filter_map(|part| match (plain(part).as_str(), &named) {
                ("self", Some(name)) if idle(name) => None,
                _ => used(part, idle),
            })
            .collect();
        return match parts.as_slice() {
            [] => None,
            [one] if one == "self" => Some(plain(&before[..before.len() - 2])),
            [one] => Some(plain(before) + one),
            parts => Some(format!("{}{{{}}}", plain(before), parts.join(", "))),
        };
    }
    let name = tree.last()?.to_string();
    (!idle(&name)).then(|| plain(tree))
}

/// The tokens without the space between them, but for what has to stand apart.
fn plain(tokens: &[TokenTree]) -> String {
    let mut text = String::new();
    let mut word = false;
    for token in tokens {
        let is_word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        if word && is_word {
            text.push(' ');
        }
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                let parts = inside.split(is_comma).filter(|it| !it.is_empty()).map(plain);
                text.extend(["{", &parts.collect::<Vec<_>>().join(", "), "}"]);
            }
            token => text.push_str(&token.to_string()),
        }
        word = is_word;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> String {
        let annotations = Annotations {
            attributes: vec!["docs::path".into(), "schema".into()],
            derives: vec!["ToSchema".into(), "docs::Params".into()],
            items: Some("describes".into()),
        };
        let mut files = Tree([("a.rs".to_owned(), text.as_bytes().to_vec())].into());
        strip(&mut files, &annotations).unwrap();
        files.text("a.rs").unwrap().to_owned()
    }

    fn pruned(before: &str, after: &str) -> String {
        let tree = |text: &str| Tree([("a.rs".to_owned(), text.as_bytes().to_vec())].into());
        let mut files = tree(after);
        prune_imports(&mut files, &tree(before)).unwrap();
        files.text("a.rs").unwrap().to_owned()
    }

    #[test]
    fn attributes_go_whatever_brackets_stand_in_their_texts() {
        let text = "/// Says.\n#[docs::path(\n    get, pattern = r\"^[)\\]]$\",\n)]\nfn a() {}\n";
        assert_eq!("/// Says.\nfn a() {}\n", stripped(text));
        let text = "struct A {\n    #[schema(example = \"]\")] // Why.\n    #[serde(skip)]\n    a: u8,\n}\n";
        assert_eq!("struct A {\n     // Why.\n    #[serde(skip)]\n    a: u8,\n}\n", stripped(text));
    }

    #[test]
    fn derives_go_and_the_attribute_with_the_last_one() {
        assert_eq!(
            "#[derive(Clone, Copy)]\nstruct A;\n",
            stripped("#[derive(Clone, ToSchema, Copy)]\nstruct A;\n")
        );
        assert_eq!(
            "#[derive(Copy)]\nstruct A;\n",
            stripped("#[derive(ToSchema, docs::Params, Copy)]\nstruct A;\n")
        );
        assert_eq!(
            "#[derive(Copy)]\nstruct A;\n",
            stripped("#[derive(Copy, ToSchema, docs::Params)]\nstruct A;\n")
        );
        assert_eq!("struct A;\n", stripped("#[derive(ToSchema, docs::Params)]\nstruct A;\n"));
    }

    #[test]
    fn what_only_describes_goes_whole() {
        let text = "const A: u8 = 1;\n/// Of a.\n#[derive(ToSchema)]\n#[expect(dead_code, reason = \"describes `b`\")]\npub(super) struct B {\n    c: u8,\n}\nfn d() {}\n";
        assert_eq!("const A: u8 = 1;\nfn d() {}\n", stripped(text));
        let other = "#[expect(dead_code, reason = \"kept\")]\nstruct B;\n";
        assert_eq!(other, stripped(other));
    }

    #[test]
    fn imports_go_whose_names_are_gone() {
        let before =
            "use a::{B, C, d::{self, E}};\nuse f::G;\nfn h(_: B, _: C, _: d::I, _: E, _: G) {}\n";
        assert_eq!(
            "use a::{C, d};\nfn h(_: C, _: d::I) {}\n",
            pruned(before, "use a::{B, C, d::{self, E}};\nuse f::G;\nfn h(_: C, _: d::I) {}\n")
        );
    }

    #[test]
    fn imports_of_traits_that_nobody_names_stay_and_public_ones_too() {
        let before = "pub use a::B;\nuse c::D as _;\nuse e::Trait;\nfn f(_: B) {}\n";
        let after = "pub use a::B;\nuse c::D as _;\nuse e::Trait;\n";
        assert_eq!(after, pruned(before, after));
    }
}
