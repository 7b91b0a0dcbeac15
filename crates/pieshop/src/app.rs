//! Puts the parts together: configuration in, a running service out.

mod serve;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use order_core::{Backoff, Policy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::catalog;
use crate::clock::{Ambient, Clock, Entropy};
use crate::config::Config;
use crate::http::{self, ApiState, TokenHash};
use crate::orchestrator::{Orchestrator, Settings};
use crate::robots::{Guarded, HttpRobots, Robots};
use crate::store::SharedStore;
use crate::web::{self, Credentials, WebState};

/// The shortest time between two questions after a job.
const POLL_FLOOR: TimeDelta = TimeDelta::milliseconds(250);

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
        let robots = HttpRobots::new(&config.robots, clock.clone())?;
        if config.orchestrator.enabled {
            tokio::spawn(robots.clone().warn_of_other_paces(config.pace));
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
