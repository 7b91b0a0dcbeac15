//! A robot and its jobs.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::trade::Trade;

/// How a robot is set up.
#[derive(Clone, Copy)]
pub struct Options {
    /// Which robot.
    pub trade: &'static Trade,
    /// How many minutes of work pass in one minute.
    pub pace: f64,
    /// Share of the jobs that fail, from 0 to 1.
    pub failure_rate: f64,
}

/// Where a robot reads the time.
pub type Clock = fn() -> DateTime<Utc>;
pub(crate) type Time = DateTime<Utc>;

/// A robot at work.
pub struct Robot {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    jobs: Mutex<HashMap<String, Job>>,
}

/// An accepted job.
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) request: Value,
    /// The number of the oven or drone.
    pub(crate) unit: u64,
    pub(crate) start: Time,
    /// When it is done, or fails.
    pub(crate) end: Time,
    fails: bool,
}

impl Robot {
    /// Sets a robot up.
    ///
    /// # Errors
    /// When an option is out of range.
    pub fn open(options: Options, clock: Clock) -> Result<Self> {
        let (pace, rate) = (options.pace, options.failure_rate);
        ensure!((0.001..=1e9).contains(&pace), "the pace must be 0.001 to 1000000000, not {pace}");
        ensure!((0.0..=1.0).contains(&rate), "the failure rate must be 0 to 1, not {rate}");
        Ok(Self { options, clock, jobs: Mutex::default() })
    }

    /// By their names.
    pub(crate) fn jobs(&self) -> MutexGuard<'_, HashMap<String, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the one job that an idempotency key stands for.
    pub(crate) fn job_id(&self, key: &str) -> String {
        format!("{}{:016x}", self.options.trade.prefix, hash("id", key))
    }

    /// Decides everything about a new job; what looks random follows from the key.
    pub(crate) fn plan(&self, key: &str, request: Value) -> Job {
        let [least, most] = self.options.trade.seconds;
        let seconds = least + (most - least) * share("time", key);
        let start = (self.clock)();
        Job {
            id: self.job_id(key),
            request,
            unit: hash("unit", key) % 8 + 1,
            start,
            end: start + Duration::from_secs_f64(seconds / self.options.pace),
            fails: share("failure", key) < self.options.failure_rate,
        }
    }

    /// The job in the words of its trade.
    pub(crate) fn report(&self, job: &Job, now: Time) -> Value {
        let trade = self.options.trade;
        let mut report = (trade.report)(job, now);
        let [under_way, done] = trade.states;
        let status = match (now < job.end, job.fails) {
            (true, _) => under_way,
            (false, true) => "FAILED",
            (false, false) => done,
        };
        report["status"] = status.into();
        if status == "FAILED" {
            let (code, message) = trade.failure;
            report["failure"] = json!({ "code": code, "message": message });
        }
        if let Some(fields) = report.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        report
    }
}

impl Job {
    /// When it was done, if it was.
    pub(crate) fn done_at(&self, now: Time) -> Option<Time> {
        (!self.fails && now >= self.end).then_some(self.end)
    }

    /// How much of its time has passed.
    pub(crate) fn percent(&self, now: Time) -> i64 {
        let (passed, whole) = (now - self.start, self.end - self.start);
        (100 * passed.num_milliseconds() / whole.num_milliseconds().max(1)).clamp(0, 100)
    }
}

/// A share from 0 up to 1 that follows from a text.
fn share(of: &str, key: &str) -> f64 {
    let thousandths = u32::try_from(hash(of, key) % 1000).unwrap_or_default();
    f64::from(thousandths) / 1000.0
}

fn hash(of: &str, key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (of, key).hash(&mut hasher);
    hasher.finish()
}
