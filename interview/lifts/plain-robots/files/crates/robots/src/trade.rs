//! What the robots do.

use serde_json::{Value, json};

use crate::robot::{Job, Time};

/// What a robot does: everything in which the robots differ.
pub struct Trade {
    /// What the names of its jobs begin with.
    pub(crate) prefix: &'static str,
    /// Where jobs are submitted, and where they are asked after.
    pub(crate) paths: [&'static str; 2],
    /// The least and the most that a job takes at pace 1.
    pub(crate) seconds: [f64; 2],
    /// What the wire calls a job that is under way, and one that is done.
    pub(crate) states: [&'static str; 2],
    /// The code and the message of what can go wrong.
    pub(crate) failure: (&'static str, &'static str),
    /// What is told of a job, besides `status` and `failure`; `null` stands for a field left out.
    pub(crate) report: fn(&Job, Time) -> Value,
}

/// Harvests fruit.
pub static PICKER: Trade = Trade {
    prefix: "pick_",
    paths: ["/api/v1/pick-fruit", "/api/v1/jobs/{id}"],
    seconds: [30.0, 60.0],
    states: ["IN_PROGRESS", "COMPLETED"],
    failure: ("INGREDIENT_SHORTAGE", "The orchard has run out of this fruit"),
    report: |job, now| {
        json!({
            "jobId": job.id,
            "estimatedCompletion": job.end,
            "startedAt": job.start,
            "completedAt": job.done_at(now),
            "fruits": job.done_at(now).iter().map(|_| &job.request).collect::<Vec<_>>(),
        })
    },
};

/// Bakes pies.
pub static BAKER: Trade = Trade {
    prefix: "bake_",
    paths: ["/api/v1/bake", "/api/v1/jobs/{id}"],
    seconds: [15.0 * 60.0, 20.0 * 60.0],
    states: ["IN_PROGRESS", "COMPLETED"],
    failure: ("BURNT", "The pie is burnt"),
    report: |job, now| {
        json!({
            "jobId": job.id,
            "ovenId": format!("oven-{}", job.unit),
            "progress": job.percent(now),
            "estimatedCompletion": job.end,
            "startedAt": job.start,
            "completedAt": job.done_at(now),
        })
    },
};

/// Flies packages to addresses.
pub static DELIVERY: Trade = Trade {
    prefix: "del_",
    paths: ["/api/v1/deliveries", "/api/v1/deliveries/{id}"],
    seconds: [10.0 * 60.0, 30.0 * 60.0],
    states: ["IN_TRANSIT", "DELIVERED"],
    failure: ("WEATHER", "The wind is too strong"),
    report: |job, now| {
        json!({
            "deliveryId": job.id,
            "droneId": format!("drone-{}", job.unit),
            "eta": job.end,
            "departedAt": job.start,
            "deliveredAt": job.done_at(now),
        })
    },
};
