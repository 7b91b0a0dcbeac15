//! Signing in and out. A session is a signed cookie: every process knows it and none keeps it.

use askama::Template;
use axum::Form;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, Key, SameSite, SignedCookieJar};
use chrono::TimeDelta;
use serde::Deserialize;
use sha2::{Digest, Sha512};

use crate::http::TokenHash;
use crate::web::Web;
use crate::web::form::Problem;
use crate::web::page::Page;

/// The prefix makes browsers refuse the cookie over plain HTTP, but for the machine itself.
const NAME: &str = "__Host-pieshop";
/// A session ends so long after the sign-in.
const LASTS: TimeDelta = TimeDelta::hours(12);

/// What a password is checked against, and what sessions are signed with.
pub struct Credentials {
    password: Option<TokenHash>,
    key: Key,
}

impl Credentials {
    /// A password, or none: then nobody can sign in. `secret` is known to every process that shall
    /// accept the sessions of this one, and to nobody else.
    pub fn new(password: Option<&str>, secret: &str) -> Self {
        let key = Sha512::digest(format!("{secret}\n{}", password.unwrap_or_default()));
        Self { password: password.map(TokenHash::of), key: Key::from(&key) }
    }
}

/// Proof that the administrator has signed in.
pub(super) struct Session;

impl FromRequestParts<Web> for Session {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Redirect> {
        let now = web.orders.ambient.clock.now().timestamp();
        let cookie = jar(web, &parts.headers).get(NAME);
        let ends: Option<i64> = cookie.and_then(|cookie| cookie.value().parse().ok());
        let session = ends.filter(|ends| now < *ends).map(|_| Self);
        session.ok_or_else(|| Redirect::to("/admin/sign-in"))
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    /// Whether there is a password at all.
    configured: bool,
    password_error: &'static str,
    error_title: &'static str,
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    password: String,
}

/// `GET /admin/sign-in`
pub(super) async fn ask(State(web): State<Web>) -> Response {
    let configured = web.credentials.password.is_some();
    let page = SignIn { configured, password_error: "", error_title: "", errors: Vec::new() };
    Page(StatusCode::OK, page).into_response()
}

/// `POST /admin/sign-in`
pub(super) async fn sign_in(
    State(web): State<Web>,
    headers: HeaderMap,
    Form(Typed { password }): Form<Typed>,
) -> Response {
    let known = web.credentials.password;
    if known.is_some_and(|known| known.matches(&password)) {
        let ends = web.orders.ambient.clock.now() + LASTS;
        let jar = jar(&web, &headers).add(cookie(ends.timestamp().to_string()));
        return (jar, Redirect::to("/admin")).into_response();
    }
    tracing::warn!("somebody typed a wrong password");
    let message = "This is not the password";
    let page = SignIn {
        configured: known.is_some(),
        password_error: message,
        error_title: "You are not signed in",
        errors: vec![Problem { field: "password", message: message.to_owned() }],
    };
    Page(StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// `POST /admin/sign-out`: whoever is signed out already has what they want.
pub(super) async fn sign_out(State(web): State<Web>, headers: HeaderMap) -> Response {
    let jar = jar(&web, &headers).remove(cookie(String::new()));
    (jar, Redirect::to("/admin/sign-in")).into_response()
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
