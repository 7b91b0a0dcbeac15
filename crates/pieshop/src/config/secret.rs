//! Values that no log line and no error may show.

use std::fmt;

use serde::Deserialize;

/// What stands in the place of a secret wherever one is shown.
pub(super) const MASK: &str = "***";

/// A password, token, key or a URL that holds one. Shows itself as `***`.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`, so that only [`Secret::expose`] gives it back.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself: for the one call that needs it, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// `url` with its password and its whole query masked; user, host and path stay readable.
///
/// Up to the *last* `@` counts as user and password: a password may hold any character, and hiding
/// a bit too much is the safe side.
pub(super) fn mask_url(url: &str) -> String {
    let (scheme, rest) = url.find("://").map_or(("", url), |at| url.split_at(at + 3));
    let (credentials, rest) = rest.rfind('@').map_or(("", rest), |at| rest.split_at(at));
    let credentials = credentials
        .split_once(':')
        .map_or_else(|| credentials.to_owned(), |(user, _)| format!("{user}:{MASK}"));
    let place = rest
        .split_once('?')
        .map_or_else(|| rest.to_owned(), |(place, _)| format!("{place}?{MASK}"));
    format!("{scheme}{credentials}{place}")
}
