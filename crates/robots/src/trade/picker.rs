//! The fruit picker: 30 to 60 seconds a job at pace 1, as many jobs at once as are asked for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Failure, check_choice, check_name, check_range};
use crate::{
    http::Refusal,
    robot::{Job, Phase},
    trade::Kind,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    fruit_type: String,
    quantity: i64,
    quality: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head<'a> {
    job_id: &'a str,
    status: &'static str,
    estimated_completion: DateTime<Utc>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<DateTime<Utc>>,
    fruits: Vec<&'a Request>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

impl Request {
    pub(super) fn checked(self) -> Result<Self, Refusal> {
        check_name("fruitType", &self.fruit_type)?;
        check_range("quantity", self.quantity, 1..=1000)?;
        check_choice("quality", &self.quality, &["premium", "standard"])?;
        Ok(self)
    }
}

pub(super) fn head(job: &Job, phase: Phase, end: DateTime<Utc>) -> Head<'_> {
    Head { job_id: &job.fact.id, status: Kind::Picker.status(phase), estimated_completion: end }
}

pub(super) fn report<'a>(request: &'a Request, job: &'a Job, now: DateTime<Utc>) -> Report<'a> {
    let phase = job.phase(now);
    Report {
        head: head(job, phase, job.end()),
        started_at: job.started_at(now),
        completed_at: job.done_at(now),
        fruits: (phase == Phase::Done).then_some(request).into_iter().collect(),
        failure: Failure::of(phase),
    }
}
