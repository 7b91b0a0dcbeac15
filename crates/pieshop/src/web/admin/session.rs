//! The administrator's session: a signed cookie, so that every process knows it and none keeps it.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, Key, SameSite, SignedCookieJar};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha512};

use super::next::{asked_for, sign_in};
use crate::web::Web;

/// The prefix makes browsers refuse the cookie over plain HTTP, but for the machine itself.
const NAME: &str = "__Host-pieshop";
/// A session ends so long after the sign-in.
const LASTS: TimeDelta = TimeDelta::hours(12);

/// What a password is checked against, and what sessions are signed with.
pub struct Credentials {
    hash: Option<String>,
    key: Key,
}

impl Credentials {
    /// A password, or none: then nobody can sign in. `secret` is known to every process that shall
    /// accept the sessions of this one, and to nobody else.
    pub fn new(password: Option<&str>, secret: &str) -> Self {
        let hash = password.map(password_auth::generate_hash);
        Self { key: key(&[secret, password.unwrap_or_default()]), hash }
    }

    /// A password, and its hash to be kept.
    pub fn made(password: &str) -> (Self, String) {
        let hash = password_auth::generate_hash(password);
        (Self { key: key(&[&hash]), hash: Some(hash.clone()) }, hash)
    }

    /// The password whose hash was kept.
    pub fn hashed(hash: String) -> Result<Self, password_auth::ParseError> {
        // Whether it is outdated does not matter; whether it is a hash at all does.
        password_auth::is_hash_obsolete(&hash)?;
        Ok(Self { key: key(&[&hash]), hash: Some(hash) })
    }

    /// Whether there is a password at all.
    pub(super) fn exist(&self) -> bool {
        self.hash.is_some()
    }

    /// Whether this is the password; takes some ten milliseconds of a processor.
    pub(super) fn check(&self, password: &str) -> bool {
        let hash = self.hash.as_deref();
        hash.is_some_and(|hash| password_auth::verify_password(password, hash).is_ok())
    }
}

fn key(secrets: &[&str]) -> Key {
    let mut hash = Sha512::new();
    for secret in secrets {
        hash.update(secret.len().to_le_bytes());
        hash.update(secret);
    }
    Key::from(&hash.finalize())
}

/// Proof that the administrator has signed in.
pub(in crate::web) struct Session {
    /// What a form must carry: another site cannot know it.
    pub(in crate::web) csrf: String,
}

impl Session {
    /// The cookie of a new session.
    pub(super) fn begin(web: &Web, headers: &HeaderMap) -> SignedCookieJar {
        let ends = web.orders.ambient.clock.now() + LASTS;
        let csrf = web.orders.ambient.entropy.token().simple();
        jar(web, headers).add(cookie(format!("{}.{csrf}", ends.timestamp())))
    }

    /// Without the cookie.
    pub(super) fn end(web: &Web, headers: &HeaderMap) -> SignedCookieJar {
        jar(web, headers).remove(cookie(String::new()))
    }

    fn read(value: &str, now: DateTime<Utc>) -> Option<Self> {
        let (ends, csrf) = value.split_once('.')?;
        let ends: i64 = ends.parse().ok()?;
        (now.timestamp() < ends).then(|| Self { csrf: csrf.to_owned() })
    }
}

impl FromRequestParts<Web> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        let now = web.orders.ambient.clock.now();
        let cookie = jar(web, &parts.headers).get(NAME);
        let session = cookie.and_then(|cookie| Self::read(cookie.value(), now));
        session.ok_or_else(|| Redirect::to(&sign_in(asked_for(parts))).into_response())
    }
}

fn jar(web: &Web, headers: &HeaderMap) -> SignedCookieJar {
    SignedCookieJar::from_headers(headers, web.credentials.key.clone())
}

fn cookie(value: String) -> Cookie<'static> {
    Cookie::build((NAME, value))
        .path("/")
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Lax)
        .build()
}
