//! Puts load on a server and measures how long answers take.
//!
//! Closed loop: each connection sends its next request when the last one is answered. All of them
//! run on one thread, since they share the machine with what is measured.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;
use tokio::runtime;
use tokio::task::{LocalSet, spawn_blocking};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::http::Connection;

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
}

/// What came of it.
pub(crate) struct Measured {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Microseconds from sending to the whole answer.
    pub(crate) latency: Histogram<u64>,
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
        on_one_thread(move || self.measure(requests)).await
    }

    async fn measure(self, requests: impl Requests) -> Result<Measured> {
        let shared = Rc::new(Shared {
            next: Cell::new(0),
            latency: RefCell::new(histogram()?),
            requests,
            load: self,
            begin: Instant::now() + self.warm_up(),
        });
        let connections: Vec<_> = (0..self.connections)
            .map(|_| tokio::task::spawn_local(shared.clone().drive()))
            .collect();
        for connection in connections {
            connection.await??;
        }
        let time = match self.until {
            Until::Time { time, .. } => time,
            Until::Count(_) => shared.begin.elapsed(),
        };
        let latency = shared.latency.borrow().clone();
        Ok(Measured { rate: float(latency.len()) / time.as_secs_f64(), latency })
    }

    fn warm_up(self) -> Duration {
        match self.until {
            Until::Time { warm_up, .. } => warm_up,
            Until::Count(_) => Duration::ZERO,
        }
    }
}

struct Shared<R> {
    next: Cell<u64>,
    latency: RefCell<Histogram<u64>>,
    requests: R,
    load: Load,
    begin: Instant,
}

impl<R: Requests> Shared<R> {
    async fn drive(self: Rc<Self>) -> Result<()> {
        let mut connection = Connection::open(self.load.port).await?;
        let mut request = Vec::new();
        loop {
            let sent = Instant::now();
            let number = self.next.get();
            let over = match self.load.until {
                Until::Time { time, .. } => sent > self.begin + time,
                Until::Count(count) => number >= count,
            };
            if over {
                return Ok(());
            }
            self.next.set(number + 1);
            request.clear();
            (self.requests)(number, &mut request);
            let answer = connection.send(&request).await?;
            expect(&answer, self.load.status)?;
            let done = Instant::now();
            let counts = match self.load.until {
                Until::Time { time, .. } => done >= self.begin && done <= self.begin + time,
                Until::Count(_) => true,
            };
            if counts {
                record(&mut self.latency.borrow_mut(), done - sent)?;
            }
        }
    }
}

/// Sends a request every `every` for `time` and measures from when it should have been sent, so
/// that a server that stalls does not hide the requests that it held up.
pub(crate) async fn steady(
    port: u16,
    every: Duration,
    time: Duration,
    status: u16,
    requests: impl Requests,
) -> Result<Histogram<u64>> {
    on_one_thread(move || async move {
        let mut latency = histogram()?;
        let mut connection = Connection::open(port).await?;
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let begin = Instant::now();
        let mut request = Vec::new();
        for number in 0.. {
            let due = ticks.tick().await;
            if due > begin + time {
                break;
            }
            request.clear();
            requests(number, &mut request);
            expect(&connection.send(&request).await?, status)?;
            record(&mut latency, due.elapsed())?;
        }
        Ok(latency)
    })
    .await
}

/// Without the loss of precision that matters.
#[expect(clippy::cast_precision_loss, reason = "counts and microseconds are far below 2^52")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

fn record(latency: &mut Histogram<u64>, took: Duration) -> Result<()> {
    latency.saturating_record(u64::try_from(took.as_micros())?);
    Ok(())
}

fn expect(answer: &crate::http::Answer<'_>, status: u16) -> Result<()> {
    if answer.status != status {
        let body = String::from_utf8_lossy(answer.body);
        bail!("expected {status}, got {}: {body}", answer.status);
    }
    Ok(())
}

async fn on_one_thread<T, F, W>(work: W) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>>,
    W: FnOnce() -> F + Send + 'static,
{
    let run = move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, work())
    };
    spawn_blocking(run).await.context("the load generator panicked")?
}
