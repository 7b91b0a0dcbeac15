//! What is wrong with a configuration, and where it was said.

use std::fmt;
use std::path::PathBuf;

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Default,
    /// A default of the command that runs.
    Preset,
    File(PathBuf),
    /// A variable, and the file it names if it does.
    Variable(String),
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset => f.write_str("the command's default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// Everything that is wrong with a configuration. Shown as one line a problem: the key, where its
/// value comes from, what it takes; a secret is never part of it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub(super) Vec<String>);

/// One problem as one line, whatever control characters the parts bring along.
pub(super) fn problem(key: &str, origin: &Origin, text: &str) -> String {
    format!("{key} ({origin}): {text}").replace(char::is_control, " ")
}
