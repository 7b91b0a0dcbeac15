//! How this process gets on with a robot, in words.

use order_core::Robot;

use crate::web::Web;
use crate::web::words::Badge;

/// The state of the breaker before a robot, and what it means; nothing without one.
pub(super) fn view(web: &Web, robot: Robot) -> (Option<Badge>, &'static str) {
    let Some(breaker) = web.robots.breaker(robot.stage().status()) else { return (None, "") };
    let (class, word, words) = match breaker.state {
        "closed" => ("is-done", "Breaker closed", "Calls go through."),
        "open" => (
            "is-bad",
            "Breaker open",
            "It failed too often: no call is made for a while, the orders wait.",
        ),
        _ => ("is-work", "Breaker half-open", "A few calls are made to see whether it is back."),
    };
    (Some(Badge { class, word }), words)
}
