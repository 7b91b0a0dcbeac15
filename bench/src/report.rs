//! What was measured, as a table and as JSON.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::database::Kind;

/// Every line so far.
#[derive(Default, Serialize)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

/// One figure, perhaps beside a yardstick, perhaps with a floor.
#[derive(Serialize)]
pub(crate) struct Line {
    figure: String,
    database: String,
    unit: &'static str,
    /// One sample a round.
    samples: Vec<f64>,
    yardstick: Option<Yardstick>,
    floor: Option<Floor>,
    ok: Option<bool>,
}

#[derive(Serialize)]
struct Yardstick {
    name: &'static str,
    samples: Vec<f64>,
    /// Median of the ratios of the rounds.
    ratio: f64,
}

/// What a figure must reach.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Floor {
    AtLeast(f64),
    AtMost(f64),
    TimesYardstick(f64),
}

impl Report {
    pub(crate) fn add(&mut self, line: Line) {
        eprintln!("bench:   {}", line.cells().join("  "));
        self.lines.push(line);
    }

    /// How many floors were missed.
    pub(crate) fn missed(&self) -> usize {
        self.lines.iter().filter(|line| line.ok == Some(false)).count()
    }

    /// Prints the table on standard output.
    pub(crate) fn print(&self) -> Result<()> {
        let head = ["database", "figure", "median (min … max)", "beside", "ratio", "floor", ""];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(self.lines.iter().map(Line::cells));
        let width = |column: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<_> = (0..head.len()).map(width).collect();
        let mut out = std::io::stdout().lock();
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }

    /// Writes every line with all its samples.
    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}

impl Line {
    /// `database` is empty for what none has a part in.
    pub(crate) fn new(
        database: impl Into<String>,
        figure: impl Into<String>,
        unit: &'static str,
        samples: Vec<f64>,
    ) -> Self {
        Self {
            figure: figure.into(),
            database: database.into(),
            unit,
            samples,
            yardstick: None,
            floor: None,
            ok: None,
        }
    }

    /// Puts the yardstick of the same rounds beside it.
    pub(crate) fn beside(mut self, name: &'static str, samples: Vec<f64>) -> Self {
        let ratios = self.samples.iter().zip(&samples).map(|(ours, theirs)| ours / theirs);
        self.yardstick =
            Some(Yardstick { name, ratio: median(&ratios.collect::<Vec<_>>()), samples });
        self
    }

    /// Judges the median.
    pub(crate) fn floor(mut self, floor: Floor) -> Self {
        let value = median(&self.samples);
        self.ok = match floor {
            Floor::AtLeast(least) => Some(value >= least),
            Floor::AtMost(most) => Some(value <= most),
            Floor::TimesYardstick(times) => {
                self.yardstick.as_ref().map(|yardstick| yardstick.ratio >= times)
            }
        };
        self.floor = Some(floor);
        self
    }

    /// The floors of throughput are promised for `PostgreSQL` only.
    pub(crate) fn floor_on_postgres(self, kind: Kind, floor: Floor) -> Self {
        if kind == Kind::Postgres { self.floor(floor) } else { self }
    }

    fn cells(&self) -> Vec<String> {
        let beside = self.yardstick.as_ref();
        let floor = match self.floor {
            None => String::new(),
            Some(Floor::AtLeast(least)) => format!("≥ {}", number(least)),
            Some(Floor::AtMost(most)) => format!("≤ {}", number(most)),
            Some(Floor::TimesYardstick(times)) => format!("≥ {times} ×"),
        };
        let verdict = match self.ok {
            None => "",
            Some(true) => "ok",
            Some(false) => "BELOW",
        };
        vec![
            self.database.clone(),
            self.figure.clone(),
            format!("{} {}", spread(&self.samples), self.unit),
            beside.map_or(String::new(), |it| format!("{}: {}", it.name, spread(&it.samples))),
            beside.map_or(String::new(), |it| format!("{:.2} ×", it.ratio)),
            floor,
            verdict.into(),
        ]
    }
}

pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn spread(samples: &[f64]) -> String {
    let median = number(median(samples));
    if samples.len() < 2 {
        return median;
    }
    let least = samples.iter().copied().fold(f64::INFINITY, f64::min);
    let most = samples.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{median} ({} … {})", number(least), number(most))
}

/// Three digits that count, and thousands apart.
fn number(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(samples: &[f64]) -> Line {
        Line::new(Kind::Postgres, "create", "/s", samples.to_vec())
    }

    #[test]
    fn the_median_is_judged_and_the_spread_shown() {
        let line = line(&[3000.0, 900.0, 1500.0]).floor(Floor::AtLeast(1500.0));
        assert_eq!(line.ok, Some(true));
        assert_eq!(line.cells()[2], "1,500 (900 … 3,000) /s");
    }

    #[test]
    fn a_ratio_is_the_median_of_the_rounds_ratios() {
        let line = line(&[10.0, 40.0, 90.0]).beside("other", vec![10.0, 20.0, 30.0]);
        let line = line.floor(Floor::TimesYardstick(2.5));
        assert_eq!(line.ok, Some(false));
        assert_eq!(line.cells()[4], "2.00 ×");
    }

    #[test]
    fn only_postgres_has_to_be_that_fast() {
        let line = Line::new(Kind::Sqlite, "create", "/s", vec![1.0]);
        assert_eq!(line.floor_on_postgres(Kind::Sqlite, Floor::AtLeast(5.0)).ok, None);
    }
}
