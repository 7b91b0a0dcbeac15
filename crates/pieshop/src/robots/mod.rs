//! The robot services, as the orchestrator sees them: every call ends in an [`Outcome`].

mod baker;
mod breaker;
mod client;
mod condition;
mod delivery;
mod faults;
mod picker;

use async_trait::async_trait;
use order_core::{Job, JobStatus, Outcome, Request, Robot, Status};
use uuid::Uuid;

pub use breaker::{BreakerSettings, BreakerView, Guarded, breakers};
pub use client::{Client, ClientSettings, http};
pub use condition::{Condition, Jobs};
pub use faults::STORM;

use baker::Baker;
use client::CallError;
use delivery::Delivery;
use picker::Picker;

/// Carries out calls. No call fails: what went wrong is the outcome, and says whether to try again.
#[async_trait]
pub trait Robots: Send + Sync + 'static {
    /// Asks for a job; repeating it with the same key asks for the same job.
    async fn submit(&self, key: Uuid, request: &Request) -> Outcome;

    /// Asks how a job stands.
    async fn poll(&self, job: &Job) -> Outcome;

    /// Cancels a job.
    async fn cancel(&self, job: &Job) -> Outcome;

    /// Asks how a robot is doing; `None` where it cannot be asked.
    async fn condition(&self, _robot: Robot) -> Option<Condition> {
        None
    }

    /// Switches a robot's fault; whether it let itself be.
    async fn set_fault(&self, _robot: Robot, _fault: &str) -> bool {
        false
    }

    /// The breaker before the robot of `status`; `None` without one.
    fn breaker(&self, _status: Status) -> Option<BreakerView> {
        None
    }
}

/// The robots behind HTTP. Clones share their connections.
#[derive(Clone)]
pub struct HttpRobots {
    picker: Picker,
    baker: Baker,
    delivery: Delivery,
}

impl HttpRobots {
    /// Clients for the picker, the baker and the delivery drones.
    pub fn new(picker: Client, baker: Client, delivery: Client) -> Self {
        Self { picker: Picker(picker), baker: Baker(baker), delivery: Delivery(delivery) }
    }

    fn client(&self, robot: Robot) -> &Client {
        match robot {
            Robot::Picker => &self.picker.0,
            Robot::Baker => &self.baker.0,
            Robot::Delivery => &self.delivery.0,
        }
    }

    /// Each robot's own pace, from its health page; `None` where it does not answer.
    pub async fn paces(&self) -> Vec<(Robot, Option<f64>)> {
        let mut paces = Vec::with_capacity(Robot::ALL.len());
        for robot in Robot::ALL {
            paces.push((robot, self.client(robot).pace().await));
        }
        paces
    }
}

#[async_trait]
impl Robots for HttpRobots {
    async fn submit(&self, key: Uuid, request: &Request) -> Outcome {
        let accepted = match request {
            Request::Pick(pick) => self.picker.pick(key, pick).await,
            Request::Bake { pie_type, temperature, duration } => {
                self.baker.bake(key, pie_type, *temperature, *duration).await
            }
            Request::Deliver { pie_type, destination, from, until } => {
                self.delivery.deliver(key, pie_type, destination, *from, *until).await
            }
        };
        match accepted {
            Ok((job, eta)) => Outcome::Accepted { job, eta },
            // Asked for a job, a robot that knows no such path is broken, not the order.
            Err(CallError::Gone) => Outcome::Unavailable {
                reason: "the robot does not know the path".into(),
                retry_after: None,
            },
            Err(error) => error.into(),
        }
    }

    async fn poll(&self, job: &Job) -> Outcome {
        let report = match job {
            Job::Pick { id } => self.picker.job(id).await,
            Job::Bake { id, .. } => self.baker.job(id).await,
            Job::Deliver { id, .. } => self.delivery.delivery(id).await,
        };
        report.map_or_else(Into::into, Outcome::Report)
    }

    async fn cancel(&self, job: &Job) -> Outcome {
        let report = match job {
            Job::Pick { id } => self.picker.cancel(id).await,
            Job::Bake { id, .. } => self.baker.cancel(id).await,
            Job::Deliver { id, .. } => self.delivery.cancel(id).await,
        };
        match report.map(|report| report.status) {
            // The robot answered, but the job goes on: the cancellation is not acknowledged.
            Ok(JobStatus::Queued | JobStatus::Running { .. }) => Outcome::Unavailable {
                reason: "the robot did not cancel the job".into(),
                retry_after: None,
            },
            Ok(status) => Outcome::Cancelled(status),
            Err(error) => error.into(),
        }
    }

    async fn condition(&self, robot: Robot) -> Option<Condition> {
        Some(self.client(robot).condition().await)
    }

    async fn set_fault(&self, robot: Robot, fault: &str) -> bool {
        self.client(robot).set_fault(fault).await
    }
}

/// The largest number of characters kept of a robot's own words.
const LONGEST_MESSAGE: usize = 300;

/// A robot's words, made fit for logs and pages.
fn words(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect()
}

/// A robot's error code, or `UNSPECIFIED` where it is none.
fn code(text: &str) -> String {
    let fits = (1..=50).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if fits { text.into() } else { "UNSPECIFIED".into() }
}
