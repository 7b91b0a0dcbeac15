//! A robot: how it is set up, how it plans a job and how it tells of one.

mod job;
mod journal;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{path::PathBuf, time::Duration};

use anyhow::{Result, ensure};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use clap::Parser;
use serde_json::{Value, json, value::to_raw_value};
use tokio::sync::Semaphore;

pub(crate) use self::{job::Job, journal::Journal, state::Fact, state::State};

use crate::{faults::Faults, faults::Mode, http::Checked, http::Refusal, trade::Draw, trade::Kind};

/// How a robot is set up, in code or on the command line.
#[derive(Clone, Debug, Parser)]
pub struct Options {
    /// Which robot.
    #[arg(skip = Kind::Picker)]
    pub kind: Kind,
    /// How many minutes of work pass in one minute; from 0.001 to a billion.
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub pace: f64,
    /// Directory for the journals; without it a robot forgets everything when it stops.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Number of the baker's ovens.
    #[arg(long, default_value_t = 8)]
    pub ovens: usize,
    /// What callers must present; without it everybody may call.
    #[arg(skip)]
    pub api_key: Option<String>,
    /// Let callers switch on faults at `/faults`.
    #[arg(long)]
    pub faults: bool,
    /// Share of the jobs that fail, from 0 to 1.
    #[arg(long, default_value_t = 0.02, allow_negative_numbers = true)]
    pub failure_rate: f64,
    /// Decides, with the idempotency key, how long a job takes and whether it fails.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// How many calls are worked on at once; the rest get 429.
    #[arg(long, default_value_t = 1024)]
    pub max_calls: usize,
}

/// Where a robot reads the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;
pub(crate) type Time = DateTime<Utc>;

/// A robot at work.
pub struct Robot {
    pub(crate) options: Options,
    /// Permits for the calls that are worked on at once.
    pub(crate) calls: Semaphore,
    clock: Clock,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
}

impl Options {
    /// What the command line takes where nothing is said.
    pub fn new(kind: Kind) -> Self {
        Self { kind, ..Self::parse_from(["pie-robots"]) }
    }

    /// How long so many seconds of work take at this pace, to the microsecond.
    fn time(&self, seconds: f64) -> TimeDelta {
        let time = Duration::from_secs_f64(seconds / self.pace).as_micros();
        TimeDelta::microseconds(i64::try_from(time).unwrap_or(i64::MAX))
    }
}

impl Robot {
    /// Sets a robot up and reads its journal back.
    ///
    /// # Errors
    /// When an option is out of range or the journal cannot be used; the message, on one line, says
    /// what to do.
    pub fn open(options: Options, clock: Clock) -> Result<Self> {
        let (pace, rate) = (options.pace, options.failure_rate);
        ensure!((0.001..=1e9).contains(&pace), "--pace must be 0.001 to 1000000000, not {pace}");
        ensure!((0.0..=1.0).contains(&rate), "--failure-rate must be 0 to 1, not {rate}");
        ensure!(options.ovens > 0, "--ovens must be at least 1");
        let journal = Journal::open(options.data.as_deref(), options.kind.trade())?.into();
        let calls = Semaphore::new(options.max_calls);
        Ok(Self { options, calls, clock, journal, faults: Mutex::default() })
    }

    /// The faults in force.
    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with what is known and tells of it when all of that is kept. Times are to the
    /// microsecond, as in the journal and the answers.
    pub(crate) async fn with<T>(
        &self,
        act: impl FnOnce(&mut Journal, Time) -> Checked<T>,
    ) -> Checked<T> {
        let (answer, settled) = {
            let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            (act(&mut journal, (self.clock)().trunc_subsecs(6)), journal.settled())
        };
        settled.await.and(answer)
    }

    /// Decides everything about a new job.
    pub(crate) fn plan(&self, known: &State, key: &str, request: &Value, at: Time) -> Checked<Job> {
        let (options, trade) = (&self.options, known.trade);
        let draw = Draw::of(&options.seed.to_string(), key);
        let (setup, work) = (trade.time)(request, &draw);
        let fails = draw.between(0, 0.0, 1.0) < options.failure_rate;
        let (code, message) = trade.failures[draw.choose(trade.failures.len())];
        let ovens = if trade.has_ovens { options.ovens } else { 1 };
        let (unit, start) = known.first_oven(ovens, at);
        // A hundred drones take turns in being named; work never waits for one.
        let unit = if trade.has_ovens { unit } else { known.jobs.len() % 100 + 1 };
        let mut job = Job {
            key: key.to_owned(),
            id: trade.job_id(key),
            at,
            request: to_raw_value(request)?,
            answer: to_raw_value(&())?,
            unit,
            start: start + options.time(setup),
            work: options.time(work).max(TimeDelta::microseconds(1)),
            failure: fails.then(|| json!({ "code": code, "message": message })),
            stuck: self.faults().mode == Mode::Stuck,
            ended: None,
        };
        let report = describe(self.options.kind, &job, at)?;
        let answer: Value = trade.answer.iter().map(|name| (*name, report[name].clone())).collect();
        job.answer = to_raw_value(&answer)?;
        Ok(job)
    }

    /// How a job stands.
    pub(crate) fn report(&self, known: &State, id: &str, now: Time) -> Checked<Value> {
        let job = known.jobs.get(id).filter(|_| self.faults().mode != Mode::Forget);
        let unknown = || Refusal::JobNotFound(format!("Job '{id}' does not exist"));
        describe(self.options.kind, job.ok_or_else(unknown)?, now)
    }
}

/// The job in the words of its trade.
fn describe(kind: Kind, job: &Job, now: Time) -> Checked<Value> {
    let (trade, phase) = (kind.trade(), job.phase(now));
    let mut report = (trade.report)(job, &serde_json::from_str(job.request.get())?, now);
    report["status"] = json!(trade.states[phase as usize]);
    report["failure"] = json!(job.failure.as_ref().filter(|_| phase == job::Phase::Failed));
    if let Some(fields) = report.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    Ok(report)
}
