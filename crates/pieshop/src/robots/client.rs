//! One robot's HTTP client: what every call goes through. A failure says whether the call may be
//! repeated.

use std::time::Duration;

use chrono::TimeDelta;
use order_core::Outcome;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::checked;
use crate::config;
use crate::orchestrator::writer::Chain;

/// Calls one robot.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    settings: config::Robot,
}

impl Client {
    /// A client with a connection pool of its own.
    pub(super) fn new(settings: &config::Robot) -> Result<Self, reqwest::Error> {
        Ok(Self { http: http(settings.call_timeout)?, settings: settings.clone() })
    }

    /// Asks for a job.
    pub(super) async fn submit(
        &self,
        path: &str,
        key: Uuid,
        body: &Value,
    ) -> Result<Value, Outcome> {
        let request = self.request(Method::POST, path).header("idempotency-key", key.to_string());
        self.call(request.json(body)).await
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.settings.url.trim_end_matches('/'));
        let request = self.http.request(method, url);
        match &self.settings.api_key {
            Some(key) => request.bearer_auth(key.expose()),
            None => request,
        }
    }

    /// Makes a call; what goes wrong is an outcome.
    pub(super) async fn call(&self, request: RequestBuilder) -> Result<Value, Outcome> {
        let answer = request.send().await.map_err(unreached)?;
        let (status, retry_after) = (answer.status(), retry_after(answer.headers()));
        let body = checked::body(answer).await?;
        if status == StatusCode::OK || status == StatusCode::CREATED {
            return serde_json::from_slice(&body).map_err(|error| broken(&error.to_string()));
        }
        let refusal: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = |name: &str| refusal[name].as_str().unwrap_or_default();
        let (code, reason) = (checked::code(text("error")), checked::words(text("message")));
        match status {
            StatusCode::NOT_FOUND => Err(Outcome::Gone),
            StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
                Err(Outcome::Rejected { code, reason })
            }
            _ => {
                let reason = format!("the robot answered {}: {code}: {reason}", status.as_u16());
                Err(Outcome::Unavailable { reason, retry_after })
            }
        }
    }
}

/// An HTTP client of which no call takes longer than `limit`.
pub fn http(limit: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // Only the first call in a process installs it; later ones find it in place.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(limit)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("pieshop/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// A call that may be repeated.
pub(super) fn unavailable(reason: impl Into<String>) -> Outcome {
    Outcome::Unavailable { reason: reason.into(), retry_after: None }
}

/// A call that brought no answer; where the robot is, is not told.
pub(super) fn unreached(error: reqwest::Error) -> Outcome {
    unavailable(checked::words(&Chain(&error.without_url()).to_string()))
}

/// An answer that breaks the contract is the robot's fault, not the order's.
pub(super) fn broken(what: &str) -> Outcome {
    unavailable(format!("the robot's answer breaks its contract: {}", checked::words(what)))
}

/// `Retry-After` in seconds; the form with a date is not part of the contract.
fn retry_after(headers: &HeaderMap) -> Option<TimeDelta> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u32>().ok()?;
    Some(TimeDelta::seconds(seconds.into()))
}
