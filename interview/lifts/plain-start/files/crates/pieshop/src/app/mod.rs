//! Puts the parts together: configuration in, a running service out.

mod serve;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chrono::TimeDelta;
use order_core::Policy;

use crate::catalog;
use crate::clock::Ambient;
use crate::config::Config;
use crate::http::{self, ApiState, TokenHash};
use crate::orchestrator::Orchestrator;
use crate::robots::HttpRobots;
use crate::store::{self, SharedStore};
use crate::web::{self, Credentials, WebState};

/// How often due orders are looked for when nothing else wakes the orchestrator.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// A service that is ready to be served.
pub struct App {
    orchestrator: Orchestrator,
    router: axum::Router,
    store: SharedStore,
}

impl App {
    /// Builds the service on its database, with the robots that the configuration names.
    pub async fn start(config: &Config) -> Result<Self> {
        let store = store::open(&config.database.url).await?;
        let robots = HttpRobots::new(&config.robots)?;
        let policy = Arc::new(policy(config));
        let orchestrator =
            Orchestrator::start(&store, robots, &Ambient::default(), &policy, POLL_INTERVAL);
        let catalog = catalog::open();
        let (token, password) = (&config.auth.admin_token, &config.auth.admin_password);
        // Without a password, nobody can sign in.
        let password = Some(password.as_str()).filter(|password| !password.is_empty());
        let pages = web::router(WebState {
            orders: orchestrator.orders.clone(),
            catalog: catalog.clone(),
            credentials: Arc::new(Credentials::new(password, token)),
        });
        let admin = TokenHash::of(token);
        let api = ApiState { orders: orchestrator.orders.clone(), catalog, admin };
        let router = http::router(api, pages, web::no_page);
        Ok(Self { orchestrator, router, store })
    }
}

/// How long things take, and what is tried again; times of the kitchen are divided by the pace.
#[expect(clippy::cast_possible_truncation, reason = "a month at the slowest pace fits")]
fn policy(config: &Config) -> Policy {
    let paced = |at_pace_1: Duration| {
        TimeDelta::microseconds((at_pace_1.as_secs_f64() * 1e6 / config.pace) as i64)
    };
    let minutes = |minutes: u32| paced(Duration::from_secs(60 * u64::from(minutes)));
    let prep = config.prep_minutes.iter();
    Policy {
        tries: 5,
        retry_base: Duration::from_millis(500),
        retry_cap: Duration::from_secs(30),
        poll_floor: TimeDelta::milliseconds(250),
        picking_limit: paced(config.robots.picker.job_timeout),
        baking_limit: paced(config.robots.baker.job_timeout),
        prep: prep.map(|(step, time)| (step.clone(), minutes(*time))).collect(),
        picking: minutes(1),
        baking: minutes(20),
        delivery: minutes(30),
        margin: minutes(10),
        window: minutes(30),
    }
}
