//! The fruit picker: `contracts/fruit-picker-service.yaml`.

use chrono::{DateTime, Utc};
use order_core::{Job, JobReport, JobStatus, Pick};
use serde::Deserialize;
use uuid::Uuid;

use super::client::{CallError, Client, name};
use super::{code, words};

#[derive(Clone)]
pub(super) struct Picker(pub(super) Client);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    job_id: String,
    estimated_completion: DateTime<Utc>,
}

/// A job of the picker or the baker: what both contracts say alike.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobBody {
    status: WireStatus,
    estimated_completion: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    failure: Option<WireFailure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WireStatus {
    Queued,
    InProgress,
    Completed,
    Failed,
    Cancelled,
}

/// Why a job failed.
#[derive(Deserialize)]
pub(super) struct WireFailure {
    code: String,
    message: String,
}

impl Picker {
    pub(super) async fn pick(
        &self,
        key: Uuid,
        pick: &Pick,
    ) -> Result<(Job, DateTime<Utc>), CallError> {
        let accepted: Accepted = self.0.submit("/api/v1/pick-fruit", key, pick).await?;
        let eta = self.0.plausible(accepted.estimated_completion)?;
        Ok((Job::Pick { id: name(accepted.job_id)? }, eta))
    }

    pub(super) async fn job(&self, id: &str) -> Result<JobReport, CallError> {
        self.0.ask::<JobBody>(&format!("/api/v1/jobs/{id}")).await?.report(&self.0)
    }

    pub(super) async fn cancel(&self, id: &str) -> Result<JobReport, CallError> {
        self.0.cancel::<JobBody>(&format!("/api/v1/jobs/{id}")).await?.report(&self.0)
    }
}

impl JobBody {
    pub(super) fn report(self, client: &Client) -> Result<JobReport, CallError> {
        let status = match self.status {
            WireStatus::Queued => JobStatus::Queued,
            WireStatus::InProgress => JobStatus::Running { started_at: self.started_at },
            WireStatus::Completed => JobStatus::Completed,
            WireStatus::Failed => failed(self.failure),
            WireStatus::Cancelled => JobStatus::Cancelled,
        };
        let eta = self.estimated_completion.map(|at| client.plausible(at)).transpose()?;
        Ok(JobReport { status, eta })
    }
}

/// A failed job; a robot that does not say why has failed all the same.
pub(super) fn failed(failure: Option<WireFailure>) -> JobStatus {
    let failure = failure.unwrap_or(WireFailure { code: String::new(), message: String::new() });
    JobStatus::Failed { code: code(&failure.code), message: words(&failure.message) }
}
