//! Breaks robots on purpose, where they let themselves be broken.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use order_core::Robot;
use serde::Deserialize;

use super::form::AdminForm;
use super::robots::{RobotView, name};
use crate::robots::{Condition, STORM};
use crate::web::Web;

/// What can be wrong with a robot, and what that means.
const MODES: [(&str, &str); 7] = [
    ("none", "None"),
    ("down", "Down: every call fails"),
    ("slow", "Slow: answers come late"),
    ("flaky", "Flaky: half of the calls fail"),
    ("reject", "Reject: refuses every job"),
    ("stuck", "Stuck: jobs never end"),
    ("forget", "Forget: knows no job any more"),
];

/// The switches on the dashboard.
pub(super) struct Faults {
    pub(super) robots: Vec<Switch>,
}

/// A robot's switch.
pub(super) struct Switch {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) modes: Vec<Choice>,
}

/// One of several faults.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
    pub(super) selected: bool,
}

impl Faults {
    /// The switches of the robots that have one; `None` where none has.
    pub(super) async fn now(web: &Web) -> Option<Self> {
        let known = web.board.lookout.conditions(web).await;
        let switch = |(robot, condition): (Robot, &Option<Condition>)| {
            let fault = condition.as_ref()?.fault.as_deref()?;
            let modes = modes(robot).map(|(value, label)| Choice {
                value,
                label,
                selected: value == fault,
            });
            Some(Switch { key: robot.as_str(), name: name(robot), modes: modes.collect() })
        };
        let robots: Vec<_> = Robot::ALL.into_iter().zip(known.iter()).filter_map(switch).collect();
        (!robots.is_empty()).then_some(Self { robots })
    }
}

fn modes(robot: Robot) -> impl Iterator<Item = (&'static str, &'static str)> {
    let storm = (STORM, "Storm: no drone flies");
    MODES.into_iter().chain((robot == Robot::Delivery).then_some(storm))
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    robot: String,
    #[serde(default)]
    mode: String,
}

/// `POST /admin/faults`
pub(super) async fn set(
    State(web): State<Web>,
    AdminForm(_, Wanted { robot, mode }): AdminForm<Wanted>,
) -> Response {
    let robot = Robot::ALL.into_iter().find(|known| known.as_str() == robot);
    let known = robot.filter(|robot| modes(*robot).any(|(value, _)| value == mode));
    let done = match known {
        Some(robot) if web.robots.set_fault(robot, &mode).await => {
            tracing::warn!(robot = robot.as_str(), mode, "the administrator set a fault");
            // The page that comes next shows it already.
            web.board.lookout.ask(&web).await;
            format!("fault-{}-{mode}", robot.as_str())
        }
        _ => "fault-refused".to_owned(),
    };
    Redirect::to(&format!("/admin?done={done}")).into_response()
}

/// The robot with the fault that is switched on.
pub(super) fn told(known: &[Option<Condition>], mut view: RobotView) -> RobotView {
    let known = known.get(view.robot as usize).and_then(Option::as_ref);
    let fault = known.and_then(|known| known.fault.as_deref()).filter(|fault| *fault != "none");
    view.lines.extend(fault.map(|fault| format!("Fault switched on: {fault}")));
    view
}

/// What was set just now.
pub(super) fn notice(done: &str) -> Option<String> {
    let what = done.strip_prefix("fault-")?;
    let Some((robot, mode)) = what.split_once('-') else {
        return Some("The robot does not let itself be broken: nothing was changed.".into());
    };
    let robot = Robot::ALL.into_iter().find(|known| known.as_str() == robot)?;
    let (mode, _) = modes(robot).find(|(known, _)| *known == mode)?;
    Some(format!("Fault of the {} is now: {mode}.", name(robot).to_lowercase()))
}
