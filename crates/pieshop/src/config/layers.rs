//! The layers that settings come from: default, file, variable, flag.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use toml::{Table, Value};

use super::Sources;
use super::error::{ConfigError, Origin, problem};
use super::rule::Rule;
use super::settings::{Setting, Settings, split};

/// The default configuration, commented: also the list of all keys.
pub const DEFAULT: &str = include_str!("config.default.toml");

const PREFIX: &str = "PIESHOP_";
/// Variables of the tests, which share the environment with what they start.
const TEST_PREFIX: &str = "PIESHOP_TEST_";
/// The one section to which users add keys.
const OPEN_SECTION: &str = "kitchen.prep_minutes";

/// Lays all sources over each other.
pub(super) fn gather(sources: &Sources) -> Result<Settings, ConfigError> {
    let mut layers = Layers { settings: Settings::default(), problems: Vec::new() };
    layers.defaults();
    for (key, text) in &sources.presets {
        layers.set_text(key, text, Origin::Preset);
    }
    if let Some(path) = &sources.file {
        layers.file(path);
    }
    layers.variables(&sources.env);
    for (key, text) in &sources.flags {
        layers.set_text(key, text, Origin::Flag);
    }
    if layers.problems.is_empty() { Ok(layers.settings) } else { Err(ConfigError(layers.problems)) }
}

/// The settings while they are being gathered, and what was wrong so far.
struct Layers {
    settings: Settings,
    problems: Vec<String>,
}

impl Layers {
    fn defaults(&mut self) {
        let table = self.parse(DEFAULT, &Origin::Default);
        for (key, value) in leaves(&table, "", &|_| true) {
            let (rule, origin) = (Rule::of(&key, &value), Origin::Default);
            let setting = Setting { rule, value: value.clone(), origin: origin.clone() };
            self.settings.0.insert(key.clone(), setting);
            self.set(&key, value, origin);
        }
    }

    fn file(&mut self, path: &Path) {
        let origin = Origin::File(path.to_owned());
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let table = self.parse(&text, &origin);
                for (key, value) in leaves(&table, "", &|path| self.is_section(path)) {
                    self.set(&key, value, origin.clone());
                }
            }
            Err(error) => self.problem("configuration", &origin, &format!("unreadable: {error}")),
        }
    }

    fn parse(&mut self, text: &str, origin: &Origin) -> Table {
        text.parse().unwrap_or_else(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            self.problem(&format!("line {line}"), origin, error.message());
            Table::new()
        })
    }

    fn variables(&mut self, env: &[(OsString, OsString)]) {
        let ours: BTreeMap<&str, &OsString> = env
            .iter()
            .filter_map(|(name, value)| Some((name.to_str()?, value)))
            .filter(|(name, _)| name.starts_with(PREFIX) && !name.starts_with(TEST_PREFIX))
            .collect();
        for (name, value) in &ours {
            let base = name.strip_suffix("_FILE").filter(|base| self.is_secret(&key_of(base)));
            let mut origin = (*name).to_owned();
            let text = match base {
                None => value.to_str().map(str::to_owned).ok_or_else(|| "is not UTF-8".to_owned()),
                Some(base) if ours.contains_key(base) => {
                    Err(format!("{base} is set as well: set one of the two"))
                }
                Some(_) => {
                    origin = format!("{name}, file {}", value.display());
                    read_secret(Path::new(value))
                }
            };
            let (key, origin) = (key_of(base.unwrap_or(name)), Origin::Variable(origin));
            match text {
                Ok(text) => self.set_text(&key, &text, origin),
                Err(text) => self.problem(&key, &origin, &text),
            }
        }
    }

    fn set_text(&mut self, key: &str, text: &str, origin: Origin) {
        let value = self.rule(key).map_or_else(|| Value::from(text), |rule| rule.read(text));
        self.set(key, value, origin);
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) {
        let Some(rule) = self.rule(key) else {
            return self.problem(key, &origin, &self.unknown(key, &origin));
        };
        match rule.accept(value) {
            Ok(value) => {
                self.settings.0.insert(key.to_owned(), Setting { rule, value, origin });
            }
            Err(_) if rule.is_secret() => self.problem(key, &origin, &format!("takes {rule}")),
            Err(value) => {
                let text = format!("takes {rule}, not {}", rule.mask(&value));
                self.problem(key, &origin, &text);
            }
        }
    }

    /// What `key` takes, or `None` for an unknown key.
    fn rule(&self, key: &str) -> Option<Rule> {
        let is_new_step = || {
            let (section, name) = split(key);
            let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            section == OPEN_SECTION && !name.is_empty() && name.bytes().all(is_plain)
        };
        match self.settings.0.get(key) {
            Some(setting) => Some(setting.rule.clone()),
            None => is_new_step().then_some(Rule::STEP_MINUTES),
        }
    }

    fn is_secret(&self, key: &str) -> bool {
        self.rule(key).is_some_and(|rule| rule.is_secret())
    }

    fn is_section(&self, path: &str) -> bool {
        path.is_empty() || self.settings.0.keys().any(|key| below(key, path).is_some())
    }

    /// Why there is no such key, with the keys that there are in its place.
    fn unknown(&self, key: &str, origin: &Origin) -> String {
        let mut level = key;
        while !self.is_section(level) {
            level = split(level).0;
        }
        let name_of = |rest: &str| {
            let (name, star) = rest.split_once('.').map_or((rest, ""), |(name, _)| (name, ".*"));
            let dot = if level.is_empty() { "" } else { "." };
            let path = format!("{level}{dot}{name}{star}");
            if matches!(origin, Origin::Variable(_)) { variable_of(&path) } else { path }
        };
        let keys = self.settings.0.keys().filter_map(|key| below(key, level));
        let names = keys.map(name_of).collect::<BTreeSet<_>>();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let what = if level == key { "is a section" } else { "is unknown" };
        let step = if level == OPEN_SECTION { "; a new step takes a-z, 0-9 and _" } else { "" };
        format!("{what}; there are {names}{step}")
    }

    fn problem(&mut self, key: &str, origin: &Origin, text: &str) {
        self.problems.push(problem(key, origin, text));
    }
}

/// The variable that sets `key`.
pub(super) fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// The key that the variable `name` sets; the name itself when it is not written as
/// [`variable_of`] writes it, which is no key.
fn key_of(name: &str) -> String {
    let key = name.strip_prefix(PREFIX).unwrap_or(name).to_lowercase().replace("__", ".");
    if variable_of(&key) == name { key } else { name.to_owned() }
}

fn read_secret(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("unreadable: {error}"))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let secret = line.strip_suffix('\r').unwrap_or(line);
    if secret.is_empty() { Err("the file is empty".into()) } else { Ok(secret.to_owned()) }
}

/// What is left of `key` below the section `level`.
fn below<'a>(key: &'a str, level: &str) -> Option<&'a str> {
    if level.is_empty() { Some(key) } else { key.strip_prefix(level)?.strip_prefix('.') }
}

/// The leaves of `table` with their paths. A table that is no section is a leaf.
fn leaves(table: &Table, section: &str, is_section: &dyn Fn(&str) -> bool) -> Vec<(String, Value)> {
    let leaf = |(name, value): (&String, &Value)| {
        // A quoted name with a dot in it must not be taken for a path.
        let name = if name.contains('.') { format!("{name:?}") } else { name.clone() };
        let path = if section.is_empty() { name } else { format!("{section}.{name}") };
        match value {
            Value::Table(inner) if is_section(&path) => leaves(inner, &path, is_section),
            _ => vec![(path, value.clone())],
        }
    };
    table.iter().flat_map(leaf).collect()
}
