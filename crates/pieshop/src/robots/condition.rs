//! How a robot is doing, for people's eyes: nothing is decided by it.

use std::fmt;

use order_core::Robot;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Deserializer, Value};

use super::HttpRobots;
use super::client::Client;

/// How a robot is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Whether it says that it is at work.
    pub answers: bool,
    /// Its jobs, where it tells.
    pub jobs: Option<Jobs>,
    /// The fault that is switched on, `none` without one; `None` where it lets nobody switch any.
    pub fault: Option<String>,
}

/// Numbers of a robot's jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Jobs {
    /// Not begun yet.
    #[serde(alias = "ASSIGNED")]
    pub queued: u64,
    /// Under way.
    #[serde(alias = "IN_TRANSIT")]
    pub in_progress: u64,
    /// Done.
    #[serde(alias = "DELIVERED")]
    pub completed: u64,
    /// Given up by the robot.
    pub failed: u64,
}

impl HttpRobots {
    pub(super) fn client(&self, robot: Robot) -> &Client {
        match robot {
            Robot::Picker => &self.picker,
            Robot::Baker => &self.baker,
            Robot::Delivery => &self.delivery,
        }
    }

    /// Robots at another pace make every estimate and time limit wrong.
    pub async fn warn_of_other_paces(self, ours: f64) {
        for robot in Robot::ALL {
            let pace = self.client(robot).pace().await;
            let robot = robot.as_str();
            match pace {
                Some(pace) if (pace - ours).abs() > f64::EPSILON => {
                    tracing::warn!(robot, theirs = pace, ours, "the robot runs at another pace");
                }
                Some(_) => {}
                None => tracing::warn!(robot, "the robot does not answer yet"),
            }
        }
    }
}

impl Client {
    /// The pace that the robot's health page tells.
    async fn pace(&self) -> Option<f64> {
        let body: Value = serde_json::from_slice(&self.glance("/healthz").await?).ok()?;
        body["pace"].as_f64()
    }

    /// Asks how the robot is doing; each question has the time limit of a call.
    pub(super) async fn condition(&self) -> Condition {
        let (health, stats, fault) =
            tokio::join!(self.glance("/healthz"), self.glance("/stats"), self.fault());
        Condition { answers: health.is_some(), jobs: stats.and_then(|body| jobs(&body)), fault }
    }

    /// The beginning of an answer, where it is one of success.
    pub(super) async fn glance(&self, path: &str) -> Option<Vec<u8>> {
        const ENOUGH: usize = 16 * 1024;
        let mut answer = self.request(Method::GET, path).send().await.ok()?;
        if answer.status() != StatusCode::OK {
            return None;
        }
        let mut body = Vec::new();
        while body.len() < ENOUGH
            && let Some(chunk) = answer.chunk().await.ok()?
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(ENOUGH);
        Some(body)
    }
}

/// The jobs at the beginning of a robot's statistics: after them comes a line for each job that
/// there ever was, which nobody wants to read.
fn jobs(body: &[u8]) -> Option<Jobs> {
    struct Beginning<'j>(&'j mut Option<Jobs>);

    impl<'de> Visitor<'de> for Beginning<'_> {
        type Value = ();

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("statistics")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<String>()? {
                if key == "jobs" {
                    *self.0 = Some(map.next_value()?);
                    return Ok(());
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    let mut jobs = None;
    // That the rest is missing is no matter.
    let _ = Deserializer::from_slice(body).deserialize_map(Beginning(&mut jobs));
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_read_though_the_keys_after_them_are_cut_off() {
        let body = br#"{"jobs":{"ASSIGNED":1,"CANCELLED":0,"DELIVERED":7,"FAILED":2,"IN_TRANSIT":3},"keys":{"a":{"cal"#;
        let expected = Jobs { queued: 1, in_progress: 3, completed: 7, failed: 2 };
        assert_eq!(Some(expected), jobs(body));
        for body in ["", "[]", "{\"jobs\":7}", "{\"keys\":{}}", "{\"jobs\":{\"FAILED\":"] {
            assert_eq!(None, jobs(body.as_bytes()), "{body}");
        }
    }
}
