//! Every key with its value and origin.

use std::collections::BTreeMap;
use std::fmt;

use toml::Value;

use super::error::Origin;
use super::rule::Rule;

/// All settings by key, a dotted path.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings(pub(super) BTreeMap<String, Setting>);

/// One key's value, which its rule has accepted.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) rule: Rule,
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// Shows the value with what is secret about it masked.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule.mask(&self.value).fmt(f)
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", self.origin)
    }
}

impl Settings {
    /// The settings as TOML for people: secrets masked, each line with its origin.
    pub(super) fn render(&self) -> String {
        self.toml(|setting| Some(format!("{setting}  # {}", setting.origin)))
    }

    /// The settings as TOML for the sections to deserialize from, secrets included.
    pub(super) fn plain(&self) -> String {
        self.toml(|Setting { rule, value, .. }| match (rule, value) {
            // What is empty is left out, to become `None`.
            (rule, Value::String(text)) if rule.is_secret() && text.is_empty() => None,
            // The form that `std::time::Duration` deserializes from.
            (Rule::Duration { .. }, Value::String(text)) => {
                let duration = humantime::parse_duration(text).ok()?;
                let (secs, nanos) = (duration.as_secs(), duration.subsec_nanos());
                Some(format!("{{ secs = {secs}, nanos = {nanos} }}"))
            }
            (_, value) => Some(value.to_string()),
        })
    }

    fn toml(&self, show: impl Fn(&Setting) -> Option<String>) -> String {
        let mut sections: BTreeMap<&str, String> = BTreeMap::new();
        for (path, setting) in &self.0 {
            let (section, name) = split(path);
            let lines = sections.entry(section).or_default();
            if let Some(shown) = show(setting) {
                lines.extend([name, " = ", &shown, "\n"]);
            }
        }
        let table = |(name, lines): (&str, String)| match name {
            "" => lines,
            _ => format!("\n[{name}]\n{lines}"),
        };
        sections.into_iter().map(table).collect()
    }
}

/// The path of the section and the name in it.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}
