//! Everything a robot knows: the sum of the recorded facts.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    job::{Job, JobFact, Phase},
    ovens::Ovens,
};
use crate::trade::{Kind, Request};

/// One line of the journal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Fact {
    /// A submission that made a job.
    Job(Box<JobFact>),
    /// A submission that made none: a repetition or a refusal.
    Call { key: String },
    /// A job was cancelled.
    Cancel { id: String, at: DateTime<Utc> },
    /// A storm came up or went down.
    Storm { on: bool, at: DateTime<Utc> },
}

#[derive(Default)]
pub(super) struct State {
    jobs: Vec<Job>,
    by_id: HashMap<String, usize>,
    keys: HashMap<String, KeyCounts>,
    pub(super) ovens: Ovens,
    pub(super) storm: bool,
    /// How many facts were added: the number of the last line of the journal.
    pub(super) facts: u64,
}

#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct KeyCounts {
    calls: u64,
    jobs: u64,
    #[serde(skip)]
    job: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct Stats<'a> {
    jobs: BTreeMap<&'static str, u64>,
    keys: &'a HashMap<String, KeyCounts>,
}

impl State {
    /// Adds a fact. A journal is read back through the same door.
    pub(super) fn apply(&mut self, fact: Fact) {
        self.facts += 1;
        match fact {
            Fact::Job(fact) => self.accept(*fact),
            Fact::Call { key } => self.keys.entry(key).or_default().calls += 1,
            Fact::Cancel { id, at } => self.cancel(&id, at),
            Fact::Storm { on, at } => self.weather(on, at),
        }
    }

    pub(super) fn job(&self, id: &str) -> Option<&Job> {
        self.by_id.get(id).map(|&index| &self.jobs[index])
    }

    pub(super) fn job_of_key(&self, key: &str) -> Option<&Job> {
        self.keys.get(key)?.job.map(|index| &self.jobs[index])
    }

    pub(super) fn job_count(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn stats(&self, kind: Kind, now: DateTime<Utc>) -> Stats<'_> {
        let mut jobs: BTreeMap<_, _> =
            Phase::ALL.into_iter().map(|phase| (kind.status(phase), 0)).collect();
        for job in &self.jobs {
            *jobs.entry(kind.status(job.phase(now))).or_default() += 1;
        }
        Stats { jobs, keys: &self.keys }
    }

    fn accept(&mut self, fact: JobFact) {
        let index = self.jobs.len();
        let key = self.keys.entry(fact.key.clone()).or_default();
        key.calls += 1;
        key.jobs += 1;
        key.job = Some(index);
        self.by_id.insert(fact.id.clone(), index);

        let in_oven = matches!(fact.request, Request::Bake(_));
        let (start, blocked) = if in_oven {
            self.ovens.next(fact.unit, fact.at)
        } else {
            (fact.at + TimeDelta::microseconds(fact.setup_micros), false)
        };
        let mut job = Job::new(fact, start, blocked, self.facts);
        if self.storm {
            job.grounded = Some(job.fact.at);
        }
        self.jobs.push(job);
        if in_oven {
            self.ovens.enqueue(&self.jobs, index);
        }
    }

    fn cancel(&mut self, id: &str, at: DateTime<Utc>) {
        let Some(&index) = self.by_id.get(id) else { return };
        let job = &mut self.jobs[index];
        job.cancelled = Some(at);
        job.changed_by = self.facts;
        if matches!(job.fact.request, Request::Bake(_)) {
            let oven = job.fact.unit;
            self.ovens.move_up(&mut self.jobs, oven, self.facts);
        }
    }

    fn weather(&mut self, on: bool, at: DateTime<Utc>) {
        self.storm = on;
        for job in self.jobs.iter_mut().filter(|job| on && !job.is_over(at)) {
            job.grounded = Some(at);
            job.changed_by = self.facts;
        }
    }
}
