//! Signing in and out.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::next::Next;
use super::session::Session;
use super::throttle::Peer;
use crate::web::Web;
use crate::web::form::Problem;
use crate::web::page::Page;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    /// Whether there is a password at all.
    configured: bool,
    next: Next,
    password_error: String,
    error_title: &'static str,
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    password: String,
    #[serde(flatten)]
    next: Next,
}

/// `GET /admin/sign-in`
pub(super) async fn show(State(web): State<Web>, Query(next): Query<Next>) -> Response {
    Page(StatusCode::OK, SignIn::new(&web, next)).into_response()
}

/// `POST /admin/sign-in`
pub(super) async fn sign_in(
    State(web): State<Web>,
    peer: Peer,
    headers: HeaderMap,
    Form(Typed { password, next }): Form<Typed>,
) -> Response {
    let page = SignIn::new(&web, next);
    if let Err(seconds) = web.attempts.begin(peer) {
        let error = format!("Too many wrong passwords: try again in {seconds} s");
        let page = Page(StatusCode::TOO_MANY_REQUESTS, page.refused(error));
        return ([(header::RETRY_AFTER, seconds.to_string())], page).into_response();
    }
    let credentials = web.credentials.clone();
    let right = spawn_blocking(move || credentials.check(&password)).await;
    if right.is_ok_and(|right| right) {
        web.attempts.forgive(peer);
        return (Session::begin(&web, &headers), Redirect::to(page.next.url())).into_response();
    }
    tracing::warn!(?peer, "somebody typed a wrong password");
    let page = page.refused("This is not the password".to_owned());
    Page(StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// `POST /admin/sign-out`: whoever is signed out already has what they want.
pub(super) async fn sign_out(State(web): State<Web>, headers: HeaderMap) -> Response {
    (Session::end(&web, &headers), Redirect::to("/admin/sign-in")).into_response()
}

impl SignIn {
    fn new(web: &Web, next: Next) -> Self {
        Self {
            configured: web.credentials.exist(),
            next,
            password_error: String::new(),
            error_title: "",
            errors: Vec::new(),
        }
    }

    fn refused(self, error: String) -> Self {
        let errors = vec![Problem { field: "password", message: error.clone() }];
        Self { password_error: error, error_title: "You are not signed in", errors, ..self }
    }
}
