//! The baker: 15 to 20 minutes a pie at pace 1, one pie at a time in an oven.

use serde_json::json;

use super::{Trade, label, number};

pub(super) static TRADE: Trade = Trade {
    name: "baker",
    id_prefix: "bake_",
    paths: ["/api/v1/bake", "/api/v1/jobs/{id}"],
    states: ["QUEUED", "IN_PROGRESS", "COMPLETED", "FAILED", "CANCELLED"],
    failures: &[("BURNT", "The pie is burnt"), ("OVEN_FAULT", "The oven broke down")],
    has_ovens: true,
    read: |body| {
        Ok(json!({
            "pieType": label(body, "pieType")?,
            "temperature": number(body, "temperature", 200..=550)?,
            "duration": number(body, "duration", 1..=240)?,
        }))
    },
    time: |_, draw| (0.0, draw.between(1, 15.0 * 60.0, 20.0 * 60.0)),
    report: |job, _, now| {
        #[expect(clippy::cast_possible_truncation, reason = "0 to 100")]
        let percent = (job.part_done(now) * 100.0) as i64;
        json!({
            "jobId": job.id,
            "ovenId": format!("oven-{}", job.unit),
            "progress": percent,
            "estimatedCompletion": job.promised(),
            "startedAt": job.started_at(now),
            "completedAt": job.done_at(now),
        })
    },
    answer: &["jobId", "ovenId", "status", "estimatedCompletion"],
};
