//! Calls off a robot's job.

use order_core::{Job, JobStatus, Outcome};
use reqwest::Method;

use super::HttpRobots;
use super::client::unavailable;

impl HttpRobots {
    /// Cancels a job, and tells how it stands then.
    pub(super) async fn call_off(&self, job: &Job) -> Outcome {
        match self.job(Method::DELETE, job).await.map(|report| report.status) {
            // The robot answered, but the job goes on: the cancellation is not acknowledged.
            Ok(JobStatus::Queued | JobStatus::Running { .. }) => {
                unavailable("the robot did not cancel the job")
            }
            Ok(status) => Outcome::Cancelled(status),
            Err(outcome) => outcome,
        }
    }
}
