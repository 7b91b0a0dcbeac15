//! How this process gets on with the robots, in words.

use super::robots::RobotList;
use crate::web::Web;
use crate::web::words::Badge;

/// The robots with the state of the breaker before each, and what it means.
pub(super) fn told(web: &Web, mut list: RobotList) -> RobotList {
    for view in &mut list.robots {
        let Some(breaker) = web.robots.breaker(view.robot.stage().status()) else { continue };
        let (class, word, words) = match breaker.state {
            "closed" => ("is-done", "Breaker closed", "Calls go through."),
            "open" => (
                "is-bad",
                "Breaker open",
                "It failed too often: no call is made for a while, the orders wait.",
            ),
            _ => {
                ("is-work", "Breaker half-open", "A few calls are made to see whether it is back.")
            }
        };
        (view.breaker, view.words) = (Some(Badge { class, word }), words);
    }
    list
}
