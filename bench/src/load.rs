//! Puts load on a server and measures how long answers take.
//!
//! Closed loop: each connection sends its next request when the last one is answered. All of them
//! run on one thread, since they share the machine with what is measured.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use testbed::http::Connection;
use tokio::runtime;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep_until};

/// How much load.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) port: u16,
    pub(crate) connections: usize,
    pub(crate) until: Until,
    /// The status that every answer must have.
    pub(crate) status: u16,
}

/// When it ends.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    /// Measured for `time`, after a warm-up.
    Time { warm_up: Duration, time: Duration },
    /// After so many requests, all of them measured.
    Count(u64),
    /// So many requests, one `every` so often, each measured from when it is due: a server that
    /// stalls does not hide the requests that it holds up.
    Steady { count: u32, every: Duration },
}

/// What came of it.
pub(crate) struct Measured {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Microseconds from sending to the whole answer.
    latency: Histogram<u64>,
}

impl Measured {
    /// In milliseconds.
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        float(self.latency.value_at_quantile(quantile)) / 1000.0
    }
}

/// Writes the request of that number.
pub(crate) trait Requests: Fn(u64, &mut Vec<u8>) + Send + Sync + 'static {}

impl<F: Fn(u64, &mut Vec<u8>) + Send + Sync + 'static> Requests for F {}

impl Load {
    /// Puts the load on.
    pub(crate) async fn run(self, requests: impl Requests) -> Result<Measured> {
        let run = move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(self.measure(requests))
        };
        spawn_blocking(run).await.context("the load generator panicked")?
    }

    async fn measure(self, requests: impl Requests) -> Result<Measured> {
        let warm_up = match self.until {
            Until::Time { warm_up, .. } => warm_up,
            _ => Duration::ZERO,
        };
        let begin = Instant::now() + warm_up;
        let latency = Mutex::new(Histogram::new_with_bounds(1, 60_000_000, 3)?);
        let shared = Arc::new((AtomicU64::new(0), latency, requests));
        let mut connections = JoinSet::new();
        for _ in 0..self.connections {
            connections.spawn(self.drive(begin, shared.clone()));
        }
        while let Some(connection) = connections.join_next().await {
            connection??;
        }
        let time = match self.until {
            Until::Time { time, .. } => time,
            _ => begin.elapsed(),
        };
        let latency = shared.1.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Measured { rate: float(latency.len()) / time.as_secs_f64(), latency })
    }

    async fn drive(
        self,
        begin: Instant,
        shared: Arc<(AtomicU64, Mutex<Histogram<u64>>, impl Requests)>,
    ) -> Result<()> {
        let (next, latency, requests) = &*shared;
        let mut connection = Connection::open(self.port).await?;
        let mut request = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let mut due = Instant::now();
            match self.until {
                Until::Time { time, .. } if due > begin + time => return Ok(()),
                Until::Count(count) if number >= count => return Ok(()),
                Until::Steady { count, .. } if number >= count.into() => return Ok(()),
                Until::Steady { every, .. } => {
                    due = begin + every * u32::try_from(number)?;
                    sleep_until(due).await;
                }
                _ => {}
            }
            request.clear();
            requests(number, &mut request);
            let answer = connection.send(&request).await?;
            if answer.status != self.status {
                let body = String::from_utf8_lossy(answer.body);
                bail!("expected {}, got {}: {body}", self.status, answer.status);
            }
            let done = Instant::now();
            let outside = match self.until {
                Until::Time { time, .. } => done < begin || done > begin + time,
                _ => false,
            };
            if !outside {
                let took = u64::try_from((done - due).as_micros())?;
                latency.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(took);
            }
        }
    }
}

/// Without the loss of precision that matters.
#[expect(clippy::cast_precision_loss, reason = "counts and microseconds are far below 2^52")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}
