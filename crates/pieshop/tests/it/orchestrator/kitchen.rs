//! Robots in this process, that keep their jobs and answer by a script.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Job, JobReport, JobStatus, Outcome, Request, Stage};
use pieshop::robots::Robots;
use tokio::time::sleep;
use uuid::Uuid;

use super::store::LATENCY;
use super::tables::Database;

/// The stages with a robot.
pub(super) const ROBOT_STAGES: [Stage; 3] = [Stage::Picking, Stage::Baking, Stage::Delivering];

/// The three robots. As long as nothing else is scripted, every job is done at once.
#[derive(Clone)]
pub(super) struct Kitchen {
    db: Arc<Database>,
    books: Arc<Mutex<Books>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ask {
    Submit,
    Poll,
    Cancel,
}

/// What a robot knows of a key.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) submits: usize,
    pub(super) cancelled: bool,
    job: Job,
    promised: DateTime<Utc>,
    done: DateTime<Utc>,
}

/// How one call is answered: after how many seconds, and with what, if not as a robot in order
/// answers.
#[derive(Clone, Debug)]
pub(super) struct Answer(pub(super) u64, pub(super) Option<Outcome>);

#[derive(Default)]
pub(super) struct Books {
    promises: TimeDelta,
    takes: TimeDelta,
    /// How long calls take.
    pub(super) latency: Duration,
    /// These robots fail every call.
    pub(super) down: HashSet<Stage>,
    script: HashMap<(Ask, Stage), VecDeque<Answer>>,
    jobs: HashMap<Uuid, Known>,
    calls: HashMap<(Ask, Stage), Vec<TimeDelta>>,
    /// The calls under way, and the most there have been.
    pub(super) at_once: HashMap<Stage, (usize, usize)>,
}

impl Kitchen {
    pub(super) fn beside(db: &Arc<Database>) -> Self {
        Self { db: db.clone(), books: Arc::default() }
    }

    /// Every job from now on is promised within the first and takes the second time.
    pub(super) fn jobs_take(&self, promises: TimeDelta, takes: TimeDelta) {
        let mut books = self.books();
        (books.promises, books.takes) = (promises, takes);
    }

    /// The next call of this kind that has no answer yet is answered so.
    pub(super) fn next(&self, ask: Ask, stage: Stage, answer: Answer) {
        self.books().script.entry((ask, stage)).or_default().push_back(answer);
    }

    /// When calls arrived.
    pub(super) fn calls(&self, ask: Ask, stage: Stage) -> Vec<TimeDelta> {
        self.books().calls.get(&(ask, stage)).cloned().unwrap_or_default()
    }

    pub(super) fn jobs(&self, stage: Stage) -> Vec<Known> {
        let books = self.books();
        books.jobs.values().filter(|known| known.job.stage() == stage).cloned().collect()
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    async fn call(
        &self,
        ask: Ask,
        stage: Stage,
        answer: impl FnOnce(&mut Books, DateTime<Utc>) -> Outcome,
    ) -> Outcome {
        let (outcome, time) = {
            let books = &mut *self.books();
            books.calls.entry((ask, stage)).or_default().push(self.db.age());
            let (now, most) = books.at_once.entry(stage).or_default();
            *now += 1;
            *most = *now.max(most);
            let next = books.script.get_mut(&(ask, stage)).and_then(VecDeque::pop_front);
            let Answer(after, with) = next.unwrap_or(Answer(0, None));
            let down = books.down.contains(&stage).then(unavailable);
            let outcome = with.or(down).unwrap_or_else(|| answer(books, self.db.now()));
            (outcome, books.latency.max(LATENCY) + Duration::from_secs(after))
        };
        sleep(time).await;
        if let Some((now, _)) = self.books().at_once.get_mut(&stage) {
            *now -= 1;
        }
        outcome
    }
}

/// A call that did not get through.
pub(super) fn unavailable() -> Outcome {
    Outcome::Unavailable { reason: "connection refused".into(), retry_after: None }
}

/// A call that is refused for good.
pub(super) fn rejected(reason: &str) -> Answer {
    Answer(0, Some(Outcome::Rejected { code: "NO_SUCH_THING".into(), reason: reason.into() }))
}

impl Books {
    fn submit(&mut self, key: Uuid, stage: Stage, now: DateTime<Utc>) -> Outcome {
        let id = format!("{}_{key}", stage.status());
        let job = match stage {
            Stage::Picking | Stage::Prepping => Job::Pick { id },
            Stage::Baking => Job::Bake { id, oven: "oven-3".into() },
            Stage::Delivering => Job::Deliver { id, drone: "drone-12".into() },
        };
        let (promised, done) = (now + self.promises, now + self.takes);
        let new = Known { submits: 0, cancelled: false, job, promised, done };
        let known = self.jobs.entry(key).or_insert(new);
        known.submits += 1;
        Outcome::Accepted { job: known.job.clone(), eta: known.promised }
    }

    fn find(&mut self, job: &Job) -> Option<&mut Known> {
        self.jobs.values_mut().find(|known| known.job == *job)
    }
}

impl Known {
    fn status(&self, now: DateTime<Utc>) -> JobStatus {
        match (self.cancelled, now >= self.done) {
            (true, _) => JobStatus::Cancelled,
            (false, true) => JobStatus::Completed,
            (false, false) => JobStatus::Running { started_at: None },
        }
    }
}

#[async_trait]
impl Robots for Kitchen {
    async fn submit(&self, key: Uuid, request: &Request) -> Outcome {
        let stage = request.stage();
        self.call(Ask::Submit, stage, |books, now| books.submit(key, stage, now)).await
    }

    async fn poll(&self, job: &Job) -> Outcome {
        let answer = |books: &mut Books, now| {
            let Some(known) = books.find(job) else { return Outcome::Gone };
            Outcome::Report(JobReport { status: known.status(now), eta: Some(known.done) })
        };
        self.call(Ask::Poll, job.stage(), answer).await
    }

    async fn cancel(&self, job: &Job) -> Outcome {
        let answer = |books: &mut Books, now| {
            let Some(known) = books.find(job) else { return Outcome::Gone };
            known.cancelled = known.status(now) != JobStatus::Completed;
            Outcome::Cancelled(known.status(now))
        };
        self.call(Ask::Cancel, job.stage(), answer).await
    }
}
