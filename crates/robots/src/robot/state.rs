//! Everything a robot knows: the sum of the recorded facts.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Time;
use super::job::{Job, Phase};
use crate::trade::Trade;

/// One line of the journal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Fact {
    /// A submission that made a job.
    Job(Box<Job>),
    /// A submission that made none: a repetition or a refusal.
    Call { key: String },
    /// A job came to an early end: it failed or else was cancelled.
    End { id: String, at: Time, failure: Option<Value> },
}

pub(crate) struct State {
    pub(crate) trade: &'static Trade,
    /// By identifier.
    pub(crate) jobs: HashMap<String, Job>,
    /// The number of calls and jobs of each idempotency key.
    keys: HashMap<String, [u64; 2]>,
    /// Oven number 1 and so on.
    ovens: Vec<Oven>,
    /// How many facts there are, which is the number of lines in the journal.
    pub(crate) facts: u64,
}

#[derive(Default)]
struct Oven {
    /// Its jobs in the order of acceptance.
    jobs: Vec<String>,
    /// When the last of them leaves it.
    free: Time,
}

impl Fact {
    pub(crate) fn storm(id: &str, at: Time) -> Self {
        let failure = json!({ "code": "WEATHER", "message": "A storm came up" });
        Self::End { id: id.to_owned(), at, failure: Some(failure) }
    }
}

impl State {
    pub(crate) fn new(trade: &'static Trade) -> Self {
        Self { trade, jobs: HashMap::new(), keys: HashMap::new(), ovens: Vec::new(), facts: 0 }
    }

    /// Adds a fact. A journal is read back through the same door.
    pub(crate) fn apply(&mut self, fact: Fact) {
        self.facts += 1;
        match fact {
            Fact::Job(job) => self.accept(*job),
            Fact::Call { key } => self.keys.entry(key).or_default()[0] += 1,
            Fact::End { id, at, failure } => self.end(&id, at, failure),
        }
    }

    /// Which of `count` ovens is free first, and from when.
    pub(crate) fn first_oven(&self, count: usize, now: Time) -> (usize, Time) {
        let free = |oven: usize| self.ovens.get(oven - 1).map_or(now, |oven| oven.free.max(now));
        let ovens = (1..=count).map(|oven| (oven, free(oven)));
        ovens.min_by_key(|&(_, free)| free).unwrap_or((1, now))
    }

    pub(crate) fn stats(&self, now: Time) -> Value {
        let mut jobs = BTreeMap::from(self.trade.states.map(|state| (state, 0_u64)));
        for job in self.jobs.values() {
            *jobs.entry(self.trade.states[job.phase(now) as usize]).or_default() += 1;
        }
        let counts = |[calls, jobs]: &[u64; 2]| json!({ "calls": calls, "jobs": jobs });
        let keys = self.keys.iter().map(|(key, both)| (key.clone(), counts(both)));
        json!({ "jobs": jobs, "keys": keys.collect::<Value>() })
    }

    fn accept(&mut self, job: Job) {
        let [calls, jobs] = self.keys.entry(job.key.clone()).or_default();
        (*calls, *jobs) = (*calls + 1, *jobs + 1);
        if self.trade.has_ovens {
            let ovens = self.ovens.len().max(job.unit);
            self.ovens.resize_with(ovens, Oven::default);
            let oven = &mut self.ovens[job.unit - 1];
            oven.jobs.push(job.id.clone());
            oven.free = job.leaves();
        }
        self.jobs.insert(job.id.clone(), job);
    }

    /// Ends a job; those behind it in its oven move up.
    fn end(&mut self, id: &str, at: Time, failure: Option<Value>) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.ended = Some((at, if failure.is_some() { Phase::Failed } else { Phase::Cancelled }));
        job.failure = failure;
        let Some(oven) = self.ovens.get_mut(job.unit - 1) else { return };
        oven.free = Time::default();
        for id in &oven.jobs {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            if job.ended.is_none() {
                job.start = job.at.max(oven.free);
            }
            // A job that ended before its turn was never in the oven.
            oven.free = if job.start < job.leaves() { job.leaves() } else { oven.free };
        }
    }
}
