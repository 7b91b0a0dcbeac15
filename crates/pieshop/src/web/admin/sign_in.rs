//! Signing in and out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::session::{Session, safe};
use crate::web::Web;
use crate::web::form::Problem;
use crate::web::page::{Page, Peer, filters};

/// Wrong passwords that may follow each other without a pause.
const FREE: u32 = 5;
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// Addresses that are remembered, at most.
const MOST: usize = 10_000;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    title: &'static str,
    notice: &'static str,
    next: String,
    password_error: String,
    error_title: &'static str,
    errors: Vec<Problem>,
}

/// Why somebody comes here, and where they want to go on.
#[derive(Deserialize)]
pub(super) struct Asked {
    expired: Option<String>,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `GET /admin/sign-in`
pub(super) async fn show(State(web): State<Web>, Query(asked): Query<Asked>) -> Response {
    let notice = match (web.credentials.exist(), asked.expired) {
        (false, _) => "No password is configured: set auth.admin_password and start again.",
        (true, Some(_)) if safe(&asked.next) != "/admin" => {
            "Please sign in. You go on where you were."
        }
        _ => "",
    };
    form(StatusCode::OK, notice, &asked.next, "")
}

/// `POST /admin/sign-in`
pub(super) async fn sign_in(
    State(web): State<Web>,
    Peer(peer): Peer,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    if let Err(wait) = web.attempts.begin(peer) {
        let error = format!("Too many wrong passwords: try again in {} s", wait.as_secs() + 1);
        let mut answer = form(StatusCode::TOO_MANY_REQUESTS, "", &typed.next, &error);
        let seconds = HeaderValue::from(wait.as_secs() + 1);
        answer.headers_mut().insert(header::RETRY_AFTER, seconds);
        return answer;
    }
    let (credentials, password) = (web.credentials.clone(), typed.password);
    let right = spawn_blocking(move || credentials.check(&password)).await;
    if right.is_ok_and(|right| right) {
        web.attempts.forgive(peer);
        let next = Redirect::to(safe(&typed.next));
        return (Session::begin(&web, &headers), next).into_response();
    }
    tracing::warn!(?peer, "somebody typed a wrong password");
    form(StatusCode::UNPROCESSABLE_ENTITY, "", &typed.next, "This is not the password")
}

/// `POST /admin/sign-out`: whoever is signed out already has what they want.
pub(super) async fn sign_out(State(web): State<Web>, headers: HeaderMap) -> Response {
    (Session::end(&web, &headers), Redirect::to("/admin/sign-in")).into_response()
}

fn form(status: StatusCode, notice: &'static str, next: &str, error: &str) -> Response {
    let wrong = !error.is_empty();
    let page = SignIn {
        title: if wrong {
            "Error: Sign in – Pie Shop Kitchen"
        } else {
            "Sign in – Pie Shop Kitchen"
        },
        notice,
        next: safe(next).to_owned(),
        password_error: error.to_owned(),
        error_title: if wrong { "You are not signed in" } else { "" },
        errors: wrong
            .then(|| Problem { field: "password", message: error.into() })
            .into_iter()
            .collect(),
    };
    Page(status, page).into_response()
}

/// Wrong passwords, by the address that they came from.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<BTreeMap<Option<IpAddr>, (u32, Instant)>>);

impl Attempts {
    /// Counts an attempt, before it is known how it ends: many at once help nobody. Refused, it
    /// says how long to wait.
    fn begin(&self, peer: Option<IpAddr>) -> Result<(), Duration> {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if attempts.len() >= MOST {
            attempts.retain(|_, (_, until)| *until > now);
        }
        let (wrong, until) = attempts.entry(peer).or_insert((0, now));
        if *until > now {
            return Err(*until - now);
        }
        *wrong += 1;
        let doubled = Duration::from_secs(1 << wrong.saturating_sub(FREE).min(20));
        *until = if *wrong > FREE { now + doubled.min(LONGEST_PAUSE) } else { now };
        Ok(())
    }

    /// A right password makes good for all attempts before.
    fn forgive(&self, peer: Option<IpAddr>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_some_wrong_passwords_an_address_waits_longer_each_time() {
        let (attempts, peer) = (Attempts::default(), Some([192, 0, 2, 1].into()));
        for _ in 0..=FREE {
            assert_eq!(Ok(()), attempts.begin(peer));
        }
        for seconds in [2, 4, 8].map(Duration::from_secs) {
            assert_eq!(Err(seconds), attempts.begin(peer));
            assert_eq!(Ok(()), attempts.begin(Some([192, 0, 2, 2].into())), "others do not wait");
            tokio::time::advance(seconds).await;
            assert_eq!(Ok(()), attempts.begin(peer));
        }
        attempts.forgive(peer);
        assert_eq!((Ok(()), Ok(())), (attempts.begin(peer), attempts.begin(peer)));
    }
}
