//! A robot: takes jobs, remembers them and says how they stand.

mod job;
mod journal;
mod ovens;
mod state;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::sync::Semaphore;

pub(crate) use job::{Job, Phase};

use crate::{
    faults::{Faults, Mode, Switch},
    http::Refusal,
    trade::{Draw, Kind, Request},
};
use job::JobFact;
use journal::{Journal, Ticket};
use state::{Fact, State};

/// How a robot is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which robot.
    pub kind: Kind,
    /// How many minutes of work pass in one minute; from 0.001 to a billion.
    pub pace: f64,
    /// The directory of the journal; without one the robot forgets everything when it stops.
    pub data: Option<PathBuf>,
    /// How many ovens a baker has.
    pub ovens: usize,
    /// What callers must present; without one everybody may call.
    pub api_key: Option<String>,
    /// Whether `/faults` exists.
    pub faults: bool,
    /// The share of jobs that fail, from 0 to 1.
    pub failure_rate: f64,
    /// Decides, with the idempotency key, how long a job takes and whether it fails.
    pub seed: u64,
    /// How many calls are worked on at once; the rest get 429.
    pub max_calls: usize,
}

/// Where a robot reads the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Why a robot cannot start. Each message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// An option is out of range.
    #[error("{0}")]
    Option(&'static str),
    /// The journal cannot be read or written.
    #[error("cannot use {}: {source}; choose a --data directory that can be written", path.display())]
    Data {
        /// The journal's file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process has the journal.
    #[error("{} is in use by another robot; stop that one or choose another --data directory", .0.display())]
    Locked(PathBuf),
    /// A line other than the last cannot be read.
    #[error("{}, line {line} is damaged ({reason}); restore the file, or delete it to start anew", path.display())]
    Corrupt {
        /// The journal's file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
        /// What is wrong with the line.
        reason: String,
    },
}

/// A robot at work. Clones are handles to the same robot.
#[derive(Clone)]
pub struct Robot(Arc<Inside>);

struct Inside {
    options: Options,
    clock: Clock,
    memory: Mutex<Memory>,
    faults: Switch,
    calls: Semaphore,
}

struct Memory {
    state: State,
    journal: Option<Journal>,
    /// A journal that is over is not opened again before this time.
    reopen_at: DateTime<Utc>,
}

/// An answer, and whether it stands for a job that is new.
pub(crate) struct Accepted {
    pub(crate) body: Vec<u8>,
    pub(crate) new: bool,
}

impl Options {
    /// A robot as the command line makes it when nothing is said: at pace 1, in memory, with 8 ovens,
    /// open to everybody, without faults but with 2 % failures.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            pace: 1.0,
            data: None,
            ovens: 8,
            api_key: None,
            faults: false,
            failure_rate: 0.02,
            seed: 0,
            max_calls: 1024,
        }
    }

    fn check(&self) -> Result<(), OpenError> {
        let rules = [
            ((0.001..=1e9).contains(&self.pace), "the pace must be from 0.001 to 1000000000"),
            ((0.0..=1.0).contains(&self.failure_rate), "the failure rate must be from 0 to 1"),
            ((1..=1_000_000).contains(&self.ovens), "a baker needs 1 to 1000000 ovens"),
        ];
        match rules.iter().find(|(kept, _)| !kept) {
            Some((_, rule)) => Err(OpenError::Option(rule)),
            None => Ok(()),
        }
    }
}

impl Robot {
    /// Sets a robot up and reads its journal back.
    ///
    /// # Errors
    /// When an option is out of range or the journal cannot be used.
    pub fn open(options: Options, clock: Clock) -> Result<Self, OpenError> {
        options.check()?;
        let faults = Switch::new(options.kind);
        let calls = Semaphore::new(options.max_calls);
        let memory = Mutex::new(Memory::open(&options, clock())?);
        Ok(Self(Arc::new(Inside { options, clock, memory, faults, calls })))
    }

    /// What the robot was set up with.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn switch(&self) -> &Switch {
        &self.0.faults
    }

    pub(crate) fn calls(&self) -> &Semaphore {
        &self.0.calls
    }

    /// Takes a submission. It counts for its key even where `request` was refused.
    pub(crate) async fn submit(
        &self,
        key: &str,
        request: Result<Request, Refusal>,
    ) -> Result<Accepted, Refusal> {
        let (accepted, ticket) = {
            let now = self.now();
            let mut memory = self.memory(now)?;
            let known = memory.state.job_of_key(key).is_some();
            let fact = match &request {
                Ok(request) if !known => self.accept(&mut memory.state, key, request, now),
                _ => Fact::Call { key: key.to_owned() },
            };
            memory.record(fact, !known)?;
            let request = request?;
            let job = memory.state.job_of_key(key).ok_or(Refusal::Unavailable)?;
            if job.fact.request != request {
                return Err(Refusal::IdempotencyConflict);
            }
            let body = job.fact.request.answer(job)?;
            (Accepted { body, new: !known }, memory.ticket(job))
        };
        kept(ticket).await?;
        Ok(accepted)
    }

    /// Says how a job stands.
    pub(crate) async fn look_up(&self, id: &str) -> Result<Vec<u8>, Refusal> {
        let now = self.now();
        let (body, ticket) = self.memory(now)?.report(id, now)?;
        kept(ticket).await?;
        Ok(body)
    }

    /// Cancels a job that is not over and says how it stands.
    pub(crate) async fn cancel(&self, id: &str) -> Result<Vec<u8>, Refusal> {
        let (body, ticket) = {
            let now = self.now();
            let mut memory = self.memory(now)?;
            if memory.state.job(id).is_some_and(|job| !job.is_over(now)) {
                memory.record(Fact::Cancel { id: id.to_owned(), at: now }, true)?;
            }
            memory.report(id, now)?
        };
        kept(ticket).await?;
        Ok(body)
    }

    /// The counts, as JSON.
    pub(crate) fn stats(&self) -> Result<Vec<u8>, Refusal> {
        let now = self.now();
        let memory = self.memory(now)?;
        let stats = memory.state.stats(self.0.options.kind, now);
        serde_json::to_vec(&stats).map_err(|_| Refusal::Unavailable)
    }

    /// Puts other faults in force.
    pub(crate) fn set_faults(&self, faults: Faults) -> Result<(), Refusal> {
        let now = self.now();
        let mut memory = self.memory(now)?;
        let storm = faults.storm.unwrap_or_default();
        if memory.state.storm != storm {
            memory.record(Fact::Storm { on: storm, at: now }, true)?;
        }
        self.0.faults.set(faults);
        Ok(())
    }

    /// Decides everything about a new job.
    fn accept(&self, state: &mut State, key: &str, request: &Request, now: DateTime<Utc>) -> Fact {
        let options = &self.0.options;
        let draw = Draw::of(&options.seed.to_string(), key);
        let fails = draw.happens(options.failure_rate);
        let plan = request.plan(&draw);
        Fact::Job(Box::new(JobFact {
            key: key.to_owned(),
            id: options.kind.job_id(key),
            at: now,
            request: request.clone(),
            unit: match options.kind {
                Kind::Baker => state.ovens.first_free(options.ovens, now),
                _ => state.job_count() % FLEET + 1,
            },
            setup_micros: micros(plan.setup / options.pace),
            work_micros: micros(plan.work / options.pace).max(1),
            failure: fails.then(|| draw.choose(options.kind.failures())).flatten(),
            stuck: self.0.faults.mode() == Mode::Stuck,
        }))
    }

    /// The time, to the microsecond, which is what the journal and the answers carry.
    fn now(&self) -> DateTime<Utc> {
        (self.0.clock)().trunc_subsecs(6)
    }

    /// The memory, read back from the journal where that was over.
    fn memory(&self, now: DateTime<Utc>) -> Result<MutexGuard<'_, Memory>, Refusal> {
        let mut memory = self.0.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let over = memory.journal.as_ref().map_or(self.0.options.data.is_some(), Journal::is_over);
        if over {
            if now < memory.reopen_at {
                return Err(Refusal::Unavailable);
            }
            memory.reopen_at = now + REOPEN_AFTER;
            // The file is locked until the old journal is gone.
            memory.journal = None;
            let reopened = Memory::open(&self.0.options, now).map_err(|error| {
                tracing::error!(error = %error, "cannot open the journal again");
                Refusal::Unavailable
            })?;
            *memory = Memory { reopen_at: memory.reopen_at, ..reopened };
        }
        Ok(memory)
    }
}

impl Memory {
    fn open(options: &Options, now: DateTime<Utc>) -> Result<Self, OpenError> {
        let mut memory = match &options.data {
            None => Self { state: State::default(), journal: None, reopen_at: now },
            Some(directory) => {
                let file = directory.join(options.kind.name()).with_extension("jsonl");
                let (journal, state) = Journal::open(&file)?;
                Self { state, journal: Some(journal), reopen_at: now }
            }
        };
        // Faults end with the process, and so does the storm.
        if memory.state.storm {
            let _ = memory.record(Fact::Storm { on: false, at: now }, false);
        }
        Ok(memory)
    }

    /// Puts a fact into the journal's next group and adds it to what the robot knows.
    fn record(&mut self, fact: Fact, sync: bool) -> Result<(), Refusal> {
        if let Some(journal) = &self.journal {
            let mut line = serde_json::to_vec(&fact).map_err(|_| Refusal::Unavailable)?;
            line.push(b'\n');
            journal.append(line, sync);
        }
        self.state.apply(fact);
        Ok(())
    }

    fn report(&self, id: &str, now: DateTime<Utc>) -> Result<(Vec<u8>, Option<Ticket>), Refusal> {
        let job = self.state.job(id).ok_or_else(|| Refusal::JobNotFound(id.to_owned()))?;
        Ok((job.fact.request.report(job, now)?, self.ticket(job)))
    }

    /// What to wait for before anything is said about this job.
    fn ticket(&self, job: &Job) -> Option<Ticket> {
        self.journal.as_ref().map(|journal| journal.ticket(job.changed_by))
    }
}

/// How many drones or pickers there are to be named in answers; work never waits for one.
const FLEET: usize = 100;
const REOPEN_AFTER: TimeDelta = TimeDelta::seconds(1);

/// Nobody is told of what might still be lost.
async fn kept(ticket: Option<Ticket>) -> Result<(), Refusal> {
    let kept = match ticket {
        Some(ticket) => ticket.kept().await,
        None => true,
    };
    kept.then_some(()).ok_or(Refusal::Unavailable)
}

fn micros(seconds: f64) -> i64 {
    i64::try_from(Duration::from_secs_f64(seconds).as_micros()).unwrap_or(i64::MAX)
}
