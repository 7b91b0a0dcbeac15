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
//! With any mode, `"storm": true` (delivery only) ends what is in the air and what is accepted while
//! the storm lasts with `WEATHER`. `/stats` and `/faults` are never at fault.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    http::Refusal,
    trade::{Draw, Kind},
};

/// What is wrong with a robot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Faults {
    mode: Mode,
    rate: f64,
    latency_ms: u64,
    seed: u64,
    /// `None` where there is no weather.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storm: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    #[default]
    None,
    Down,
    Slow,
    Flaky,
    Reject,
    Stuck,
    Forget,
}

/// What a fault does to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    None,
    /// 503, nothing done.
    Lost,
    /// 503, but done.
    AnswerLost,
    Late(Duration),
}

/// Where faults are switched on and off.
pub(crate) struct Switch {
    kind: Kind,
    setting: Mutex<(Faults, u64)>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { mode: Mode::None, rate: 0.5, latency_ms: 1000, seed: 0, storm: None }
    }
}

impl Switch {
    pub(crate) fn new(kind: Kind) -> Self {
        let storm = (kind == Kind::Delivery).then_some(false);
        Self { kind, setting: Mutex::new((Faults { storm, ..Faults::default() }, 0)) }
    }

    /// Reads and checks the body of a `PUT /faults`.
    pub(crate) fn parse(&self, json: &[u8]) -> Result<Faults, Refusal> {
        let malformed = |message: &str| Err(Refusal::Malformed(message.to_owned()));
        let mut faults: Faults =
            serde_json::from_slice(json).map_err(|error| Refusal::Malformed(error.to_string()))?;
        if !(0.0..=1.0).contains(&faults.rate) {
            return malformed("rate must be 0 to 1");
        }
        if faults.latency_ms > 3_600_000 {
            return malformed("latencyMs must be 0 to 3600000");
        }
        if self.kind == Kind::Delivery {
            faults.storm.get_or_insert(false);
        } else if faults.storm.is_some() {
            return malformed("storm is for the delivery robot");
        }
        Ok(faults)
    }

    pub(crate) fn set(&self, faults: Faults) {
        tracing::warn!(robot = self.kind.name(), ?faults, "faults were set");
        *self.setting() = (faults, 0);
    }

    pub(crate) fn get(&self) -> Faults {
        self.setting().0.clone()
    }

    pub(crate) fn mode(&self) -> Mode {
        self.setting().0.mode
    }

    /// What happens to the next call.
    pub(crate) fn effect(&self) -> Effect {
        let mut setting = self.setting();
        let (faults, calls) = &mut *setting;
        match faults.mode {
            Mode::Down => Effect::Lost,
            Mode::Slow => Effect::Late(Duration::from_millis(faults.latency_ms)),
            Mode::Flaky => {
                *calls += 1;
                let draw = Draw::of(&faults.seed.to_string(), &format!("call {calls}"));
                if draw.happens(faults.rate) {
                    draw.choose(&[Effect::Lost, Effect::AnswerLost]).unwrap_or(Effect::Lost)
                } else {
                    Effect::None
                }
            }
            Mode::None | Mode::Reject | Mode::Stuck | Mode::Forget => Effect::None,
        }
    }

    fn setting(&self) -> MutexGuard<'_, (Faults, u64)> {
        self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
