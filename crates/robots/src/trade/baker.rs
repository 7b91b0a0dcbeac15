//! The baker: 15 to 20 minutes a pie at pace 1, one pie an oven.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Failure, check_name, check_range};
use crate::{
    http::Refusal,
    robot::{Job, Phase},
    trade::Kind,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pie_type: String,
    temperature: i64,
    duration: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head<'a> {
    job_id: &'a str,
    oven_id: String,
    status: &'static str,
    estimated_completion: DateTime<Utc>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    progress: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

impl Request {
    pub(super) fn checked(self) -> Result<Self, Refusal> {
        check_name("pieType", &self.pie_type)?;
        check_range("temperature", self.temperature, 200..=550)?;
        check_range("duration", self.duration, 1..=240)?;
        Ok(self)
    }
}

pub(super) fn head(job: &Job, phase: Phase, end: DateTime<Utc>) -> Head<'_> {
    Head {
        job_id: &job.fact.id,
        oven_id: format!("oven-{}", job.fact.unit),
        status: Kind::Baker.status(phase),
        estimated_completion: end,
    }
}

pub(super) fn report(job: &Job, now: DateTime<Utc>) -> Report<'_> {
    let phase = job.phase(now);
    Report {
        head: head(job, phase, job.end()),
        progress: job.percent(now),
        started_at: job.started_at(now),
        completed_at: job.done_at(now),
        failure: Failure::of(phase),
    }
}
