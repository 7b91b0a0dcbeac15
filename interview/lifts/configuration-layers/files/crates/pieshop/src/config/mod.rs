//! Configuration: flag over variable over file over the commented `config.default.toml`.

mod secret;
mod sections;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use humantime::parse_duration;
use serde::Deserialize;
use toml::{Table, Value};

pub use secret::Secret;
pub use sections::{
    Auth, Database, Http, Kitchen, Log, LogFormat, Orchestrator, Orders, Retry, Robot, Robots,
    TimedRobot,
};

/// The default configuration, commented: also the list of all keys.
pub const DEFAULT: &str = include_str!("config.default.toml");

const PREFIX: &str = "PIESHOP_";

/// What the configuration is made from, from the weakest to the strongest. Nothing else is read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Defaults of the command that runs, as key and text: `("pace", "60")`.
    pub presets: Vec<(String, String)>,
    /// The configuration file; see [`super::file_to_read`].
    pub file: Option<PathBuf>,
    /// The environment: what `std::env::vars_os` gives.
    pub env: Vec<(OsString, OsString)>,
    /// Flags of the command line, as key and text: `("http.port", "8080")`.
    pub flags: Vec<(String, String)>,
}

/// The file to read: what `--config` names, else `pieshop.toml` in `directory` if there is one.
pub fn file_to_read(flag: Option<PathBuf>, directory: &Path) -> Option<PathBuf> {
    let usual = directory.join("pieshop.toml");
    // A file that cannot be looked at counts as there: reading it then gives the error.
    flag.or_else(|| usual.try_exists().unwrap_or(true).then_some(usual))
}

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    /// How many times faster than real time the kitchen runs; see [`Config::paced`].
    pub pace: f64,
    /// `[http]`
    pub http: Http,
    /// `[database]`
    pub database: Database,
    /// `[catalog]`
    pub catalog: crate::catalog::CatalogSettings,
    /// `[auth]`
    pub auth: Auth,
    /// `[robots.*]`
    pub robots: Robots,
    /// `[breaker]`
    pub breaker: crate::robots::BreakerSettings,
    /// `[retry]`
    pub retry: Retry,
    /// `[orchestrator]`
    pub orchestrator: Orchestrator,
    /// `[kitchen]`
    pub kitchen: Kitchen,
    /// `[orders]`
    pub orders: Orders,
    /// `[log]`
    pub log: Log,
}

impl Config {
    /// Lays `sources` over each other.
    ///
    /// # Errors
    /// For an unknown key, an unreadable file, and a value of another type than the default's.
    pub fn load(sources: &Sources) -> anyhow::Result<Self> {
        let default: Table = DEFAULT.parse()?;
        let mut table = default.clone();
        for (key, text) in &sources.presets {
            set(&mut table, key, text)?;
        }
        if let Some(path) = &sources.file {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            lay_over(&mut table, text.parse()?);
        }
        for (name, value) in &sources.env {
            if let (Some(name), Some(value)) = (name.to_str(), value.to_str())
                && let Some(key) = name.strip_prefix(PREFIX)
            {
                set(&mut table, &key.to_lowercase().replace("__", "."), value)?;
            }
        }
        for (key, text) in &sources.flags {
            set(&mut table, key, text)?;
        }
        Ok(Value::Table(plain(table, &default)?).try_into()?)
    }

    /// The database to use.
    ///
    /// # Errors
    /// When none is set: the embedded default belongs to the command that chooses its path.
    pub fn database_url(&self) -> anyhow::Result<&Secret> {
        required("database.url", self.database.url.as_ref())
    }

    /// The first administrator's API token.
    ///
    /// # Errors
    /// When none is set.
    pub fn admin_token(&self) -> anyhow::Result<&Secret> {
        required("auth.admin_token", self.auth.admin_token.as_ref())
    }

    /// How long something takes at this pace that takes `at_pace_1` at pace 1.
    #[expect(clippy::cast_possible_truncation, reason = "a month at the slowest pace fits")]
    pub fn paced(&self, at_pace_1: Duration) -> TimeDelta {
        TimeDelta::microseconds((at_pace_1.as_secs_f64() * 1e6 / self.pace) as i64)
    }
}

fn required<'a>(key: &str, value: Option<&'a Secret>) -> anyhow::Result<&'a Secret> {
    let variable = || format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"));
    value.with_context(|| format!("{key} is not set: set it as {}", variable()))
}

/// Sets `key`, a dotted path, to what `text` stands for.
fn set(mut table: &mut Table, key: &str, text: &str) -> anyhow::Result<()> {
    let unknown = || format!("{key} is unknown");
    let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
    for part in section.split('.').filter(|part| !part.is_empty()) {
        table = table.get_mut(part).and_then(Value::as_table_mut).with_context(unknown)?;
    }
    let value = table.get_mut(name).with_context(unknown)?;
    *value = match value {
        Value::Boolean(_) => Value::Boolean(text.parse().with_context(|| key.to_owned())?),
        Value::Integer(_) => Value::Integer(text.parse().with_context(|| key.to_owned())?),
        Value::Float(_) => Value::Float(text.parse().with_context(|| key.to_owned())?),
        _ => Value::from(text),
    };
    Ok(())
}

fn lay_over(table: &mut Table, above: Table) {
    for (key, value) in above {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(table.insert(key, value)),
        }
    }
}

/// Without what is empty, and durations in the form that [`Duration`] is read from.
fn plain(table: Table, default: &Table) -> anyhow::Result<Table> {
    let mut plain = Table::new();
    for (key, value) in table {
        let value = match (value, default.get(&key)) {
            (Value::Table(inner), Some(Value::Table(default))) => {
                Value::Table(self::plain(inner, default)?)
            }
            (Value::String(text), _) if text.is_empty() => continue,
            (Value::String(text), Some(Value::String(usual))) if parse_duration(usual).is_ok() => {
                let time = parse_duration(&text).with_context(|| format!("{key}: {text:?}"))?;
                Value::try_from(time)?
            }
            (value, _) => value,
        };
        plain.insert(key, value);
    }
    Ok(plain)
}
