//! Forms that only the administrator can have sent.

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha512};

use super::session::Session;
use crate::web::Web;
use crate::web::trouble::{Trouble, trouble};

/// A form of the administrator's own session.
pub(super) struct AdminForm<T>(pub(super) Session, pub(super) T);

#[derive(Deserialize)]
struct Signed<T> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    fields: T,
}

impl<T: DeserializeOwned> FromRequest<Web> for AdminForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let session = Session::from_request_parts(&mut parts, web).await?;
        let request = Request::from_parts(parts, body);
        let form = Form::<Signed<T>>::from_request(request, web).await;
        let Form(Signed { csrf, fields }) = form.map_err(IntoResponse::into_response)?;
        // Digests are compared, so that the time it takes tells nothing.
        if Sha512::digest(&session.csrf) == Sha512::digest(&csrf) {
            Ok(Self(session, fields))
        } else {
            Err(trouble(Trouble::OtherSession))
        }
    }
}
