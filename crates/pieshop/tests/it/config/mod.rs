//! The configuration: each key in each layer, and every way to get one wrong.

mod keys;
mod refusals;

use std::fs;

use pieshop::config::{Config, Sources};
use tempfile::TempDir;

/// What is given to a start, besides the defaults.
#[derive(Default)]
pub(super) struct Given(Sources, Option<TempDir>);

impl Given {
    pub(super) fn file(mut self, text: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("given.toml");
        fs::write(&path, text).unwrap();
        self.0.file = Some(path);
        self.1 = Some(directory);
        self
    }

    pub(super) fn var(mut self, name: &str, value: &str) -> Self {
        self.0.env.push((name.into(), value.into()));
        self
    }

    pub(super) fn flag(mut self, key: &str, text: &str) -> Self {
        self.0.flags.push((key.into(), text.into()));
        self
    }

    pub(super) fn preset(mut self, key: &str, text: &str) -> Self {
        self.0.presets.push((key.into(), text.into()));
        self
    }

    pub(super) fn loaded(&self) -> Config {
        Config::load(&self.0).unwrap()
    }

    /// The one line that says what is wrong.
    pub(super) fn refused(&self) -> String {
        let error = Config::load(&self.0).expect_err("must be refused").to_string();
        assert_eq!(error.lines().count(), 1, "not one line: {error}");
        error
    }
}

pub(super) fn given() -> Given {
    Given::default()
}

pub(super) fn variable(key: &str) -> String {
    format!("PIESHOP_{}", key.to_uppercase().replace('.', "__"))
}
