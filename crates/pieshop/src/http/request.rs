//! What is done for every request: an id, a time limit, a net under panics, one line in the log.

use std::panic::AssertUnwindSafe;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use super::Api;
use super::error::ApiError;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps every handler. It is one layer, because each layer costs every request an allocation.
pub(super) async fn around(State(api): State<Api>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&request, &api);
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", request_id = id.to_str().unwrap_or_default());
    let mut response = guarded(&api, request, next).instrument(span.clone()).await;
    response.headers_mut().insert(REQUEST_ID, id);
    span.in_scope(|| log(&method, path.as_ref(), response.status(), began));
    response
}

/// The client's id where it is a sane one, so that its logs and ours can be put side by side.
fn request_id(request: &Request, api: &Api) -> HeaderValue {
    let sane = |id: &&HeaderValue| {
        let id = id.as_bytes();
        (1..=64).contains(&id.len())
            && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
    };
    request.headers().get(REQUEST_ID).filter(sane).cloned().unwrap_or_else(|| {
        let id = api.orders.ambient.entropy.token().simple().to_string();
        HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
    })
}

async fn guarded(api: &Api, request: Request, next: Next) -> Response {
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    match timeout(api.request_timeout, handled).await {
        Ok(Ok(response)) => named(response),
        // The panic's own message is on standard error already.
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            ApiError::Internal.into_response()
        }
        Err(_) => {
            tracing::error!(limit = ?api.request_timeout, "a request took too long");
            ApiError::TimedOut.into_response()
        }
    }
}

/// Gives the router's own bare errors a body.
fn named(response: Response) -> Response {
    if response.headers().contains_key(header::CONTENT_TYPE) {
        return response;
    }
    match response.status() {
        StatusCode::NOT_FOUND => ApiError::NotFound.into_response(),
        StatusCode::METHOD_NOT_ALLOWED => {
            let allow = response.headers().get(header::ALLOW).cloned();
            let allow = allow.map(|methods| [(header::ALLOW, methods)]);
            (allow, ApiError::MethodNotAllowed).into_response()
        }
        _ => response,
    }
}

/// What went as it should is said only when asked for: a change has its own line, under the same
/// request id. The path is the route's, so that neither ids nor search words get into the log.
fn log(method: &Method, path: Option<&MatchedPath>, status: StatusCode, began: Instant) {
    let path = path.map_or("(no route)", MatchedPath::as_str);
    let latency_ms = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    let status = status.as_u16();
    if status < 400 {
        tracing::debug!(%method, path, status, latency_ms, "request");
    } else {
        tracing::info!(%method, path, status, latency_ms, "request");
    }
}
