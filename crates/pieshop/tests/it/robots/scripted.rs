//! A robot that answers as told and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use order_core::{Address, Job, Pick, Request as RobotRequest, Robot};
use pieshop::clock::Clock;
use pieshop::config::{self, Secret};
use pieshop::robots::HttpRobots;
use serde_json::Value;
use tokio::net::TcpListener;
use uuid::Uuid;

/// What the robot answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Bytes,
    /// The answer never comes.
    pub(crate) hangs: bool,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string().into(), hangs: false }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// What the robot was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) body: Value,
}

struct Script {
    answer: Answer,
    asked: Mutex<Option<Asked>>,
}

/// The three clients, before one robot that gives `answer` to everything.
pub(crate) struct Scripted {
    pub(crate) robots: HttpRobots,
    script: Arc<Script>,
}

impl Scripted {
    pub(crate) async fn answering(answer: Answer) -> Self {
        let script = Arc::new(Script { answer, asked: Mutex::default() });
        let router = axum::Router::new().fallback(answered).with_state(script.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { robots: clients(&url, Duration::from_millis(500)), script }
    }

    pub(crate) fn asked(&self) -> Asked {
        self.script.asked.lock().unwrap().clone().expect("the robot was not called")
    }
}

/// Clients of robots at `url`.
pub(crate) fn clients(url: &str, call_timeout: Duration) -> HttpRobots {
    let robot = config::Robot {
        url: url.into(),
        api_key: Some(Secret::new("robots-only")),
        call_timeout,
        calls: 1,
    };
    let timed = config::TimedRobot { job_timeout: Duration::from_mins(2), robot: robot.clone() };
    let robots = config::Robots { picker: timed.clone(), baker: timed, delivery: robot };
    HttpRobots::new(&robots, Arc::new(Clock::starting_at(now()))).unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    "2025-12-17T16:00:00Z".parse().unwrap()
}

pub(crate) fn request(robot: Robot) -> RobotRequest {
    match robot {
        Robot::Picker => RobotRequest::Pick(Pick {
            fruit_type: "apple".into(),
            quantity: 6,
            quality: "premium".into(),
        }),
        Robot::Baker => {
            RobotRequest::Bake { pie_type: "apple".into(), temperature: 375, duration: 45 }
        }
        Robot::Delivery => RobotRequest::Deliver {
            pie_type: "apple".into(),
            destination: Address {
                street: "123 Main St".into(),
                city: "Springfield".into(),
                state: "IL".into(),
                zip: "62701".into(),
            },
            from: now() + TimeDelta::hours(2),
            until: now() + TimeDelta::hours(3),
        },
    }
}

pub(crate) fn job(robot: Robot) -> Job {
    match robot {
        Robot::Picker => Job::Pick { id: "pick_1".into() },
        Robot::Baker => Job::Bake { id: "bake_1".into(), oven: "oven-3".into() },
        Robot::Delivery => Job::Deliver { id: "del_1".into(), drone: "drone-12".into() },
    }
}

pub(crate) fn key() -> Uuid {
    Uuid::from_u128(0x5eed)
}

async fn answered(State(script): State<Arc<Script>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let header = |name| parts.headers.get(name).map(|it| it.to_str().unwrap().to_owned());
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().into(),
        authorization: header("authorization"),
        idempotency_key: header("idempotency-key"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    *script.asked.lock().unwrap() = Some(asked);
    if script.answer.hangs {
        std::future::pending::<()>().await;
    }
    let mut answer = Response::builder().status(script.answer.status);
    for (name, value) in &script.answer.headers {
        answer = answer.header(*name, *value);
    }
    answer.body(Body::from(script.answer.body.clone())).unwrap().into_response()
}
