//! Puts the parts together: configuration in, a running service out.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use order_core::{Backoff, Policy, Robot};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::catalog;
use crate::clock::{Ambient, Clock, Entropy};
use crate::config::{self, Config};
use crate::http::{self, ApiState, TokenHash};
use crate::orchestrator::{Orchestrator, Settings};
use crate::robots::{Client, ClientSettings, Guarded, HttpRobots, Robots};
use crate::store::SharedStore;
use crate::web::{self, Credentials, WebState};

/// The shortest time between two questions after a job.
const POLL_FLOOR: TimeDelta = TimeDelta::milliseconds(250);
/// How long closing the store may take after the grace is over.
const CLOSING: Duration = Duration::from_secs(1);

/// How late listeners and counters may be.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Who may do everything.
pub struct Administrator {
    /// The token for programs.
    pub token: TokenHash,
    /// The password for people.
    pub credentials: Credentials,
}

impl Administrator {
    /// Knows the token, and the password where there is one: else nobody can sign in.
    pub fn new(token: &str, password: Option<&str>) -> Self {
        Self { token: TokenHash::of(token), credentials: Credentials::new(password, token) }
    }
}

/// A service that is ready to be served.
pub struct App {
    /// Commands and lanes.
    pub orchestrator: Orchestrator,
    /// Every route.
    pub router: axum::Router,
    store: SharedStore,
    stop: CancellationToken,
    limits: http::connections::Limits,
    grace: Duration,
}

impl App {
    /// Builds the service on a migrated store, with the robots that the configuration names.
    pub async fn start(
        config: &Config,
        store: SharedStore,
        admin: Administrator,
    ) -> anyhow::Result<Self> {
        let clock = Arc::new(Clock::starting_at(store.now().await?));
        let robots = robots(config, &clock)?;
        if config.orchestrator.enabled {
            tokio::spawn(warn_of_other_paces(robots.clone(), config.pace));
        }
        let robots = Guarded::new(robots, &config.breaker, clock.clone());
        Self::with_robots(config, store, admin, Arc::new(robots), clock).await
    }

    /// Builds the service with other robots.
    pub async fn with_robots(
        config: &Config,
        store: SharedStore,
        admin: Administrator,
        robots: Arc<dyn Robots>,
        clock: Arc<Clock>,
    ) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let url = config.catalog.url.as_ref().map_or("", |url| url.expose());
        let catalog = catalog::open(url, config.catalog.refresh, stop.clone()).await?;
        let ambient = Ambient { clock, entropy: Arc::new(Entropy::from_system()?) };
        let policy = Arc::new(policy(config));
        let lanes = config.orchestrator.enabled.then_some(&robots);
        let orchestrator = Orchestrator::start(&store, lanes, &ambient, &policy, &settings(config));
        let pages = web::router(WebState {
            orders: orchestrator.orders.clone(),
            observer: orchestrator.observer.clone(),
            catalog: catalog.clone(),
            robots: robots.clone(),
            credentials: Arc::new(admin.credentials),
        });
        let api = ApiState {
            orders: orchestrator.orders.clone(),
            observer: orchestrator.observer.clone(),
            catalog,
            robots,
            admin: admin.token,
            body_limit: config.http.body_limit,
            request_timeout: config.http.request_timeout,
        };
        let router = http::router(api, pages, web::no_page);
        let limits = http::connections::Limits {
            connections: config.http.connections,
            idle: config.http.idle_timeout,
        };
        let grace = config.http.shutdown_grace;
        Ok(Self { orchestrator, router, store, stop, limits, grace })
    }

    /// Serves until `shutdown`, then ends in order: no new requests, no new claims, what is in hand
    /// is finished. What is not finished within the grace is taken up again by the next start.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) {
        let stop = self.stop.clone();
        let stopped = self.stop.clone();
        tokio::spawn(async move {
            shutdown.await;
            stop.cancel();
        });
        let server = http::connections::serve(listener, self.router, self.limits, stopped.clone());
        let ended = async {
            stopped.cancelled().await;
            let ended = timeout(self.grace, self.orchestrator.stop()).await;
            if ended.is_err() {
                tracing::warn!("work in hand did not end in time; it will be taken up again");
            }
            // What a database that does not answer still holds cannot be closed in order.
            if timeout(CLOSING, self.store.close()).await.is_err() {
                tracing::warn!("the database did not let go of its connections in time");
            }
        };
        let serving = async {
            tokio::select! {
                () = server => {}
                () = async { stopped.cancelled().await; tokio::time::sleep(self.grace).await } => {
                    tracing::warn!("some connections did not end in time");
                }
            }
        };
        tokio::join!(serving, ended);
    }
}

/// Listens, or says what to do.
pub async fn listen(host: &str, port: u16, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind((host, port)).await.with_context(|| {
        format!("cannot listen on {host}:{port}: free the port or choose another with {key}")
    })
}

/// The core's policy, by the configuration; times of the kitchen are divided by the pace.
pub fn policy(config: &Config) -> Policy {
    let paced = |time| config.paced(time);
    let real = |time| TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX);
    let minutes = |minutes: &u32| Duration::from_secs(60 * u64::from(*minutes));
    let kitchen = &config.kitchen;
    Policy {
        tries: config.retry.tries,
        backoff: Backoff { base: real(config.retry.base), cap: real(config.retry.cap) },
        poll_floor: POLL_FLOOR,
        picking_limit: paced(config.robots.picker.job_timeout),
        baking_limit: paced(config.robots.baker.job_timeout),
        prep: kitchen
            .prep_minutes
            .iter()
            .map(|(step, time)| (step.clone(), paced(minutes(time))))
            .collect(),
        picking: paced(kitchen.picking),
        baking: paced(kitchen.baking),
        delivery: paced(kitchen.delivery),
        margin: paced(kitchen.margin),
        window: paced(kitchen.window),
    }
}

fn settings(config: &Config) -> Settings {
    let robots = &config.robots;
    Settings {
        lease: config.orchestrator.lease,
        poll_interval: config.orchestrator.poll_interval,
        sweep_interval: SWEEP_INTERVAL,
        commit_deadline: config.http.commit_deadline,
        idempotency_keep: config.orders.idempotency_keep,
        calls: [robots.picker.robot.calls, robots.baker.robot.calls, robots.delivery.calls],
    }
}

fn robots(config: &Config, clock: &Arc<Clock>) -> anyhow::Result<HttpRobots> {
    let client = |robot: &config::Robot| {
        Client::new(ClientSettings {
            url: robot.url.clone(),
            api_key: robot.api_key.clone(),
            call_timeout: robot.call_timeout,
            clock: clock.clone(),
        })
    };
    let robots = &config.robots;
    Ok(HttpRobots::new(
        client(&robots.picker.robot)?,
        client(&robots.baker.robot)?,
        client(&robots.delivery)?,
    ))
}

/// Robots at another pace make every estimate and time limit wrong.
async fn warn_of_other_paces(robots: HttpRobots, ours: f64) {
    for (robot, pace) in robots.paces().await {
        let robot = Robot::as_str(robot);
        match pace {
            Some(pace) if (pace - ours).abs() > f64::EPSILON => {
                tracing::warn!(robot, theirs = pace, ours, "the robot runs at another pace");
            }
            Some(_) => {}
            None => tracing::warn!(robot, "the robot does not answer yet"),
        }
    }
}
