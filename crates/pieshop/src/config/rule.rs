//! What each key takes.

use std::fmt;
use std::time::Duration;

use toml::Value;
use url::Url;

use super::secret::{MASK, mask_url};
use super::sections::log_filter;

/// The shortest duration that any key takes.
const SHORTEST: Duration = Duration::from_millis(1);
/// Durations stay under a month, so that adding one to a date cannot overflow.
const LONGEST: Duration = Duration::from_hours(30 * 24);
const BODY_LIMIT_BYTES: i64 = 16 * 1024 * 1024;

/// What a key takes.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    Flag,
    Whole {
        from: i64,
        to: i64,
    },
    Number {
        from: f64,
        to: f64,
    },
    Duration {
        under: Duration,
    },
    Text,
    OneOf(&'static [&'static str]),
    LogFilter,
    /// A URL to call. It may hold no password: keys have a setting of their own.
    HttpUrl,
    /// A URL that may hold a password, or empty for none.
    SecretUrl(&'static [&'static str]),
    /// A secret that travels in a header, or empty for none.
    Token {
        least: usize,
    },
    /// A secret that a person types, or empty for none.
    Password {
        least: usize,
    },
}

impl Rule {
    /// The minutes of a prep step.
    pub(super) const STEP_MINUTES: Self = Self::Whole { from: 1, to: 1_440 };

    /// The rule of the key `path`. Keys without a rule of their own take what their default is.
    pub(super) fn of(path: &str, default: &Value) -> Self {
        let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
        match (section, name) {
            ("", "pace") => Self::Number { from: 0.001, to: 1_000_000.0 },
            ("http", "port") => Self::Whole { from: 0, to: 65_535 },
            ("http", "connections") => Self::Whole { from: 1, to: 1_000_000 },
            ("http", "body_limit") => Self::Whole { from: 1, to: BODY_LIMIT_BYTES },
            ("http", "shutdown_grace") => Self::Duration { under: Duration::from_secs(10) },
            ("database", "url") => Self::SecretUrl(&["sqlite", "postgres", "postgresql"]),
            ("catalog", "url") => Self::SecretUrl(&["mongodb", "mongodb+srv"]),
            ("auth", "admin_token") => Self::Token { least: 16 },
            ("auth", "admin_password") => Self::Password { least: 8 },
            ("kitchen.prep_minutes", _) => Self::STEP_MINUTES,
            ("log", "format") => Self::OneOf(&["text", "json"]),
            ("log", "level") => Self::LogFilter,
            (_, "api_key") => Self::Token { least: 1 },
            (_, "url") => Self::HttpUrl,
            _ => match default {
                Value::Boolean(_) => Self::Flag,
                Value::Integer(_) => Self::Whole { from: 1, to: 10_000 },
                Value::String(text) if humantime::parse_duration(text).is_ok() => {
                    Self::Duration { under: LONGEST }
                }
                _ => Self::Text,
            },
        }
    }

    /// Whether the value is to be masked, and may come from a `_FILE`.
    pub(super) fn is_secret(&self) -> bool {
        matches!(self, Self::SecretUrl(_) | Self::Token { .. } | Self::Password { .. })
    }

    /// A variable's or flag's text as a value. What cannot be read stays text, which
    /// [`Rule::accept`] then refuses.
    pub(super) fn read(&self, text: &str) -> Value {
        match self {
            Self::Flag => text.parse().ok().map(Value::Boolean),
            Self::Whole { .. } => text.parse().ok().map(Value::Integer),
            Self::Number { .. } => text.parse().ok().map(Value::Float),
            _ => None,
        }
        .unwrap_or_else(|| Value::String(text.to_owned()))
    }

    /// `value` as it is kept, or back as it came when the key does not take it.
    pub(super) fn accept(&self, value: Value) -> Result<Value, Value> {
        let taken = match (self, &value) {
            // `pace = 60` in a file.
            (Self::Number { .. }, Value::Integer(n)) => {
                return self.accept(self.read(&n.to_string()));
            }
            (Self::Flag, Value::Boolean(_)) => true,
            (Self::Whole { from, to }, Value::Integer(n)) => (from..=to).contains(&n),
            (Self::Number { from, to }, Value::Float(n)) => (from..=to).contains(&n),
            (_, Value::String(text)) => self.accepts_text(text),
            _ => false,
        };
        if taken { Ok(value) } else { Err(value) }
    }

    /// `value` for people: what is secret about it masked.
    pub(super) fn mask(&self, value: &Value) -> Value {
        match (self, value) {
            (Self::SecretUrl(_) | Self::HttpUrl, Value::String(url)) => mask_url(url).into(),
            (_, Value::String(text)) if self.is_secret() && !text.is_empty() => MASK.into(),
            _ => value.clone(),
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        let one_line = !text.contains(char::is_control);
        match self {
            Self::Flag | Self::Whole { .. } | Self::Number { .. } => false,
            Self::Duration { under } => {
                humantime::parse_duration(text).is_ok_and(|it| (SHORTEST..*under).contains(&it))
            }
            Self::Text => !text.is_empty() && one_line,
            Self::OneOf(choices) => choices.contains(&text),
            Self::LogFilter => log_filter(text).is_some(),
            Self::HttpUrl => is_plain_http_url(text),
            Self::SecretUrl(_) | Self::Token { .. } | Self::Password { .. } if text.is_empty() => {
                true
            }
            Self::SecretUrl(schemes) => text
                .split_once("://")
                .is_some_and(|(scheme, rest)| schemes.contains(&scheme) && !rest.is_empty()),
            Self::Token { least } => {
                text.len() >= *least && text.bytes().all(|byte| byte.is_ascii_graphic())
            }
            Self::Password { least } => text.chars().count() >= *least && one_line,
        }
    }
}

/// Says what the key takes.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("true or false"),
            Self::Whole { from, to } => write!(f, "a whole number from {from} to {to}"),
            Self::Number { from, to } => write!(f, "a number from {from} to {to}"),
            Self::Duration { under } => {
                let under = humantime::format_duration(*under);
                write!(f, "a duration from 1ms to under {under}, such as \"250ms\" or \"1m 30s\"")
            }
            Self::Text => f.write_str("a text of one line"),
            Self::OneOf(choices) => write!(f, "one of {}", choices.join(", ")),
            Self::LogFilter => f.write_str(
                "off, error, warn, info, debug or trace, also by module as in \"info,sqlx=warn\"",
            ),
            Self::HttpUrl => f.write_str(
                "a URL with its scheme, such as http://host:port or https://host, without user, \
                 query or fragment",
            ),
            Self::SecretUrl(schemes) => {
                write!(f, "a URL that begins with {}://", schemes.join(":// or "))
            }
            Self::Token { least } => {
                write!(f, "a secret of {least} or more visible ASCII characters")
            }
            Self::Password { least } => write!(f, "a secret of {least} or more characters"),
        }
    }
}

fn is_plain_http_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        text.contains("://")
            && matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    })
}
