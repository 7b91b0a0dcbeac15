//! The last hour as charts, each with a table of the same numbers.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use order_core::Status;

use super::board::html;
use crate::orchestrator::Observer;
use crate::orchestrator::observer::{Activity, STEP};
use crate::web::fresh::Fresh;
use crate::web::words::{Badge, Time, span};

/// The charts hold minutes: they need not move each second.
const EVERY: Duration = Duration::from_secs(10);

/// The charts as they are told to all who look.
pub(super) struct KeptCharts(Fresh<Arc<str>>);

impl Default for KeptCharts {
    fn default() -> Self {
        Self(Fresh::new(EVERY))
    }
}

impl KeptCharts {
    /// The charts as HTML.
    pub(super) async fn html(&self, observer: &Observer, now: DateTime<Utc>) -> Arc<str> {
        let charts = async {
            let charts = observer.activity(|activity| Charts::of(activity, now));
            Ok::<_, Infallible>(html(&charts).into())
        };
        let Ok(charts) = self.0.get("", charts).await;
        charts
    }
}

/// The charts of the dashboard.
#[derive(Template)]
#[template(path = "charts.html")]
struct Charts {
    orders: Chart,
    errors: Chart,
    stages: Vec<Latency>,
}

/// Bars over the last hour.
struct Chart {
    /// The number at the top of the axis.
    top: u64,
    first: &'static str,
    last: &'static str,
    bars: Vec<Bar>,
}

/// A bar; `y` and `height` are hundredths of the chart's height.
struct Bar {
    x: usize,
    y: u64,
    height: u64,
    value: String,
    time: Time,
}

/// How long a stage takes; the percentages are of the longest.
struct Latency {
    name: &'static str,
    p50: String,
    p50_percent: i64,
    p95: String,
    p95_percent: i64,
}

impl Charts {
    /// What was seen up to now.
    fn of(activity: &Activity, now: DateTime<Utc>) -> Self {
        let steps = activity.steps.last_hour(now);
        let placed = steps.iter().map(|(began, happened)| {
            // The step that is not over yet has had less time.
            let minutes = (now - *began).clamp(TimeDelta::minutes(1), STEP).num_seconds();
            (*began, u64::from(happened.placed) * 60 * 10 / minutes.unsigned_abs())
        });
        let errors = steps.iter().map(|(began, it)| (*began, u64::from(it.errors) * 10));
        Self {
            orders: Chart::of(placed.collect()),
            errors: Chart::of(errors.collect()),
            stages: latencies(activity),
        }
    }
}

impl Chart {
    /// A chart of numbers in tenths.
    fn of(values: Vec<(DateTime<Utc>, u64)>) -> Self {
        let most = values.iter().map(|(_, value)| *value).max().unwrap_or_default();
        let top = round_up(most.div_ceil(10));
        let bar = |(place, (began, value)): (usize, (DateTime<Utc>, u64))| {
            // What is not nothing is seen.
            let height = (value * 10).div_ceil(top).min(100);
            let value = match (value / 10, value % 10) {
                (whole, 0) => whole.to_string(),
                (whole, tenths) => format!("{whole}.{tenths}"),
            };
            Bar { x: place * 10 + 1, y: 100 - height, height, value, time: began.into() }
        };
        let bars = values.into_iter().enumerate().map(bar).collect();
        Self { top, first: "an hour ago", last: "now", bars }
    }
}

/// The next number that reads well on an axis: 1, 2, 5, 10, 20, 50, …
fn round_up(number: u64) -> u64 {
    let mut unit = 1;
    loop {
        if let Some(top) = [1, 2, 5].map(|it| it * unit).into_iter().find(|top| *top >= number) {
            return top;
        }
        unit *= 10;
    }
}

fn latencies(activity: &Activity) -> Vec<Latency> {
    let stages = [Status::Picking, Status::Prepping, Status::Baking, Status::Delivering];
    let both =
        |status| Some((activity.durations.of(status, 0.5)?, activity.durations.of(status, 0.95)?));
    let times: Vec<_> = stages.into_iter().map(|status| (status, both(status))).collect();
    let longest = times.iter().filter_map(|(_, times)| Some(times.as_ref()?.1)).max();
    let longest = longest.unwrap_or_default().num_milliseconds().max(1);
    let percent = |time: TimeDelta| (time.num_milliseconds() * 100 / longest).clamp(0, 100);
    let latency = |(status, times): (Status, Option<(TimeDelta, TimeDelta)>)| {
        let (p50, p95) = times.unwrap_or_default();
        let words = |time| if times.is_some() { span(time) } else { "–".to_owned() };
        Latency {
            name: Badge::from(status).word,
            p50: words(p50),
            p50_percent: percent(p50),
            p95: words(p95),
            p95_percent: percent(p95),
        }
    };
    times.into_iter().map(latency).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_at_a_number_that_reads_well() {
        for (number, top) in [(0, 1), (1, 1), (3, 5), (10, 10), (11, 20), (51, 100), (2001, 5000)] {
            assert_eq!(top, round_up(number));
        }
    }

    #[test]
    fn a_bar_is_as_high_as_its_number_says() {
        let chart = Chart::of(vec![(DateTime::UNIX_EPOCH, 142), (DateTime::UNIX_EPOCH, 0)]);
        let bars: Vec<_> = chart.bars.iter().map(|bar| (bar.value.as_str(), bar.height)).collect();
        assert_eq!((20, vec![("14.2", 71), ("0", 0)]), (chart.top, bars));
    }
}
