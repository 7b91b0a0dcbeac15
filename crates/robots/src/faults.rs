//! Faults that can be switched on, to see how callers cope. They exist only in a robot that was
//! started with `--faults`; `PUT /faults` replaces what is in force, a field that is left out takes
//! its default, and everything ends with the process.
//!
//! | `mode` | what happens while it is on | further fields |
//! |---|---|---|
//! | `none` | nothing | |
//! | `down` | every call is answered 503, `/healthz` too | |
//! | `slow` | the work is done at once, the answer comes late | `latencyMs` (1000) |
//! | `flaky` | a share of the calls is answered 503: half of these before, half after the work was done | `rate` (0.5), `seed` (0) |
//! | `reject` | every submission is answered 422 | |
//! | `stuck` | a job that is accepted never ends, also after the fault; in an oven it blocks the queue until it is cancelled | |
//! | `forget` | asking after a job or cancelling it is answered 404 | |
//!
//! With any mode, `"storm": true` (delivery only) ends what is under way and what is accepted while
//! the storm lasts with `WEATHER`. `/stats` and `/faults` are never at fault.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{http::Checked, http::Refusal, trade::Draw, trade::Kind};

/// What is wrong with a robot.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Faults {
    pub(crate) mode: Mode,
    rate: f64,
    latency_ms: u64,
    seed: u64,
    pub(crate) storm: bool,
    /// The number of calls since it was set.
    #[serde(skip)]
    calls: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    None,
    Down,
    Slow,
    Flaky,
    Reject,
    Stuck,
    Forget,
}

impl Default for Faults {
    fn default() -> Self {
        Self { mode: Mode::None, rate: 0.5, latency_ms: 1000, seed: 0, storm: false, calls: 0 }
    }
}

impl Faults {
    /// Reads and checks the body of a `PUT /faults`.
    pub(crate) fn read(kind: Kind, body: Value) -> Checked<Self> {
        let faults: Self = serde_json::from_value(body)?;
        let weather = kind == Kind::Delivery || !faults.storm;
        let in_range = (0.0..=1.0).contains(&faults.rate) && faults.latency_ms <= 3_600_000;
        let wanted = "rate must be 0 to 1, latencyMs 0 to 3600000, storm is for delivery";
        (weather && in_range).then_some(faults).ok_or_else(|| Refusal::Malformed(wanted.into()))
    }

    /// Whether the call that comes now is lost, whether its answer is, and by how much it is late.
    pub(crate) fn next_effect(&mut self) -> (bool, bool, Option<Duration>) {
        self.calls += 1;
        let draw = Draw::of(&self.seed.to_string(), &self.calls.to_string());
        let hit = self.mode == Mode::Flaky && draw.between(0, 0.0, 1.0) < self.rate;
        let before = draw.choose(2) == 0;
        let late = Some(Duration::from_millis(self.latency_ms)).filter(|_| self.mode == Mode::Slow);
        (self.mode == Mode::Down || hit && before, hit && !before, late)
    }
}
