//! The robot services, as the orchestrator sees them: every call ends in an [`Outcome`].

mod breaker;
mod calling_off;
mod checked;
mod client;
mod condition;
mod faults;
mod wire;

use async_trait::async_trait;
use order_core::{Job, Outcome, Request, Robot, Status};
use uuid::Uuid;

pub use breaker::{BreakerSettings, BreakerView, Guarded, breakers};
pub use client::http;
pub use condition::{Condition, Jobs};
pub use faults::STORM;
pub use wire::HttpRobots;

/// Carries out calls. No call fails: what went wrong is the outcome, and says whether to try again.
#[async_trait]
pub trait Robots: Send + Sync + 'static {
    /// The breaker before the robot of `status`; `None` without one.
    fn breaker(&self, _status: Status) -> Option<BreakerView> {
        None
    }

    /// Asks for a job; repeating it with the same key asks for the same job.
    async fn submit(&self, key: Uuid, request: &Request) -> Outcome;

    /// Asks how a job stands.
    async fn poll(&self, job: &Job) -> Outcome;

    /// Asks how a robot is doing; `None` where it cannot be asked.
    async fn condition(&self, _robot: Robot) -> Option<Condition> {
        None
    }

    /// Cancels a job.
    async fn cancel(&self, job: &Job) -> Outcome;

    /// Switches a robot's fault; whether it let itself be.
    async fn set_fault(&self, _robot: Robot, _fault: &str) -> bool {
        false
    }
}
