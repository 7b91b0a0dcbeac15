//! How the shop is doing, in numbers.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use chrono::TimeDelta;
use order_core::Status;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::auth::Administrator;
use crate::orchestrator::observer::Activity;
use crate::robots::{BreakerView, breakers};

/// How the shop is doing.
#[derive(Serialize, ToSchema)]
pub(super) struct Stats {
    /// Orders by state, of all times.
    orders: BTreeMap<&'static str, i64>,
    completed: Completed,
    /// How long the stages took lately, as this process saw it; stages that nothing has left yet
    /// are missing.
    stages: BTreeMap<&'static str, Latency>,
    /// How this process gets on with each robot.
    robots: BTreeMap<&'static str, BreakerView>,
}

/// Completed orders, as this process saw them since it started.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Completed {
    last_minute: usize,
    last_hour: usize,
}

/// The middle and the slow end of a thousand durations.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Latency {
    p50_seconds: f64,
    p95_seconds: f64,
}

/// How the shop is doing
#[utoipa::path(
    get, path = "/api/stats", operation_id = "getStats", tag = "Administration",
    responses((status = 200, description = "The numbers, a second old at most.",
        body = Stats)),
    security(("administrator" = [])),
)]
pub(super) async fn stats(_: Administrator, State(api): State<Api>) -> Json<Stats> {
    let now = api.orders.ambient.clock.now();
    Json(api.observer.activity(|activity| {
        Stats {
            orders: Status::ALL.map(|it| (it.as_str(), count(activity, it))).into(),
            completed: Completed {
                last_minute: activity.completions.within(now, TimeDelta::minutes(1)),
                last_hour: activity.completions.within(now, TimeDelta::hours(1)),
            },
            stages: [Status::Picking, Status::Prepping, Status::Baking, Status::Delivering]
                .into_iter()
                .filter_map(|it| Some((it.as_str(), latency(activity, it)?)))
                .collect(),
            robots: breakers(&*api.robots),
        }
    }))
}

fn count(activity: &Activity, status: Status) -> i64 {
    activity.counts.get(&status).copied().unwrap_or_default()
}

fn latency(activity: &Activity, status: Status) -> Option<Latency> {
    let seconds = |quantile| Some(activity.durations.of(status, quantile)?.as_seconds_f64());
    Some(Latency { p50_seconds: seconds(0.5)?, p95_seconds: seconds(0.95)? })
}
