//! The fruit picker: 30 to 60 seconds a job at pace 1, as many jobs at once as are asked for.

use serde_json::json;

use super::{Trade, choice, label, number};

pub(super) static TRADE: Trade = Trade {
    name: "picker",
    id_prefix: "pick_",
    paths: ["/api/v1/pick-fruit", "/api/v1/jobs/{id}"],
    states: ["QUEUED", "IN_PROGRESS", "COMPLETED", "FAILED", "CANCELLED"],
    failures: &[("INGREDIENT_SHORTAGE", "The orchard has run out of this fruit")],
    has_ovens: false,
    read: |body| {
        Ok(json!({
            "fruitType": label(body, "fruitType")?,
            "quantity": number(body, "quantity", 1..=1000)?,
            "quality": choice(body, "quality", &["premium", "standard"])?,
        }))
    },
    time: |_, draw| (0.0, draw.between(1, 30.0, 60.0)),
    report: |job, request, now| {
        json!({
            "jobId": job.id,
            "estimatedCompletion": job.promised(),
            "startedAt": job.started_at(now),
            "completedAt": job.done_at(now),
            "fruits": job.done_at(now).iter().map(|_| request).collect::<Vec<_>>(),
        })
    },
    answer: &["jobId", "status", "estimatedCompletion"],
};
