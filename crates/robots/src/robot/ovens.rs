//! The ovens: a finite number, each with its own queue.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::job::Job;

/// Oven number 1 and so on.
#[derive(Default)]
pub(super) struct Ovens(Vec<Oven>);

#[derive(Default)]
struct Oven {
    /// Jobs that may still need the oven, by their place in the list of all jobs.
    queue: VecDeque<usize>,
    /// When the jobs that left the queue were through.
    free_before_queue: DateTime<Utc>,
    /// When the last job in the queue should be through.
    free: DateTime<Utc>,
    /// A pie in the queue is stuck.
    blocked: bool,
}

impl Ovens {
    /// The number of the oven, of `count`, that is free first.
    pub(super) fn first_free(&mut self, count: usize, now: DateTime<Utc>) -> usize {
        self.grow(count);
        let ovens = self.0.iter().take(count).enumerate();
        ovens.min_by_key(|(_, oven)| (oven.blocked, oven.free.max(now))).map_or(1, |(i, _)| i + 1)
    }

    /// When a pie that is accepted now would get into this oven, and whether one is stuck in there.
    pub(super) fn next(&mut self, number: usize, now: DateTime<Utc>) -> (DateTime<Utc>, bool) {
        let oven = self.oven(number);
        (oven.free.max(now), oven.blocked)
    }

    /// Puts the job at `index` at the end of its oven's queue.
    pub(super) fn enqueue(&mut self, jobs: &[Job], index: usize) {
        let job = &jobs[index];
        let oven = self.oven(job.fact.unit);
        oven.free = job.end();
        oven.blocked |= job.fact.stuck;
        oven.queue.push_back(index);
        oven.forget(jobs, job.fact.at);
    }

    /// Lets the jobs move up after one of the oven's jobs was cancelled by the fact `changed_by`.
    pub(super) fn move_up(&mut self, jobs: &mut [Job], number: usize, changed_by: u64) {
        let oven = self.oven(number);
        oven.free = oven.free_before_queue;
        oven.blocked = false;
        for &index in &oven.queue {
            let job = &mut jobs[index];
            if job.cancelled.is_none() {
                let (start, blocked) = (job.fact.at.max(oven.free), oven.blocked);
                if (start, blocked) != (job.start, job.blocked) {
                    (job.start, job.blocked, job.changed_by) = (start, blocked, changed_by);
                }
                oven.blocked |= job.fact.stuck;
            }
            oven.free = job.leaves_oven().unwrap_or(oven.free);
        }
    }

    fn oven(&mut self, number: usize) -> &mut Oven {
        self.grow(number.max(1));
        &mut self.0[number.max(1) - 1]
    }

    fn grow(&mut self, count: usize) {
        if self.0.len() < count {
            self.0.resize_with(count, Oven::default);
        }
    }
}

impl Oven {
    /// Drops from the front of the queue what cannot need the oven any more.
    fn forget(&mut self, jobs: &[Job], now: DateTime<Utc>) {
        while let Some(job) = self.queue.front().map(|&index| &jobs[index]) {
            if job.cancelled.is_none() && (job.fact.stuck || job.blocked || job.end() > now) {
                return;
            }
            self.free_before_queue = job.leaves_oven().unwrap_or(self.free_before_queue);
            self.queue.pop_front();
        }
    }
}

impl Job {
    /// When the oven is free of this job, or `None` where it never got in.
    fn leaves_oven(&self) -> Option<DateTime<Utc>> {
        match self.cancelled {
            None => Some(self.end()),
            Some(at) => (!self.blocked && self.start < at).then_some(at),
        }
    }
}
