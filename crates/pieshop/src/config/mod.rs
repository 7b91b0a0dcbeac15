//! Configuration: flag over variable over file over the commented `config.default.toml`.
//!
//! The default file lists every key, so it is also the schema: what is not in it is unknown. Each
//! value is held against what its key takes ([`rule`]) in the layer it comes from, so that an
//! error names that layer.

mod conflicts;
mod error;
mod layers;
mod rule;
mod secret;
mod sections;
mod settings;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use serde::Deserialize;

pub use error::ConfigError;
pub use layers::DEFAULT;
pub use secret::Secret;
pub use sections::{
    Auth, Database, Http, Kitchen, Log, LogFormat, Orchestrator, Orders, Retry, Robot, Robots,
    TimedRobot,
};

use error::{Origin, problem};
use settings::Settings;

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

/// The whole configuration, valid.
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
    #[serde(skip)]
    settings: Settings,
}

impl Config {
    /// Lays `sources` over each other and checks everything.
    ///
    /// # Errors
    /// One line for each unknown key, bad value and unreadable file, or else for each value that
    /// does not go with another.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let settings = layers::gather(sources)?;
        let mut config: Self = toml::from_str(&settings.plain()).map_err(|error| {
            ConfigError(vec![problem("config.default.toml", &Origin::Default, error.message())])
        })?;
        config.settings = settings;
        let conflicts = config.conflicts();
        if conflicts.is_empty() { Ok(config) } else { Err(ConfigError(conflicts)) }
    }

    /// The database to use.
    ///
    /// # Errors
    /// When none is set: the embedded default belongs to the command that chooses its path.
    pub fn database_url(&self) -> Result<&Secret, ConfigError> {
        self.required("database.url", self.database.url.as_ref())
    }

    /// The first administrator's API token.
    ///
    /// # Errors
    /// When none is set.
    pub fn admin_token(&self) -> Result<&Secret, ConfigError> {
        self.required("auth.admin_token", self.auth.admin_token.as_ref())
    }

    /// How long something takes at this pace that takes `at_pace_1` at pace 1.
    #[expect(clippy::cast_possible_truncation, reason = "a month at the slowest pace fits")]
    pub fn paced(&self, at_pace_1: Duration) -> TimeDelta {
        TimeDelta::microseconds((at_pace_1.as_secs_f64() * 1e6 / self.pace) as i64)
    }

    /// The effective configuration as TOML, secrets masked, with the origin of each value.
    pub fn render(&self) -> String {
        self.settings.render()
    }

    fn required<'a>(
        &self,
        key: &str,
        value: Option<&'a Secret>,
    ) -> Result<&'a Secret, ConfigError> {
        value.ok_or_else(|| {
            let setting = self.settings.0.get(key);
            let takes = setting.map(|it| format!("takes {}; ", it.rule)).unwrap_or_default();
            let origin = setting.map_or(&Origin::Default, |it| &it.origin);
            let variable = layers::variable_of(key);
            let text = format!("is not set; {takes}set it as {variable} or {variable}_FILE");
            ConfigError(vec![problem(key, origin, &text)])
        })
    }
}
