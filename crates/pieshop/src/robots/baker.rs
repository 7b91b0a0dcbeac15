//! The baker: `contracts/baker-service.yaml`.

use chrono::{DateTime, Utc};
use order_core::{Job, JobReport};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::client::{CallError, Client, name};
use super::picker::JobBody;

#[derive(Clone)]
pub(super) struct Baker(pub(super) Client);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BakeRequest<'a> {
    pie_type: &'a str,
    temperature: u32,
    duration: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    job_id: String,
    oven_id: String,
    estimated_completion: DateTime<Utc>,
}

impl Baker {
    pub(super) async fn bake(
        &self,
        key: Uuid,
        pie_type: &str,
        temperature: u32,
        duration: u32,
    ) -> Result<(Job, DateTime<Utc>), CallError> {
        let body = BakeRequest { pie_type, temperature, duration };
        let accepted: Accepted = self.0.submit("/api/v1/bake", key, &body).await?;
        let eta = self.0.plausible(accepted.estimated_completion)?;
        Ok((Job::Bake { id: name(accepted.job_id)?, oven: name(accepted.oven_id)? }, eta))
    }

    pub(super) async fn job(&self, id: &str) -> Result<JobReport, CallError> {
        self.0.ask::<JobBody>(&format!("/api/v1/jobs/{id}")).await?.report(&self.0)
    }

    pub(super) async fn cancel(&self, id: &str) -> Result<JobReport, CallError> {
        self.0.cancel::<JobBody>(&format!("/api/v1/jobs/{id}")).await?.report(&self.0)
    }
}
