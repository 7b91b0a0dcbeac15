//! The service as a library, with robots that are function calls.

use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use order_core::{Job, JobStatus, Outcome, Request};
use pieshop::app::{Administrator, App};
use pieshop::clock::Clock;
use pieshop::robots::Robots;
use pieshop::store::SharedStore;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::bed::TOKEN;
use crate::database::Database;
use crate::orders;

/// A service that runs in this process.
pub(super) struct Engine {
    pub(super) app: App,
    store: SharedStore,
    robots: Arc<Instantly>,
}

/// Robots that have done everything as soon as they are asked, or answer nobody.
struct Instantly {
    clock: Arc<Clock>,
    gate: Semaphore,
}

impl Engine {
    /// Starts it. Robots that are not `at_work` let each lane wait with what it has in hand.
    pub(super) async fn start(database: &Database, pace: &str, at_work: bool) -> Result<Self> {
        let store = database.open().await?;
        let clock = Arc::new(Clock::starting_at(store.now().await?));
        let gate = Semaphore::new(if at_work { Semaphore::MAX_PERMITS } else { 0 });
        let robots = Arc::new(Instantly { clock: clock.clone(), gate });
        let (config, admin) = (orders::config(&[("pace", pace)])?, Administrator::new(TOKEN, None));
        let app = App::with_robots(&config, store.clone(), admin, robots.clone(), clock).await?;
        Ok(Self { app, store, robots })
    }

    /// Ends it in order.
    pub(super) async fn stop(self) {
        self.robots.gate.close();
        self.app.orchestrator.stop().await;
        self.store.close().await;
    }
}

impl Instantly {
    async fn wait(&self) {
        // An error means that the engine is to stop: whoever waits need not any more.
        let _ = self.gate.acquire().await;
    }
}

#[async_trait]
impl Robots for Instantly {
    async fn submit(&self, key: Uuid, request: &Request) -> Outcome {
        self.wait().await;
        orders::accepted(request, format!("job_{}", key.simple()), self.clock.now())
    }

    async fn poll(&self, _: &Job) -> Outcome {
        self.wait().await;
        orders::done()
    }

    async fn cancel(&self, _: &Job) -> Outcome {
        self.wait().await;
        Outcome::Cancelled(JobStatus::Cancelled)
    }
}
