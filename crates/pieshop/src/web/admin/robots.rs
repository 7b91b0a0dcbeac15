//! How the robots are doing: asked now and then, once for all who watch.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use askama::Template;
use futures::future::join_all;
use order_core::Robot;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::robots::{Condition, Jobs};
use crate::web::words::{Badge, grouped};
use crate::web::{Web, assets};

/// The robots are asked so often at most.
const EVERY: Duration = Duration::from_secs(3);
/// A robot that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// The first who looks waits so long for the robots' first answers.
const FIRST: Duration = Duration::from_millis(200);

/// What is known of each robot; `None` where it cannot be asked.
pub(super) type Conditions = Arc<[Option<Condition>]>;

/// Asks the robots, without anybody having to wait for them.
pub(crate) struct Lookout {
    known: watch::Sender<Option<Conditions>>,
    asked: Mutex<Option<Instant>>,
}

impl Default for Lookout {
    fn default() -> Self {
        Self { known: watch::channel(None).0, asked: Mutex::default() }
    }
}

impl Lookout {
    /// What is known, and asks anew where that has become old.
    pub(super) async fn conditions(&self, web: &Web) -> Conditions {
        if self.is_due() {
            let web = web.clone();
            tokio::spawn(async move { web.board.lookout.ask(&web).await });
        }
        let mut known = self.known.subscribe();
        let first = timeout(FIRST, known.wait_for(Option::is_some)).await;
        let conditions = first.ok().and_then(|known| known.ok()?.clone());
        conditions.unwrap_or_else(|| Arc::new([None, None, None]))
    }

    /// Asks all robots at once.
    pub(super) async fn ask(&self, web: &Web) {
        let ask = async |robot| {
            let asked = timeout(PATIENCE, web.robots.condition(robot)).await;
            asked.unwrap_or(Some(Condition::default()))
        };
        let conditions = join_all(Robot::ALL.map(ask)).await;
        self.known.send_replace(Some(conditions.into()));
    }

    /// Whether it is time to ask; then somebody is about to.
    fn is_due(&self) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = asked.is_none_or(|asked| asked.elapsed() >= EVERY);
        if due {
            *asked = Some(Instant::now());
        }
        due
    }
}

/// The robots of the dashboard.
#[derive(Template)]
#[template(path = "robots.html")]
pub(super) struct RobotList {
    pub(super) robots: Vec<RobotView>,
}

/// A robot.
pub(super) struct RobotView {
    pub(super) robot: Robot,
    name: &'static str,
    picture: String,
    pub(super) badges: Vec<Badge>,
    pub(super) lines: Vec<String>,
}

impl RobotList {
    /// The robots as they were last heard of.
    pub(super) async fn now(web: &Web) -> Self {
        let conditions = web.board.lookout.conditions(web).await;
        let views = Robot::ALL.into_iter().zip(conditions.iter());
        let views = views.map(|(robot, known)| view(robot, known.as_ref()));
        let views = views.map(|view| super::breaker::told(web, view));
        let views = views.map(|view| super::faults::told(&conditions, view));
        Self { robots: views.collect() }
    }
}

fn view(robot: Robot, known: Option<&Condition>) -> RobotView {
    let health = match known {
        None => Badge { class: "", word: "Not asked yet" },
        Some(known) if known.answers => Badge { class: "is-done", word: "Answers" },
        Some(_) => Badge { class: "is-bad", word: "Does not answer" },
    };
    RobotView {
        robot,
        name: name(robot),
        picture: assets::url(picture(robot)),
        badges: vec![health],
        lines: vec![jobs(known.and_then(|known| known.jobs))],
    }
}

/// What people call a robot.
pub(super) fn name(robot: Robot) -> &'static str {
    match robot {
        Robot::Picker => "Fruit picker",
        Robot::Baker => "Baker",
        Robot::Delivery => "Delivery drones",
    }
}

fn picture(robot: Robot) -> &'static str {
    match robot {
        Robot::Picker => "img/picker.svg",
        Robot::Baker => "img/baker.svg",
        Robot::Delivery => "img/drone.svg",
    }
}

fn jobs(jobs: Option<Jobs>) -> String {
    let Some(jobs) = jobs else { return "It does not tell of its jobs.".into() };
    let number = |number: u64| grouped(i64::try_from(number).unwrap_or(i64::MAX));
    let Jobs { queued, in_progress, completed, failed } = jobs;
    format!(
        "{} at work, {} waiting, {} done, {} failed",
        number(in_progress),
        number(queued),
        number(completed),
        number(failed)
    )
}
