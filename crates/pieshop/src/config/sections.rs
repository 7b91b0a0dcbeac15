//! One struct a section of `config.default.toml`, whose comments say what each key means.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::secret::Secret;

/// Where the service listens and what a request may take.
#[derive(Clone, Debug, Deserialize)]
pub struct Http {
    /// Address to listen on: a name or an IP address.
    pub host: String,
    /// Port to listen on; 0 takes any free one.
    pub port: u16,
    /// Open connections, at most; at the limit the quietest make room.
    pub connections: usize,
    /// Time that a connection may take to send the head of its next request.
    pub idle_timeout: Duration,
    /// Size of a request body, in bytes, at most.
    pub body_limit: usize,
    /// Time that a request may take altogether.
    pub request_timeout: Duration,
    /// Time that a create may wait for its commit; shorter than that of the whole request.
    pub commit_deadline: Duration,
    /// Time that work in hand gets to end at a shutdown; under 10 s.
    pub shutdown_grace: Duration,
}

/// Where orders are kept.
#[derive(Clone, Debug, Deserialize)]
pub struct Database {
    /// `sqlite://…` or `postgres://…`; see also [`super::Config::database_url`].
    pub url: Option<Secret>,
    /// Connections in the pool, at most.
    pub connections: u32,
    /// Time that opening a connection may take.
    pub connect_timeout: Duration,
}

/// The first administrator.
#[derive(Clone, Debug, Deserialize)]
pub struct Auth {
    /// API token; see also [`super::Config::admin_token`].
    pub admin_token: Option<Secret>,
    /// Password.
    pub admin_password: Option<Secret>,
}

/// The three robot services.
#[derive(Clone, Debug, Deserialize)]
pub struct Robots {
    /// Picks fruit.
    pub picker: TimedRobot,
    /// Bakes pies.
    pub baker: TimedRobot,
    /// Delivers pies. Its jobs have no time-out but the end of the delivery window.
    pub delivery: Robot,
}

/// How to call one robot service.
#[derive(Clone, Debug, Deserialize)]
pub struct Robot {
    /// `http://…` or `https://…`, to which the contract's paths are appended.
    pub url: String,
    /// Bearer token to send, if any.
    pub api_key: Option<Secret>,
    /// Time that one call may take, in real time; under half of the lease.
    pub call_timeout: Duration,
    /// Calls at once in this process, at most.
    pub calls: usize,
}

/// A robot service whose jobs have a time-out of their own.
#[derive(Clone, Debug, Deserialize)]
pub struct TimedRobot {
    /// Time that a job may take at pace 1; see [`super::Config::paced`].
    pub job_timeout: Duration,
    /// How to call it.
    #[serde(flatten)]
    pub robot: Robot,
}

/// What happens after a failed call.
#[derive(Clone, Debug, Deserialize)]
pub struct Retry {
    /// Calls for one effect before the order goes to ERROR.
    pub tries: u32,
    /// Ceiling of the first delay, in real time.
    pub base: Duration,
    /// Ceiling of every delay, in real time.
    pub cap: Duration,
}

/// How orders are worked on.
#[derive(Clone, Debug, Deserialize)]
pub struct Orchestrator {
    /// Whether this process works on orders at all.
    pub enabled: bool,
    /// Time that a claimed order belongs to its worker.
    pub lease: Duration,
    /// Time between two looks for due orders when nothing wakes a lane.
    pub poll_interval: Duration,
}

/// How long things take, at pace 1; see [`super::Config::paced`].
#[derive(Clone, Debug, Deserialize)]
pub struct Kitchen {
    /// Estimate for picking.
    pub picking: Duration,
    /// Estimate for baking.
    pub baking: Duration,
    /// Estimate for the delivery.
    pub delivery: Duration,
    /// Added to every estimate.
    pub margin: Duration,
    /// How far the delivery window reaches before and after the estimate.
    pub window: Duration,
    /// Minutes by prep step.
    pub prep_minutes: BTreeMap<String, u32>,
}

/// What is remembered about orders.
#[derive(Clone, Debug, Deserialize)]
pub struct Orders {
    /// Time that an idempotency key is remembered.
    pub idempotency_keep: Duration,
}

/// Which log lines are written, and how.
#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// What is logged, as [`Log::filter`] reads it.
    pub level: String,
}

impl Log {
    /// What is logged; `None` when `level` is no level, which a loaded configuration rules out.
    pub fn filter(&self) -> Option<EnvFilter> {
        log_filter(&self.level)
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Readable lines.
    Text,
    /// One JSON object a line.
    Json,
}

/// The filter that `text` describes. Stricter than [`EnvFilter`], which takes a misspelt level for
/// the name of a module and then logs nothing.
pub(super) fn log_filter(text: &str) -> Option<EnvFilter> {
    let is_directive =
        |part: &str| part.contains('=') || !part.is_empty() && part.parse::<LevelFilter>().is_ok();
    let plain = text.contains('[') || text.split(',').map(str::trim).all(is_directive);
    plain.then(|| EnvFilter::try_new(text).ok()).flatten()
}
