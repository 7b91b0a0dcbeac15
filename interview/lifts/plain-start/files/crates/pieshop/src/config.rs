//! Configuration: a variable over the commented `config/config.default.toml`.

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Value;

/// The default configuration, commented: also the list of all keys.
const DEFAULT: &str = include_str!("config/config.default.toml");

/// The whole configuration; the comments of `config.default.toml` say what each key means.
#[derive(Deserialize)]
pub struct Config {
    /// How many times faster than real time the kitchen runs.
    pub pace: f64,
    /// Where the service listens.
    pub http: Http,
    /// Where orders are kept.
    pub database: Database,
    /// The administrator.
    pub auth: Auth,
    /// The three robot services.
    pub robots: Robots,
    /// Minutes that a preparation step takes at pace 1.
    pub prep_minutes: BTreeMap<String, u32>,
    /// Which log lines are written.
    pub log: Log,
}

/// Where the service listens.
#[derive(Deserialize)]
pub struct Http {
    /// A name or an IP address.
    pub host: String,
    /// The port; 0 takes any free one.
    pub port: u16,
}

/// Where orders are kept.
#[derive(Deserialize)]
pub struct Database {
    /// `sqlite://…`, or nothing.
    pub url: String,
}

/// The administrator's secrets; empty where there is none.
#[derive(Deserialize)]
pub struct Auth {
    /// API token.
    pub admin_token: String,
    /// Password.
    pub admin_password: String,
}

/// The three robot services.
#[derive(Deserialize)]
pub struct Robots {
    /// Picks fruit.
    pub picker: TimedRobot,
    /// Bakes pies.
    pub baker: TimedRobot,
    /// Delivers pies. Its jobs have no time-out but the end of the delivery window.
    pub delivery: Robot,
}

/// How to call one robot service.
#[derive(Clone, Deserialize)]
pub struct Robot {
    /// `http://…` or `https://…`, to which the contract's paths are appended.
    pub url: String,
    /// Bearer token to send; empty for none.
    pub api_key: String,
    /// Time that one call may take, in real time.
    #[serde(deserialize_with = "duration")]
    pub call_timeout: Duration,
}

/// A robot service whose jobs have a time-out of their own.
#[derive(Deserialize)]
pub struct TimedRobot {
    /// Time that a job may take at pace 1.
    #[serde(deserialize_with = "duration")]
    pub job_timeout: Duration,
    /// How to call it.
    #[serde(flatten)]
    pub robot: Robot,
}

/// Which log lines are written.
#[derive(Deserialize)]
pub struct Log {
    /// A level, also by module.
    pub level: String,
}

impl Config {
    /// Reads the defaults and the variables.
    ///
    /// # Errors
    /// For an unknown variable, and for a value of a wrong type.
    pub fn load() -> Result<Self> {
        let mut config = Value::Table(DEFAULT.parse()?);
        for (name, text) in env::vars_os() {
            let (name, text) = (name.to_string_lossy(), text.to_string_lossy());
            let Some(key) = name.strip_prefix("PIESHOP_") else { continue };
            let key = key.to_lowercase();
            let place = key.split("__").try_fold(&mut config, |value, part| value.get_mut(part));
            let place = place.with_context(|| format!("{name} is unknown"))?;
            *place = if place.is_str() {
                Value::from(&*text)
            } else {
                text.parse().with_context(|| format!("{name} does not take {text:?}"))?
            };
        }
        Ok(config.try_into()?)
    }
}

/// Reads a time with its unit, such as "250ms" or "1m 30s".
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(|error| Error::custom(format!("{text:?}: {error}")))
}
