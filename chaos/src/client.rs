//! One call over HTTP, with a time limit.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;
use testbed::http::{self, Connection};
use tokio::time::timeout;

/// The administrator's token of every service.
pub(crate) const TOKEN: &str = "the-administrator-of-the-chaos";
/// The key of every robot.
pub(crate) const ROBOT_KEY: &str = "the-key-of-the-robots";
/// Longer than a request may take by the service's configuration.
const LIMIT: Duration = Duration::from_secs(7);

/// What was answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    /// Null where it is no JSON.
    pub(crate) body: Value,
}

/// A request.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: Option<&'a str>,
}

impl Call<'_> {
    /// Sends it to a port of 127.0.0.1; an error when no whole answer comes in time.
    pub(crate) async fn to(self, port: u16) -> Result<Reply> {
        let mut request = Vec::new();
        http::request(self.method, self.path, self.headers, self.body, &mut request);
        timeout(LIMIT, async {
            let mut connection = Connection::open(port).await?;
            let answer = connection.send(&request).await?;
            let etag = answer.header("etag").map(str::to_owned);
            let body = serde_json::from_slice(answer.body).unwrap_or_default();
            Ok(Reply { status: answer.status, etag, body })
        })
        .await?
    }
}

/// `GET` with this bearer token.
pub(crate) async fn get(port: u16, path: &str, token: &str) -> Result<Reply> {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    Call { method: "GET", path, headers: &headers, body: None }.to(port).await
}
