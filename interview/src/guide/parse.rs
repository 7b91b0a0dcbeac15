//! `guide.md`, read strictly: what is missing is an error, not a gap in somebody's interview.

use std::ops::Range;

use anyhow::{Result, ensure};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::kit::Level;

/// What the interviewer asks, hints at and looks for. Texts are Markdown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guide {
    pub(crate) lead: String,
    pub(crate) follow_ups: Vec<String>,
    pub(crate) hints: Vec<Hint>,
    /// One row a level.
    pub(crate) anchors: Vec<Anchors>,
    /// Each is answered by yes or no.
    pub(crate) evidence: Vec<String>,
    pub(crate) sample_answer: String,
}

/// Help that is given in the interview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) text: String,
    /// The most that can be scored after it.
    pub(crate) cap: u8,
}

/// What the scores 1, 3 and 5 look like at one level.
#[derive(Clone, Debug)]
pub(crate) struct Anchors {
    pub(crate) level: Level,
    pub(crate) scores: [String; 3],
}

const SECTIONS: [&str; 6] =
    ["Lead question", "Follow-ups", "Hints", "Anchors", "Evidence", "Sample answer"];
const LEVELS: [(&str, Level); 3] =
    [("junior", Level::Junior), ("mid", Level::Mid), ("senior", Level::Senior)];

impl Guide {
    /// Reads a guide; the error names everything that is missing.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut wrong = Vec::new();
        let [lead, follow_ups, hints, anchors, evidence, sample_answer] =
            sections(text, &mut wrong);
        let guide = Self {
            lead: lead.to_owned(),
            follow_ups: items("Follow-ups", follow_ups, &mut wrong),
            hints: items("Hints", hints, &mut wrong)
                .iter()
                .enumerate()
                .filter_map(|(number, text)| hint(number + 1, text, &mut wrong))
                .collect(),
            anchors: table(anchors, &mut wrong),
            evidence: items("Evidence", evidence, &mut wrong),
            sample_answer: sample_answer.to_owned(),
        };
        ensure!(wrong.is_empty(), "{}", wrong.join("; "));
        Ok(guide)
    }
}

/// The text below each heading of `SECTIONS`; a section that is missing is empty.
fn sections<'a>(text: &'a str, wrong: &mut Vec<String>) -> [&'a str; 6] {
    let mut found = [""; 6];
    let mut headings: Vec<(Range<usize>, HeadingLevel)> = Vec::new();
    for (event, range) in Parser::new(text).into_offset_iter() {
        if let Event::Start(Tag::Heading { level, .. }) = event {
            headings.push((range, level));
        }
    }
    let first = headings.first().map_or(text.len(), |(range, _)| range.start);
    if !text[..first].trim().is_empty() {
        wrong.push("there is text before the first section".to_owned());
    }
    let mut seen = [false; 6];
    for (number, (range, level)) in headings.iter().enumerate() {
        let title = text[range.clone()].trim().trim_start_matches('#').trim();
        let end = headings.get(number + 1).map_or(text.len(), |(next, _)| next.start);
        let place = SECTIONS.iter().position(|it| *it == title && *level == HeadingLevel::H2);
        match place {
            Some(place) if !seen[place] => {
                seen[place] = true;
                found[place] = text[range.end..end].trim();
            }
            Some(_) => wrong.push(format!("section \"{title}\" is there twice")),
            None => wrong.push(format!(
                "\"{title}\" is no section; the sections are \"## {}\"",
                SECTIONS.join("\", \"## ")
            )),
        }
    }
    for (title, (text, seen)) in SECTIONS.iter().zip(found.iter().zip(seen)) {
        if !seen {
            wrong.push(format!("section \"## {title}\" is missing"));
        } else if text.is_empty() {
            wrong.push(format!("section \"## {title}\" is empty"));
        }
    }
    found
}

/// The items of the one list that a section is.
fn items(section: &str, text: &str, wrong: &mut Vec<String>) -> Vec<String> {
    let (mut items, mut depth, mut besides) = (Vec::new(), 0_usize, false);
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                besides |= depth == 0 && !matches!(tag, Tag::List(_));
                if depth == 1 && tag == Tag::Item {
                    items.push(without_marker(&text[range]).to_owned());
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            _ => besides |= depth == 0,
        }
    }
    if besides || (items.is_empty() && !text.is_empty()) {
        wrong.push(format!("section \"## {section}\" must be a list and nothing else"));
    }
    if items.iter().any(String::is_empty) {
        wrong.push(format!("section \"## {section}\" has an empty item"));
    }
    items
}

fn without_marker(item: &str) -> &str {
    let item = item.trim();
    let number = item.trim_start_matches(|it: char| it.is_ascii_digit());
    let text = if number.len() < item.len() {
        number.strip_prefix(['.', ')'])
    } else {
        item.strip_prefix(['-', '*', '+'])
    };
    text.unwrap_or(item).trim()
}

/// A hint ends with the cap that it puts on the score.
fn hint(number: usize, text: &str, wrong: &mut Vec<String>) -> Option<Hint> {
    let parts = text.trim_end_matches('.').strip_suffix(')').and_then(|it| it.rsplit_once('('));
    let cap = parts.and_then(|(_, cap)| cap.strip_prefix("at most ")?.parse().ok());
    if let (Some((text, _)), Some(cap @ 1..=5)) = (parts, cap) {
        return Some(Hint { text: text.trim().to_owned(), cap });
    }
    wrong.push(format!("hint {number} does not end with its cap, as \"(at most 4)\""));
    None
}

/// A row for each level, with an anchor for each of 1, 3 and 5.
fn table(text: &str, wrong: &mut Vec<String>) -> Vec<Anchors> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
            Event::End(TagEnd::TableCell) => {
                let cell = text[range].trim().trim_matches('|').trim().to_owned();
                rows.last_mut().into_iter().for_each(|row| row.push(cell.clone()));
            }
            _ => {}
        }
    }
    if text.is_empty() {
        return Vec::new();
    }
    if rows.first().is_none_or(|head| head != &["level", "1", "3", "5"]) {
        wrong.push("the anchors' table must begin with \"| level | 1 | 3 | 5 |\"".to_owned());
        return Vec::new();
    }
    let mut anchors = Vec::new();
    for (name, level) in LEVELS {
        let row = rows.iter().skip(1).find(|row| row.first().is_some_and(|it| it == name));
        let scores = ["1", "3", "5"].iter().zip(1..).map(|(score, column)| {
            let anchor = row.and_then(|row| row.get(column)).cloned().unwrap_or_default();
            if row.is_some() && anchor.is_empty() {
                wrong.push(format!("the anchor for {score} at level {name} is missing"));
            }
            anchor
        });
        let scores: Vec<String> = scores.collect();
        match (row, <[String; 3]>::try_from(scores)) {
            (Some(_), Ok(scores)) => anchors.push(Anchors { level, scores }),
            _ => wrong.push(format!("there are no anchors for level {name}")),
        }
    }
    let unknown = |row: &&Vec<String>| {
        !LEVELS.iter().any(|(name, _)| row.first().is_some_and(|it| it == name))
    };
    wrong.extend(
        rows.iter()
            .skip(1)
            .filter(unknown)
            .map(|row| format!("\"{}\" is no level", row.first().map_or("", String::as_str))),
    );
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("../../points/skip-link/guide.md");

    fn complaint(text: &str) -> String {
        Guide::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_guide_is_read_whole() {
        let guide = Guide::parse(WHOLE).unwrap();
        assert!(guide.lead.starts_with("Put the mouse away"));
        assert_eq!(guide.follow_ups.len(), 3);
        assert_eq!(guide.hints.iter().map(|it| it.cap).collect::<Vec<_>>(), [4, 3, 2]);
        assert_eq!(guide.hints[0].text, "Press Tab on a fresh page and count the stops.");
        assert_eq!(guide.anchors.len(), 3);
        assert_eq!(guide.anchors[2].scores[0], "Treats it as a matter of taste");
        assert_eq!(guide.evidence[1], "After Enter, the next Tab is inside the content.");
        assert!(guide.sample_answer.ends_with("do not use them."));
    }

    #[test]
    fn each_section_must_be_there_once_and_hold_something() {
        for section in SECTIONS {
            let heading = format!("## {section}\n");
            let gone = WHOLE.replace(&heading, "## Something else\n");
            assert!(complaint(&gone).contains(&format!("\"## {section}\" is missing")));
            assert!(complaint(&gone).contains("\"Something else\" is no section"));
            let begin = WHOLE.find(&heading).unwrap() + heading.len();
            let end = WHOLE[begin..].find("\n## ").map_or(WHOLE.len(), |it| begin + it);
            let empty = format!("{}{}", &WHOLE[..begin], &WHOLE[end..]);
            assert_eq!(complaint(&empty), format!("section \"## {section}\" is empty"));
            assert!(complaint(&format!("{WHOLE}\n{heading}x\n")).contains("is there twice"));
        }
    }

    #[test]
    fn a_hint_without_a_cap_is_an_error() {
        let hint = "hint 2 does not end with its cap, as \"(at most 4)\"";
        assert_eq!(complaint(&WHOLE.replace(" (at most 3)", "")), hint);
        assert_eq!(complaint(&WHOLE.replace("(at most 3)", "(at most 7)")), hint);
    }

    #[test]
    fn a_level_without_an_anchor_is_an_error() {
        let row = WHOLE.lines().find(|line| line.starts_with("| mid")).unwrap();
        assert_eq!(
            complaint(&WHOLE.replace(&format!("{row}\n"), "")),
            "there are no anchors for level mid"
        );
        let cut = WHOLE.replace("Names it after hints", "");
        assert_eq!(complaint(&cut), "the anchor for 1 at level mid is missing");
        assert!(
            complaint(&WHOLE.replace("| senior", "| expert")).contains("\"expert\" is no level")
        );
    }

    #[test]
    fn nothing_that_is_written_gets_lost() {
        assert!(complaint(&format!("Before.\n\n{WHOLE}")).contains("before the first section"));
        let more = WHOLE.replace("## Follow-ups\n", "## Follow-ups\nAsk these:\n\n");
        assert!(complaint(&more).contains("must be a list and nothing else"));
    }

    #[test]
    fn a_heading_in_a_block_of_code_is_none() {
        let code = WHOLE.replace("Strictly,", "\n\n```md\n## Hints\n```\n\nStrictly,");
        assert!(Guide::parse(&code).unwrap().sample_answer.contains("## Hints"));
    }
}
