//! Several changes to one file, made at once.
//!
//! Every diff is written against the complete edition. Where several apply, the file becomes the
//! union of what they do, word by word: two lifts may each take a name out of the same `use` line.
//! What cannot be united is an error that names both.

use std::ops::Range;

use anyhow::{Context as _, Result, bail};
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

use crate::change::Change;
use crate::tree::Tree;

/// Words of the original, and the text that stands there instead.
#[derive(Clone)]
pub(crate) struct Edit {
    range: Range<usize>,
    text: String,
}

/// What `changes` make of `base` together.
pub(crate) fn merge(base: &Tree, changes: &[&Change]) -> Result<Tree> {
    let mut merged = base.clone();
    let mut paths: Vec<&String> = changes.iter().flat_map(|it| it.files.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        let makers: Vec<&&Change> =
            changes.iter().filter(|it| it.files.contains_key(path)).collect();
        let versions: Option<Vec<&[u8]>> =
            makers.iter().map(|it| it.files.get(path)?.as_deref()).collect();
        let Some(versions) = versions else {
            merged.0.remove(path);
            continue;
        };
        let together = match (&versions[..], base.text(path)) {
            ([only], _) => only.to_vec(),
            (_, Some(original)) => {
                let edits = makers.iter().map(|it| {
                    let edits = it.edits(base, path);
                    let no_text = || format!("{path}: {} makes it no text", it.id);
                    Ok((it.id.as_str(), edits.with_context(no_text)?))
                });
                let edits = edits.collect::<Result<Vec<_>>>()?;
                unite(path, original, &edits)?.into_bytes()
            }
            ([first, rest @ ..], None) if rest.iter().all(|it| it == first) => first.to_vec(),
            _ => {
                let names = makers.iter().map(|it| it.id.as_str()).collect::<Vec<_>>();
                bail!("{path}: made by {} in different ways", names.join(" and "))
            }
        };
        merged.0.insert(path.clone(), together);
    }
    Ok(merged)
}

fn unite(path: &str, original: &str, versions: &[(&str, &[Edit])]) -> Result<String> {
    let words = words(original);
    let mut edits: Vec<(&str, Edit)> = versions
        .iter()
        .flat_map(|(id, edits)| edits.iter().map(|edit| (*id, edit.clone())))
        .collect();
    edits.sort_by_key(|(_, edit)| (edit.range.start, edit.range.end));
    let mut united: Vec<(&str, Edit)> = Vec::new();
    for (id, edit) in edits {
        let free = united.iter().rev().nth(1).map_or(0, |(_, before)| before.range.end);
        let Some((last_id, last)) = united.last_mut() else {
            united.push((id, edit));
            continue;
        };
        let apart = edit.range.start > last.range.end
            || (edit.range.start == last.range.end
                && !(edit.range.is_empty() || last.range.is_empty()));
        let both_delete = edit.text.is_empty() && last.text.is_empty();
        if apart {
            united.push((id, edit));
        } else if edit.range == last.range && edit.text == last.text {
            // Both do the same.
        } else if both_delete {
            let shared = last.range.end.min(edit.range.end) - edit.range.start;
            let moved = back(&last.range, shared, &words);
            // Two items that are left out side by side each take a separator with them.
            if let Some(moved) = moved.filter(|it| it.start >= free && it.end <= edit.range.start) {
                last.range.start = moved.start;
            }
            last.range.end = last.range.end.max(edit.range.end);
        } else if last.text.is_empty()
            && edit.range.end <= last.range.end
            && (last.range.start + 1..last.range.end).contains(&edit.range.start)
        {
            // What is changed inside is taken away whole.
        } else if edit.text.is_empty()
            && edit.range.start <= last.range.start
            && edit.range.end > last.range.end
            && !last.range.is_empty()
        {
            (*last_id, *last) = (id, edit);
        } else if edit.range.start == last.range.end {
            united.push((id, edit));
        } else {
            let line = 1 + words[..edit.range.start].concat().matches('\n').count();
            bail!("{path}:{line}: {last_id} and {id} change the same words");
        }
    }
    let mut text = String::new();
    let mut from = 0;
    for (_, edit) in &united {
        text.extend(words[from..edit.range.start.max(from)].iter().copied());
        text.push_str(&edit.text);
        from = edit.range.end.max(from);
    }
    text.extend(words[from..].iter().copied());
    Ok(text)
}

/// A deletion that leaves the same text, `by` words further to the left; `None` where there is none.
fn back(range: &Range<usize>, by: usize, words: &[&str]) -> Option<Range<usize>> {
    let moved = range.start.checked_sub(by)?..range.end - by;
    let alike = words[moved.start..range.start] == words[moved.end..range.end];
    (by < range.len() && alike).then_some(moved)
}

/// The same deletion where all mean it: of `a, b, c` either `b, ` or `, b` leaves `a, c`. It takes
/// whole lines where it can, for then it shares no word with one of the lines beside, and of these
/// the ones that begin furthest to the left: blocks that end alike are each taken out from their
/// own head on. Else it stands as far to the right as it goes.
fn slid(mut edit: Edit, words: &[&str]) -> Edit {
    if !edit.text.is_empty() || edit.range.is_empty() {
        return edit;
    }
    let begins = |at: usize| at == 0 || words[at - 1] == "\n";
    let indent = |at: usize| match words[at] {
        blank if blank.trim().is_empty() => blank.len(),
        _ => 0,
    };
    while edit.range.start > 0 && words[edit.range.start - 1] == words[edit.range.end - 1] {
        edit.range = edit.range.start - 1..edit.range.end - 1;
    }
    let mut best: Option<Range<usize>> = None;
    loop {
        let Range { start, end } = edit.range;
        let whole = begins(start) && begins(end);
        if whole && best.as_ref().is_none_or(|best| indent(start) < indent(best.start)) {
            best = Some(start..end);
        }
        if end == words.len() || words[start] != words[end] {
            break;
        }
        edit.range = start + 1..end + 1;
    }
    Edit { range: best.unwrap_or(edit.range), ..edit }
}

/// How one text becomes the other: by lines, and within the lines that changed, by words.
pub(crate) fn edits_of(original: &str, text: &str) -> Vec<Edit> {
    let (old, new): (Vec<&str>, Vec<&str>) =
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
    let (at, all) = (starts(&old), words(original));
    let mut edits = Vec::new();
    for op in capture_diff_slices(Algorithm::Histogram, &old, &new) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let (before, after) = (op.old_range(), op.new_range());
        let offset = at[before.start];
        let before: String = old[before].concat();
        let after: Vec<&str> = new[after].iter().flat_map(|line| words(line)).collect();
        let before = words(&before);
        for inner in capture_diff_slices(Algorithm::Histogram, &before, &after) {
            if inner.tag() != DiffTag::Equal {
                edits.push(slid(edit(&inner, offset, &after), &all));
            }
        }
    }
    edits
}

fn edit(op: &DiffOp, offset: usize, after: &[&str]) -> Edit {
    let range = op.old_range();
    Edit { range: range.start + offset..range.end + offset, text: after[op.new_range()].concat() }
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
        let edits: Vec<_> =
            texts.iter().map(|(id, text)| (*id, edits_of(original, text))).collect();
        let edits: Vec<_> = edits.iter().map(|(id, edits)| (*id, edits.as_slice())).collect();
        unite("a.rs", original, &edits)
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
    fn two_names_at_the_end_are_taken_out_with_a_comma_each() {
        let texts = [("two", "'`a`, `c`'\n"), ("three", "'`a`, `b`'\n")];
        assert_eq!(united("'`a`, `b`, `c`'\n", &texts).unwrap(), "'`a`'\n");
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
    fn blocks_that_end_alike_are_each_taken_out_whole() {
        let block = |name: &str, end: &str| format!("{name}:\n  get: 1\n  500: x\n{end}");
        let (a, b, c) = (block("a", ""), block("b", "  by: me\n"), block("c", "  by: me\n"));
        let original = format!("{a}{b}{c}d:\n");
        let (without_b, without_c) = (format!("{a}{c}d:\n"), format!("{a}{b}d:\n"));
        let texts = [("b", without_b.as_str()), ("c", without_c.as_str())];
        assert_eq!(united(&original, &texts).unwrap(), format!("{a}d:\n"));
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
