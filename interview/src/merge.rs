//! Several changes to one file, made at once.
//!
//! Every diff is written against the complete edition. Where several apply, the file becomes the
//! union of what they do, word by word: two lifts may each take a name out of the same `use` line.
//! What cannot be united is an error that names both.

use std::ops::Range;

use anyhow::{Result, bail};
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

use crate::change::Change;
use crate::tree::Tree;

/// Words of the original, and what stands there instead.
struct Edit<'a> {
    range: Range<usize>,
    words: Vec<&'a str>,
    id: &'a str,
}

/// What `changes` make of `base` together.
pub(crate) fn merge(base: &Tree, changes: &[Change]) -> Result<Tree> {
    let mut merged = base.clone();
    let mut paths: Vec<&String> = changes.iter().flat_map(|it| it.files.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        let versions: Vec<(&str, Option<&Vec<u8>>)> = changes
            .iter()
            .filter_map(|change| Some((change.id.as_str(), change.files.get(path)?.as_ref())))
            .collect();
        if versions.iter().any(|(_, bytes)| bytes.is_none()) {
            merged.0.remove(path);
            continue;
        }
        let texts: Vec<(&str, &[u8])> = versions
            .iter()
            .filter_map(|(id, bytes)| Some((*id, bytes.as_ref()?.as_slice())))
            .collect();
        let together = match (&texts[..], base.text(path)) {
            ([(_, only)], _) => only.to_vec(),
            (_, Some(original)) => unite(path, original, &texts)?.into_bytes(),
            ([(_, first), rest @ ..], None) if rest.iter().all(|(_, it)| it == first) => {
                first.to_vec()
            }
            _ => bail!("{path}: made by {} in different ways", names(&texts)),
        };
        merged.0.insert(path.clone(), together);
    }
    Ok(merged)
}

fn names(texts: &[(&str, &[u8])]) -> String {
    texts.iter().map(|(id, _)| *id).collect::<Vec<_>>().join(" and ")
}

fn unite(path: &str, original: &str, texts: &[(&str, &[u8])]) -> Result<String> {
    let words = words(original);
    let mut edits = Vec::new();
    for (id, bytes) in texts {
        let Ok(text) = std::str::from_utf8(bytes) else { bail!("{path}: {id} makes it no text") };
        edits.extend(edits_of(original, text, id).into_iter().map(|edit| slid(edit, &words)));
    }
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut united: Vec<Edit<'_>> = Vec::new();
    for edit in edits {
        let Some(last) = united.last_mut() else {
            united.push(edit);
            continue;
        };
        let apart = edit.range.start > last.range.end
            || (edit.range.start == last.range.end
                && !(edit.range.is_empty() || last.range.is_empty()));
        let both_delete = edit.words.is_empty() && last.words.is_empty();
        if apart {
            united.push(edit);
        } else if edit.range == last.range && edit.words == last.words {
            // Both do the same.
        } else if both_delete {
            last.range.end = last.range.end.max(edit.range.end);
        } else if last.words.is_empty()
            && edit.range.end <= last.range.end
            && (last.range.start + 1..last.range.end).contains(&edit.range.start)
        {
            // What is changed inside is taken away whole.
        } else if edit.words.is_empty()
            && edit.range.start <= last.range.start
            && edit.range.end > last.range.end
            && !last.range.is_empty()
        {
            *last = edit;
        } else if edit.range.start == last.range.end {
            united.push(edit);
        } else {
            let line = 1 + words[..edit.range.start].concat().matches('\n').count();
            bail!("{path}:{line}: {} and {} change the same words", last.id, edit.id);
        }
    }
    let mut text = String::new();
    let mut from = 0;
    for edit in &united {
        text.extend(words[from..edit.range.start.max(from)].iter().copied());
        text.extend(edit.words.iter().copied());
        from = edit.range.end.max(from);
    }
    text.extend(words[from..].iter().copied());
    Ok(text)
}

/// The same deletion where all mean it: of `a, b, c` either `b, ` or `, b` leaves `a, c`. It takes
/// whole lines where it can, for then it shares no word with one of the lines beside; else it
/// stands as far back as it goes.
fn slid<'a>(mut edit: Edit<'a>, words: &[&str]) -> Edit<'a> {
    if !edit.words.is_empty() || edit.range.is_empty() {
        return edit;
    }
    let begins = |at: usize| at == 0 || words[at - 1] == "\n";
    while edit.range.start > 0 && words[edit.range.start - 1] == words[edit.range.end - 1] {
        edit.range = edit.range.start - 1..edit.range.end - 1;
    }
    while !(begins(edit.range.start) && begins(edit.range.end))
        && edit.range.end < words.len()
        && words[edit.range.start] == words[edit.range.end]
    {
        edit.range = edit.range.start + 1..edit.range.end + 1;
    }
    edit
}

/// How one text becomes the other: by lines, and within the lines that changed, by words.
fn edits_of<'a>(original: &str, text: &'a str, id: &'a str) -> Vec<Edit<'a>> {
    let (old, new): (Vec<&str>, Vec<&'a str>) =
        (original.split_inclusive('\n').collect(), text.split_inclusive('\n').collect());
    let starts = |lines: &[&str]| -> Vec<usize> {
        let counts = lines.iter().map(|line| words(line).len());
        std::iter::once(0)
            .chain(counts.scan(0, |sum, n| {
                *sum += n;
                Some(*sum)
            }))
            .collect()
    };
    let at = starts(&old);
    let mut edits = Vec::new();
    for op in capture_diff_slices(Algorithm::Histogram, &old, &new) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let (before, after) = (op.old_range(), op.new_range());
        let offset = at[before.start];
        let before: String = old[before].concat();
        let after: Vec<&'a str> = new[after].iter().flat_map(|line| words(line)).collect();
        let before = words(&before);
        for inner in capture_diff_slices(Algorithm::Histogram, &before, &after) {
            if inner.tag() != DiffTag::Equal {
                edits.push(edit(&inner, offset, &after, id));
            }
        }
    }
    edits
}

fn edit<'a>(op: &DiffOp, offset: usize, after: &[&'a str], id: &'a str) -> Edit<'a> {
    let range = op.old_range();
    Edit {
        range: range.start + offset..range.end + offset,
        words: after[op.new_range()].to_vec(),
        id,
    }
}

/// Names and numbers, the space between them, and every other sign by itself.
fn words(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        '\n' => 0,
        c if c.is_alphanumeric() || c == '_' => 1,
        c if c.is_whitespace() => 2,
        _ => 3,
    };
    let mut words = Vec::new();
    let mut start = 0;
    let mut last: Option<u8> = None;
    for (at, c) in text.char_indices() {
        let now = kind(c);
        if last.is_some_and(|last| last != now || matches!(now, 0 | 3)) {
            words.push(&text[start..at]);
            start = at;
        }
        last = Some(now);
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn united(original: &str, texts: &[(&str, &str)]) -> Result<String> {
        let texts: Vec<_> = texts.iter().map(|(id, text)| (*id, text.as_bytes())).collect();
        unite("a.rs", original, &texts)
    }

    #[test]
    fn two_names_are_taken_out_of_one_line() {
        let original = "use a::{Breaker, Client, Live, Robots};\n";
        let texts = [
            ("breaker", "use a::{Client, Live, Robots};\n"),
            ("live", "use a::{Breaker, Client, Robots};\n"),
        ];
        assert_eq!(united(original, &texts).unwrap(), "use a::{Client, Robots};\n");
    }

    #[test]
    fn neighbouring_lines_are_taken_out_by_different_changes() {
        let texts = [("one", "a();\nc();\n"), ("two", "a();\nb();\n")];
        assert_eq!(united("a();\nb();\nc();\n", &texts).unwrap(), "a();\n");
    }

    #[test]
    fn lines_that_begin_alike_are_each_taken_out_whole() {
        let original = "use a::A;\nuse b::B;\npub use c::C;\nuse d::D;\n";
        let texts =
            [("one", "use b::B;\npub use c::C;\nuse d::D;\n"), ("two", "use a::A;\nuse d::D;\n")];
        assert_eq!(united(original, &texts).unwrap(), "use d::D;\n");
    }

    #[test]
    fn what_one_changes_may_be_taken_away_whole_by_another() {
        let original = "before();\nif a {\n    deep(1);\n}\nafter();\n";
        let texts = [
            ("whole", "before();\nafter();\n"),
            ("inside", "before();\nif a {\n    deep(2);\n}\nafter();\n"),
        ];
        assert_eq!(united(original, &texts).unwrap(), "before();\nafter();\n");
    }

    #[test]
    fn what_one_adds_beside_a_line_stays_where_another_takes_the_line_out() {
        for added in ["a();\nnew();\nb();\nc();\n", "a();\nb();\nnew();\nc();\n"] {
            let texts = [("adds", added), ("takes", "a();\nc();\n")];
            assert_eq!(united("a();\nb();\nc();\n", &texts).unwrap(), "a();\nnew();\nc();\n");
        }
    }

    #[test]
    fn different_replacements_of_the_same_words_are_refused_with_both_names() {
        let texts = [("one", "limit(20)\n"), ("two", "limit(30)\n")];
        let error = united("limit(10)\n", &texts).unwrap_err().to_string();
        assert_eq!(error, "a.rs:1: one and two change the same words");
    }

    #[test]
    fn the_same_change_made_twice_is_made_once() {
        let texts = [("one", "b\n"), ("two", "b\n")];
        assert_eq!(united("a\n", &texts).unwrap(), "b\n");
    }
}
