//! Breaks a robot on purpose, where it lets itself be broken.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::checked::words;
use super::client::Client;

/// The name of the one fault that is no mode: no drone flies.
pub const STORM: &str = "storm";

impl Client {
    /// The fault that is switched on; `None` where the robot lets nobody switch any.
    pub(super) async fn fault(&self) -> Option<String> {
        let body = self.glance("/faults").await?;
        let fault: Value = serde_json::from_slice(&body).ok()?;
        match fault["storm"].as_bool() {
            Some(true) => Some(STORM.to_owned()),
            _ => fault["mode"].as_str().map(words),
        }
    }

    /// Switches a fault on, or with `none` off; whether the robot has done so.
    pub(super) async fn set_fault(&self, fault: &str) -> bool {
        let body = if fault == STORM {
            json!({ "mode": "none", "storm": true })
        } else {
            json!({ "mode": fault })
        };
        let answer = self.request(Method::PUT, "/faults").json(&body).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }
}
