//! The administrator's token and password, where `up` has to make them.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::app::Administrator;
use crate::clock::Entropy;
use crate::config::Config;
use crate::http::TokenHash;
use crate::web::Credentials;

/// Where the hash of the administrator's token is kept, under the data folder.
const TOKEN_FILE: &str = "admin-token.sha256";
/// The same of the password.
const PASSWORD_FILE: &str = "admin-password.argon2";

/// The configured token and password, or ones made at the first start, of which only the hashes are
/// kept; and those that were made just now.
pub(crate) fn administrator(config: &Config, data: &Path) -> anyhow::Result<(Administrator, Made)> {
    let entropy = Entropy::from_system()?;
    let mut made = Made::default();
    let token = match &config.auth.admin_token {
        Some(token) => TokenHash::of(token.expose()),
        None => {
            if let Some(hash) = kept(data, TOKEN_FILE)? {
                TokenHash::parse(&hash).with_context(|| damaged(data, TOKEN_FILE))?
            } else {
                let token = format!("pie_{}", entropy.token().simple());
                let hash = TokenHash::of(&token);
                keep(data, TOKEN_FILE, &hash.to_string())?;
                made.token = Some(token);
                hash
            }
        }
    };
    let credentials = match &config.auth.admin_password {
        Some(password) => Credentials::new(Some(password.expose()), &token.to_string()),
        None => {
            if let Some(hash) = kept(data, PASSWORD_FILE)? {
                Credentials::hashed(hash).with_context(|| damaged(data, PASSWORD_FILE))?
            } else {
                let password = format!("pie-{}", &entropy.token().simple().to_string()[..16]);
                let (credentials, hash) = Credentials::made(&password);
                keep(data, PASSWORD_FILE, &hash)?;
                made.password = Some(password);
                credentials
            }
        }
    };
    Ok((Administrator { token, credentials }, made))
}

/// What the administrator is told once.
#[derive(Default)]
pub(crate) struct Made {
    /// The token.
    pub(crate) token: Option<String>,
    /// The password.
    pub(crate) password: Option<String>,
}

fn kept(data: &Path, file: &str) -> anyhow::Result<Option<String>> {
    let file = data.join(file);
    Ok(if file.try_exists()? { Some(fs::read_to_string(&file)?.trim().to_owned()) } else { None })
}

fn keep(data: &Path, file: &str, hash: &str) -> anyhow::Result<()> {
    let file = data.join(file);
    fs::write(&file, format!("{hash}\n"))
        .with_context(|| format!("cannot write {}", file.display()))
}

fn damaged(data: &Path, file: &str) -> String {
    format!("{} is damaged: delete it to get a new secret", data.join(file).display())
}
