//! How this process gets on with the robots, in words.

use super::robots::RobotView;
use crate::web::Web;
use crate::web::words::Badge;

/// The robot with the state of the breaker before it, and what it means.
pub(super) fn told(web: &Web, mut view: RobotView) -> RobotView {
    let Some(breaker) = web.robots.breaker(view.robot.stage().status()) else { return view };
    let (class, word, words) = match breaker.state {
        "closed" => ("is-done", "Breaker closed", "Calls go through."),
        "open" => (
            "is-bad",
            "Breaker open",
            "It failed too often: no call is made for a while, the orders wait.",
        ),
        _ => ("is-work", "Breaker half-open", "A few calls are made to see whether it is back."),
    };
    view.badges.push(Badge { class, word });
    view.lines.push(words.into());
    view
}
