//! One robot's HTTP client: every call has a time-out and a size limit, and every failure says
//! whether the call may be repeated.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use order_core::Outcome;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{code, words};
use crate::clock::Clock;
use crate::config::Secret;
use crate::orchestrator::writer::Chain;

/// A longer answer breaks the contract.
const LONGEST_ANSWER: usize = 64 * 1024;
/// A time further away than this breaks the contract.
const FURTHEST_TIME: TimeDelta = TimeDelta::days(7);

/// How to reach a robot.
#[derive(Clone)]
pub struct ClientSettings {
    /// Scheme, host and port, perhaps a path.
    pub url: String,
    /// The bearer key.
    pub api_key: Option<Secret>,
    /// Limit of one call, in real time.
    pub call_timeout: Duration,
    /// The process's clock.
    pub clock: Arc<Clock>,
}

/// Calls one robot.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    settings: ClientSettings,
}

/// Why a call brought no usable answer.
#[derive(Debug)]
pub(super) enum CallError {
    /// 404.
    Gone,
    /// The same call will never succeed.
    Rejected { code: String, reason: String },
    /// The same call may succeed later.
    Unavailable { reason: String, retry_after: Option<TimeDelta> },
}

impl From<CallError> for Outcome {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Gone => Self::Gone,
            CallError::Rejected { code, reason } => Self::Rejected { code, reason },
            CallError::Unavailable { reason, retry_after } => {
                Self::Unavailable { reason, retry_after }
            }
        }
    }
}

impl Client {
    /// A client with a connection pool of its own.
    pub fn new(settings: ClientSettings) -> Result<Self, reqwest::Error> {
        Ok(Self { http: http(settings.call_timeout)?, settings })
    }

    pub(super) async fn submit<T: DeserializeOwned>(
        &self,
        path: &str,
        key: Uuid,
        body: &impl Serialize,
    ) -> Result<T, CallError> {
        let request = self.request(Method::POST, path);
        exchange(request.header("idempotency-key", key.to_string()).json(body)).await
    }

    pub(super) async fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        exchange(self.request(Method::GET, path)).await
    }

    pub(super) async fn cancel<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        exchange(self.request(Method::DELETE, path)).await
    }

    /// The pace that the robot's health page tells.
    pub(super) async fn pace(&self) -> Option<f64> {
        let answer = self.request(Method::GET, "/healthz").send().await.ok()?;
        let body: Value = serde_json::from_slice(&read(answer).await.ok()?).ok()?;
        body["pace"].as_f64()
    }

    /// Refuses times that cannot be meant.
    pub(super) fn plausible(&self, at: DateTime<Utc>) -> Result<DateTime<Utc>, CallError> {
        if (at - self.settings.clock.now()).abs() > FURTHEST_TIME {
            return Err(broken(&format!("the time {at} is too far away")));
        }
        Ok(at)
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.settings.url.trim_end_matches('/'));
        let request = self.http.request(method, url);
        match &self.settings.api_key {
            Some(key) => request.bearer_auth(key.expose()),
            None => request,
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

async fn exchange<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, CallError> {
    let answer = request.send().await.map_err(|error| again(&error.without_url()))?;
    let (status, retry_after) = (answer.status(), retry_after(answer.headers()));
    let body = read(answer).await?;
    if status == StatusCode::OK || status == StatusCode::CREATED {
        return serde_json::from_slice(&body).map_err(|error| broken(&error.to_string()));
    }
    let (code, reason) = refusal(&body);
    match status {
        StatusCode::NOT_FOUND => Err(CallError::Gone),
        StatusCode::BAD_REQUEST | StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
            Err(CallError::Rejected { code, reason })
        }
        _ => {
            let reason = format!("the robot answered {}: {code}: {reason}", status.as_u16());
            Err(CallError::Unavailable { reason, retry_after })
        }
    }
}

/// Reads a body up to the limit.
async fn read(mut answer: Response) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| again(&error.without_url()))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(broken("the answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn again(error: &reqwest::Error) -> CallError {
    CallError::Unavailable { reason: words(&Chain(error).to_string()), retry_after: None }
}

/// An answer that breaks the contract is the robot's fault, not the order's.
pub(super) fn broken(what: &str) -> CallError {
    let reason = format!("the robot's answer breaks its contract: {}", words(what));
    CallError::Unavailable { reason, retry_after: None }
}

fn refusal(body: &[u8]) -> (String, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (code(&text("error")), words(&text("message")))
}

/// `Retry-After` in seconds; the form with a date is not part of the contract.
fn retry_after(headers: &HeaderMap) -> Option<TimeDelta> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u32>().ok()?;
    Some(TimeDelta::seconds(seconds.into()))
}

/// A name that a robot gave to something: fit for a path, a log line and a column.
pub(super) fn name(text: String) -> Result<String, CallError> {
    let fits = (1..=255).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.~".contains(&b));
    if fits { Ok(text) } else { Err(broken("an identifier is empty, too long or not plain")) }
}
