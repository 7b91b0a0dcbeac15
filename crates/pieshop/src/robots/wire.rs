//! The robots behind HTTP: what `contracts/` has them asked, and what their answers say.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use order_core::{Job, JobReport, JobStatus, Outcome, Request, Robot};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Client, broken, unavailable};
use super::{Robots, checked};
use crate::clock::Clock;
use crate::config;

/// The robots behind HTTP. Clones share their connections.
#[derive(Clone)]
pub struct HttpRobots {
    pub(super) picker: Client,
    pub(super) baker: Client,
    pub(super) delivery: Client,
    clock: Arc<Clock>,
}

impl HttpRobots {
    /// Clients for the picker, the baker and the delivery drones.
    pub fn new(robots: &config::Robots, clock: Arc<Clock>) -> Result<Self, reqwest::Error> {
        Ok(Self {
            picker: Client::new(&robots.picker.robot)?,
            baker: Client::new(&robots.baker.robot)?,
            delivery: Client::new(&robots.delivery)?,
            clock,
        })
    }

    async fn accepted(&self, key: Uuid, request: &Request) -> Result<Outcome, Outcome> {
        let (job, eta) = match request {
            Request::Pick(pick) => {
                let body = self.picker.submit("/api/v1/pick-fruit", key, &json!(pick)).await?;
                let job = Job::Pick { id: field(&body, "jobId")? };
                (job, field(&body, "estimatedCompletion")?)
            }
            Request::Bake { pie_type, temperature, duration } => {
                let recipe = json!({
                    "pieType": pie_type,
                    "temperature": temperature,
                    "duration": duration,
                });
                let body = self.baker.submit("/api/v1/bake", key, &recipe).await?;
                let job = Job::Bake { id: field(&body, "jobId")?, oven: field(&body, "ovenId")? };
                (job, field(&body, "estimatedCompletion")?)
            }
            Request::Deliver { pie_type, destination, from, until } => {
                let delivery = json!({
                    // Every pie travels in the same box.
                    "package": { "pieType": pie_type, "size": "medium", "weightGrams": 1200 },
                    "destination": destination,
                    "window": format!("{}/{}", time(*from), time(*until)),
                });
                let body = self.delivery.submit("/api/v1/deliveries", key, &delivery).await?;
                let (id, drone) = (field(&body, "deliveryId")?, field(&body, "droneId")?);
                (Job::Deliver { id, drone }, field(&body, "eta")?)
            }
        };
        checked::job(&job, eta, self.clock.now())?;
        Ok(Outcome::Accepted { job, eta })
    }

    /// Asks after a job, or with DELETE cancels it.
    pub(super) async fn job(&self, method: Method, job: &Job) -> Result<JobReport, Outcome> {
        let (client, path) = match job {
            Job::Pick { id } => (&self.picker, format!("/api/v1/jobs/{id}")),
            Job::Bake { id, .. } => (&self.baker, format!("/api/v1/jobs/{id}")),
            Job::Deliver { id, .. } => (&self.delivery, format!("/api/v1/deliveries/{id}")),
        };
        let body = client.call(client.request(method, &path)).await?;
        let status: String = field(&body, "status")?;
        let status = match &*status {
            "QUEUED" | "ASSIGNED" => JobStatus::Queued,
            "IN_PROGRESS" | "IN_TRANSIT" => {
                let started_at = field::<Option<_>>(&body, "startedAt")?;
                JobStatus::Running { started_at: started_at.or(field(&body, "departedAt")?) }
            }
            "COMPLETED" | "DELIVERED" => JobStatus::Completed,
            "FAILED" => {
                // A robot that does not say why a job failed has failed all the same.
                let words =
                    |name| field(&body["failure"], name).map(Option::<String>::unwrap_or_default);
                JobStatus::Failed { code: words("code")?, message: words("message")? }
            }
            "CANCELLED" => JobStatus::Cancelled,
            _ => return Err(broken("there is no such status")),
        };
        let eta = field::<Option<_>>(&body, "estimatedCompletion")?.or(field(&body, "eta")?);
        checked::report(JobReport { status, eta }, self.clock.now())
    }
}

#[async_trait]
impl Robots for HttpRobots {
    async fn submit(&self, key: Uuid, request: &Request) -> Outcome {
        match self.accepted(key, request).await {
            // Asked for a job, a robot that knows no such path is broken, not the order.
            Err(Outcome::Gone) => unavailable("the robot does not know the path"),
            Ok(outcome) | Err(outcome) => outcome,
        }
    }

    async fn poll(&self, job: &Job) -> Outcome {
        self.job(Method::GET, job).await.map_or_else(|outcome| outcome, Outcome::Report)
    }

    async fn cancel(&self, job: &Job) -> Outcome {
        self.call_off(job).await
    }

    async fn condition(&self, robot: Robot) -> Option<super::Condition> {
        Some(self.client(robot).condition().await)
    }

    async fn set_fault(&self, robot: Robot, fault: &str) -> bool {
        self.client(robot).set_fault(fault).await
    }
}

/// A field of an answer; one that is missing is `null`.
fn field<T: DeserializeOwned>(body: &Value, name: &str) -> Result<T, Outcome> {
    T::deserialize(&body[name]).map_err(|error| broken(&format!("{name}: {error}")))
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
