//! The administrator's token and password, where `up` has to make them.

use crate::app::Administrator;
use crate::clock::Entropy;
use crate::config::{Config, Secret};

/// The configured token and password, or ones that hold until the next start; and those that were
/// made just now.
pub(crate) fn administrator(config: &Config) -> anyhow::Result<(Administrator, Made)> {
    let entropy = Entropy::from_system()?;
    let secret = |configured: &Option<Secret>| match configured {
        Some(secret) => (secret.expose().to_owned(), None),
        None => {
            let made = entropy.token().simple().to_string();
            (made.clone(), Some(made))
        }
    };
    let (token, made_token) = secret(&config.auth.admin_token);
    let (password, made_password) = secret(&config.auth.admin_password);
    let administrator = Administrator::new(&token, Some(&password));
    Ok((administrator, Made { token: made_token, password: made_password }))
}

/// What the administrator is told.
pub(crate) struct Made {
    /// The token.
    pub(crate) token: Option<String>,
    /// The password.
    pub(crate) password: Option<String>,
}
