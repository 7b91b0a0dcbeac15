//! A worker's way to the robots: any request or answer may get lost, come late, or come twice.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use order_core::{Job, JobReport, JobStatus, Outcome, Request, Robot};
use pieshop::robots::Robots;
use tokio::time::sleep;
use uuid::Uuid;

use super::Ask;
use crate::fate::Fault;
use crate::worker::Process;
use crate::world::{Who, World};

/// How long a call waits for its answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// What one worker's process reaches the robots by.
pub(crate) struct Network {
    pub(crate) world: Arc<World>,
    pub(crate) process: Arc<Process>,
}

#[async_trait]
impl Robots for Network {
    async fn submit(&self, key: Uuid, request: &Request) -> Outcome {
        self.call(Ask::Submit { key, request: request.clone() }).await
    }

    async fn poll(&self, job: &Job) -> Outcome {
        self.call(Ask::Poll(job.clone())).await
    }

    async fn cancel(&self, job: &Job) -> Outcome {
        self.call(Ask::Cancel(job.clone())).await
    }
}

impl Network {
    async fn call(&self, ask: Ask) -> Outcome {
        let who = self.process.who();
        self.process.pass(&self.world).await;
        let order = self.world.witness().order_of(&ask, &self.world.kitchen());
        self.world.tell(who, order, || format!("calls {ask:?}"));
        self.world.watch(order, |witness, kitchen| witness.called(who, &ask, kitchen));
        let outcome = self.exchange(&ask).await;
        self.process.pass(&self.world).await;
        self.world.tell(who, order, || format!("hears {outcome:?}"));
        if let Some(order) = order {
            self.world.witness().answered(who, order);
            self.world.worst_moment(order);
        }
        outcome
    }

    async fn exchange(&self, ask: &Ask) -> Outcome {
        let (world, fate) = (&self.world, &self.world.fate);
        sleep(fate.millis(1..30)).await;
        let Some(robot) = ask.stage().robot() else { return unavailable("no robot", None) };
        if self.process.no_robots.load(Ordering::Relaxed) {
            sleep(CALL_TIMEOUT).await;
            return unavailable("time-out; no way to the robots", None);
        }
        if world.kitchen().down.contains(&robot) {
            return unavailable("connection refused", None);
        }
        if fate.strikes(Fault::RequestLost) {
            sleep(CALL_TIMEOUT).await;
            return unavailable("time-out; the request was lost", None);
        }
        if fate.strikes(Fault::RequestLate) {
            self.arrives_after(ask, CALL_TIMEOUT + fate.secs(0..300));
            sleep(CALL_TIMEOUT).await;
            return unavailable("time-out; the request is still under way", None);
        }
        if fate.strikes(Fault::ServerError) {
            let wish = fate.chance(0.3).then(|| TimeDelta::from_std(fate.secs(1..600)).ok());
            return unavailable("503", wish.flatten());
        }
        if fate.strikes(Fault::RequestTwice) {
            self.arrives_after(ask, fate.millis(0..60_000));
        }
        let outcome = arrive(world, ask);
        if fate.strikes(Fault::AnswerLost) {
            sleep(CALL_TIMEOUT).await;
            return unavailable("time-out; the answer was lost", None);
        }
        let slow = fate.strikes(Fault::AnswerSlow);
        sleep(fate.millis(if slow { 1000..5000 } else { 1..30 })).await;
        if fate.strikes(Fault::Nonsense) { self.nonsense(ask) } else { outcome }
    }

    fn arrives_after(&self, ask: &Ask, time: Duration) {
        let (world, ask) = (self.world.clone(), ask.clone());
        self.world.later(async move {
            sleep(time).await;
            arrive(&world, &ask);
        });
    }

    /// An answer that does not fit. Only what can be seen through: nobody notices a robot that says
    /// of a job that is not done that it is.
    fn nonsense(&self, ask: &Ask) -> Outcome {
        let (now, eta) = (self.world.now(), None);
        let oven = Job::Bake { id: "of_another_robot".into(), oven: "oven-1".into() };
        let pick = Job::Pick { id: "of_another_robot".into() };
        let job = if matches!(ask.stage().robot(), Some(Robot::Picker)) { oven } else { pick };
        let refused = Outcome::Rejected { code: "NO".into(), reason: "I do not tell".into() };
        let running = JobStatus::Running { started_at: None };
        match ask {
            Ask::Submit { .. } if self.world.fate.chance(0.5) => {
                Outcome::Accepted { job, eta: now }
            }
            Ask::Submit { .. } => Outcome::Cancelled(JobStatus::Cancelled),
            _ if self.world.fate.chance(0.3) => refused,
            Ask::Poll(job) => Outcome::Accepted { job: job.clone(), eta: now },
            Ask::Cancel(_) if self.world.fate.chance(0.5) => Outcome::Cancelled(running),
            Ask::Cancel(_) => Outcome::Report(JobReport { status: running, eta }),
        }
    }
}

/// A request reaches its robot.
fn arrive(world: &World, ask: &Ask) -> Outcome {
    let now = world.now();
    let order = world.witness().order_of(ask, &world.kitchen());
    if world.fate.strikes(Fault::Forgot) {
        world.kitchen().forget(ask);
        world.tell(Who::World, order, || format!("the robot forgets {ask:?}"));
    }
    if let Ask::Submit { key, request } = ask {
        let makes = world.kitchen().would_make(*key, &world.fate);
        world.watch(order, |witness, kitchen| witness.arrived(*key, request, makes, kitchen, now));
    }
    let outcome = world.kitchen().answer(ask, now, &world.fate);
    if let Some(robot) = ask.stage().robot() {
        world.tell(Who::Robot(robot), order, || format!("answers {outcome:?}"));
    }
    outcome
}

fn unavailable(reason: &str, retry_after: Option<TimeDelta>) -> Outcome {
    Outcome::Unavailable { reason: reason.into(), retry_after }
}
