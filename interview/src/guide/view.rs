//! What guide and sheet show.

use anyhow::{Context as _, Result};
use clap::ValueEnum as _;

use super::markdown::{blocks, words};
use super::parse::Hint;
use super::repair::{Repair, Repairs};
use crate::kit::{Kit, Level, Lift, Mode, Point};
use crate::select::Exercise;

/// The parts of an interview, with their minutes and what happens in them.
const HOUR: [(&str, u32, &str); 4] = [
    (
        "Introduction",
        7,
        "Who you are, how the hour goes, what is assessed. Questions about the tools.",
    ),
    (
        "Work",
        WORK,
        "First a few minutes of reading alone. Then the points, in the order of this page.",
    ),
    (
        "The candidate's questions",
        8,
        "Whatever they want to know about you. Nothing here is rated.",
    ),
    (
        "Close",
        5,
        "What happens next, and by when. Once the candidate has left: rate, each alone, then compare.",
    ),
];
/// Minutes that the points of one interview have together.
const WORK: u32 = 40;

/// An exercise, as its interviewers need it.
pub(crate) struct View<'a> {
    pub(crate) exercise: &'a Exercise,
    pub(crate) hour: [(&'static str, u32, &'static str); 4],
    pub(crate) work: u32,
    pub(crate) minutes: u32,
    pub(crate) points: Vec<PointView<'a>>,
    /// What the exercise does without, and nobody planted.
    pub(crate) lifts: Vec<&'a Lift>,
    /// In the order in which they first occur.
    pub(crate) competencies: Vec<&'a str>,
}

/// One point.
pub(crate) struct PointView<'a> {
    pub(crate) point: &'a Point,
    /// From 1, as it is asked.
    pub(crate) number: usize,
    pub(crate) repairs: Vec<Repair>,
    pub(crate) alternative: Option<&'a Point>,
    /// Whether that is part of the exercise too.
    pub(crate) alternative_is_in: bool,
}

impl<'a> View<'a> {
    /// Compares the exercise with and without each of its points, which takes a moment.
    pub(crate) fn of(kit: &'a Kit, exercise: &'a Exercise) -> Result<Self> {
        let (lifts, points) = (kit.lifts(&exercise.lifts)?, kit.points(&exercise.points)?);
        let repairs = Repairs::of(kit, &lifts, &points)?;
        let mut competencies: Vec<&str> = Vec::new();
        let mut views = Vec::new();
        for (point, number) in points.iter().copied().zip(1..) {
            if !competencies.contains(&point.competency.as_str()) {
                competencies.push(&point.competency);
            }
            let alternative = point.alternative.as_ref().map(|id| {
                kit.points
                    .get(id)
                    .with_context(|| format!("{}: there is no alternative point {id}", point.id))
            });
            let alternative = alternative.transpose()?;
            views.push(PointView {
                point,
                number,
                repairs: repairs.of_point(point)?,
                alternative,
                alternative_is_in: alternative.is_some_and(|it| exercise.points.contains(&it.id)),
            });
        }
        let minutes = points.iter().map(|it| it.minutes.total()).sum();
        Ok(Self { exercise, hour: HOUR, work: WORK, minutes, points: views, lifts, competencies })
    }

    /// The exercise's name, and what it says of itself.
    pub(crate) fn title(&self) -> (&str, String) {
        let (name, rest) =
            self.exercise.title.split_once(": ").unwrap_or((&self.exercise.title, ""));
        let mut rest = rest.chars();
        (name, rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect())
    }

    /// How many points there are.
    pub(crate) fn count(&self) -> String {
        let count = self.points.len();
        format!("{count} {}", if count == 1 { "point" } else { "points" })
    }

    /// What is left out, each with its title and what that means.
    pub(crate) fn left_out(&self) -> Vec<(String, String)> {
        self.lifts.iter().map(|it| (words(&it.title), words(&it.takes_away))).collect()
    }

    /// Whether there is more than fits into an interview.
    pub(crate) fn is_pool(&self) -> bool {
        self.minutes > self.work
    }
}

impl PointView<'_> {
    pub(crate) fn level(&self) -> String {
        level(self.point.level)
    }

    /// Such as "find 2, discuss 2, fix 2".
    pub(crate) fn minutes(&self) -> String {
        let minutes = self.point.minutes;
        let parts = [("find", minutes.find), ("discuss", minutes.discuss), ("fix", minutes.fix)];
        let parts = parts.iter().filter(|(_, minutes)| *minutes > 0);
        parts.map(|(what, minutes)| format!("{what} {minutes}")).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn only_discussed(&self) -> bool {
        self.point.modes == [Mode::Discuss]
    }

    pub(crate) fn symptom(&self) -> String {
        words(&self.point.symptom)
    }

    pub(crate) fn root_cause(&self) -> String {
        words(&self.point.root_cause)
    }

    pub(crate) fn impact(&self) -> String {
        words(&self.point.impact)
    }

    pub(crate) fn lead(&self) -> String {
        blocks(&self.point.guide.lead)
    }

    pub(crate) fn follow_ups(&self) -> Vec<String> {
        self.point.guide.follow_ups.iter().map(|it| words(it)).collect()
    }

    pub(crate) fn hints(&self) -> Vec<Hint> {
        let hint = |it: &Hint| Hint { text: words(&it.text), cap: it.cap };
        self.point.guide.hints.iter().map(hint).collect()
    }

    pub(crate) fn evidence(&self) -> Vec<String> {
        self.point.guide.evidence.iter().map(|it| words(it)).collect()
    }

    pub(crate) fn sample_answer(&self) -> String {
        blocks(&self.point.guide.sample_answer)
    }

    /// The scores, each with its anchors by level; 2 and 4 have none.
    pub(crate) fn scores(&self) -> Vec<(usize, Vec<(String, String)>)> {
        let anchors = |score: usize| {
            let rows = self.point.guide.anchors.iter().filter(|_| score % 2 == 1);
            rows.map(|it| (level(it.level), words(&it.scores[score / 2]))).collect()
        };
        (1..=5).map(|score| (score, anchors(score))).collect()
    }
}

/// Its name, as in a point's file.
pub(crate) fn level(level: Level) -> String {
    level.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned())
}
