//! Values that do not go together.

use super::error::problem;
use super::{Config, Robot, Robots};

impl Config {
    /// The values that do not go together.
    pub(super) fn conflicts(&self) -> Vec<String> {
        let Robots { picker, baker, delivery } = &self.robots;
        let fits = |robot: &Robot| robot.call_timeout * 2 < self.orchestrator.lease;
        let commit_fits = self.http.commit_deadline < self.http.request_timeout;
        let base_fits = self.retry.base <= self.retry.cap;
        [
            (
                fits(&picker.robot),
                "robots.picker.call_timeout",
                "under half of",
                "orchestrator.lease",
            ),
            (
                fits(&baker.robot),
                "robots.baker.call_timeout",
                "under half of",
                "orchestrator.lease",
            ),
            (fits(delivery), "robots.delivery.call_timeout", "under half of", "orchestrator.lease"),
            (commit_fits, "http.commit_deadline", "under", "http.request_timeout"),
            (base_fits, "retry.base", "not over", "retry.cap"),
        ]
        .into_iter()
        .filter(|(fits, ..)| !fits)
        .filter_map(|(_, key, relation, other)| {
            let (value, limit) = (self.settings.0.get(key)?, self.settings.0.get(other)?);
            let from = &limit.origin;
            let text = format!(
                "takes a duration {relation} {other}, which is {limit} ({from}), not {value}"
            );
            Some(problem(key, &value.origin, &text))
        })
        .collect()
    }
}
