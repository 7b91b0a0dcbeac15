//! The delivery drones: `contracts/delivery-service.yaml`.

use chrono::{DateTime, SecondsFormat, Utc};
use order_core::{Address, Job, JobReport, JobStatus};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::client::{CallError, Client, name};
use super::picker::{WireFailure, failed};

/// Every pie travels in the same box.
const BOX_SIZE: &str = "medium";
const BOX_WEIGHT_GRAMS: u32 = 1200;

#[derive(Clone)]
pub(super) struct Delivery(pub(super) Client);

#[derive(Serialize)]
struct DeliveryRequest<'a> {
    package: Package<'a>,
    destination: &'a Address,
    window: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    pie_type: &'a str,
    size: &'a str,
    weight_grams: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    delivery_id: String,
    drone_id: String,
    eta: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryBody {
    status: WireStatus,
    eta: Option<DateTime<Utc>>,
    departed_at: Option<DateTime<Utc>>,
    failure: Option<WireFailure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WireStatus {
    Assigned,
    InTransit,
    Delivered,
    Failed,
    Cancelled,
}

impl Delivery {
    pub(super) async fn deliver(
        &self,
        key: Uuid,
        pie_type: &str,
        destination: &Address,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<(Job, DateTime<Utc>), CallError> {
        let package = Package { pie_type, size: BOX_SIZE, weight_grams: BOX_WEIGHT_GRAMS };
        let window = format!("{}/{}", time(from), time(until));
        let body = DeliveryRequest { package, destination, window };
        let accepted: Accepted = self.0.submit("/api/v1/deliveries", key, &body).await?;
        let eta = self.0.plausible(accepted.eta)?;
        let (id, drone) = (name(accepted.delivery_id)?, name(accepted.drone_id)?);
        Ok((Job::Deliver { id, drone }, eta))
    }

    pub(super) async fn delivery(&self, id: &str) -> Result<JobReport, CallError> {
        let path = format!("/api/v1/deliveries/{id}");
        self.report(self.0.ask(&path).await?)
    }

    pub(super) async fn cancel(&self, id: &str) -> Result<JobReport, CallError> {
        let path = format!("/api/v1/deliveries/{id}");
        self.report(self.0.cancel(&path).await?)
    }

    fn report(&self, body: DeliveryBody) -> Result<JobReport, CallError> {
        let status = match body.status {
            WireStatus::Assigned => JobStatus::Queued,
            WireStatus::InTransit => JobStatus::Running { started_at: body.departed_at },
            WireStatus::Delivered => JobStatus::Completed,
            WireStatus::Failed => failed(body.failure),
            WireStatus::Cancelled => JobStatus::Cancelled,
        };
        let eta = body.eta.map(|at| self.0.plausible(at)).transpose()?;
        Ok(JobReport { status, eta })
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
