//! Circuit breakers, one a robot, per process: after some failures in a row no call is made for a
//! while, then one canary probes, and each round of successes doubles what is let through.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use order_core::{Job, Outcome, Request, Robot, Status};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Condition, Robots};
use crate::clock::Clock;

/// A half-open breaker that lets this many calls through at once closes.
const ALL_IS_WELL: usize = 64;

/// When breakers open.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakerSettings {
    /// Failed calls in a row that open a breaker.
    pub failures: u32,
    /// Time that an open breaker stays open, in real time.
    pub open_for: Duration,
}

/// Robots, each behind a breaker.
pub struct Guarded<R> {
    robots: R,
    breakers: [Breaker; Robot::ALL.len()],
    clock: Arc<Clock>,
}

impl<R: Robots> Guarded<R> {
    /// Puts closed breakers before `robots`.
    pub fn new(robots: R, settings: &BreakerSettings, clock: Arc<Clock>) -> Self {
        Self { robots, breakers: Robot::ALL.map(|_| Breaker::new(settings.clone())), clock }
    }

    async fn guard(&self, robot: Option<Robot>, call: impl Future<Output = Outcome>) -> Outcome {
        let Some(breaker) = robot.map(|robot| &self.breakers[robot as usize]) else {
            return call.await;
        };
        if let Err(wait) = breaker.admit() {
            let wait = TimeDelta::from_std(wait).unwrap_or_default();
            return Outcome::Parked { until: self.clock.now() + wait };
        }
        let outcome = call.await;
        breaker.record(!matches!(outcome, Outcome::Unavailable { .. }));
        outcome
    }
}

#[async_trait]
impl<R: Robots> Robots for Guarded<R> {
    async fn submit(&self, key: Uuid, request: &Request) -> Outcome {
        self.guard(request.stage().robot(), self.robots.submit(key, request)).await
    }

    async fn poll(&self, job: &Job) -> Outcome {
        self.guard(job.stage().robot(), self.robots.poll(job)).await
    }

    async fn cancel(&self, job: &Job) -> Outcome {
        self.guard(job.stage().robot(), self.robots.cancel(job)).await
    }

    async fn condition(&self, robot: Robot) -> Option<Condition> {
        self.robots.condition(robot).await
    }

    async fn set_fault(&self, robot: Robot, fault: &str) -> bool {
        self.robots.set_fault(robot, fault).await
    }

    fn breaker(&self, status: Status) -> Option<BreakerView> {
        let robot = Robot::ALL.into_iter().find(|robot| robot.stage().status() == status)?;
        Some(self.breakers[robot as usize].view())
    }
}

/// How this process gets on with a robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BreakerView {
    /// `closed`: calls are made. `open`: it failed too often, no call is made for a while.
    /// `half-open`: a few calls are made to see whether it is back.
    #[serde(rename = "breaker")]
    #[schema(pattern = "^(closed|open|half-open)$")]
    pub state: &'static str,
    /// How many calls may be begun.
    #[serde(skip)]
    pub allowance: usize,
}

/// The breaker of each robot that has one, by the robot's name.
pub fn breakers(robots: &dyn Robots) -> BTreeMap<&'static str, BreakerView> {
    let view = |robot: Robot| Some((robot.as_str(), robots.breaker(robot.stage().status())?));
    Robot::ALL.into_iter().filter_map(view).collect()
}

/// One robot's breaker.
#[derive(Debug)]
struct Breaker {
    settings: BreakerSettings,
    phase: Mutex<Phase>,
}

#[derive(Debug)]
enum Phase {
    Closed { failures: u32 },
    Open { until: Instant },
    HalfOpen { admitted: usize, in_flight: usize },
}

impl Breaker {
    /// A closed breaker.
    fn new(settings: BreakerSettings) -> Self {
        Self { settings, phase: Mutex::new(Phase::Closed { failures: 0 }) }
    }

    /// What it does at this moment.
    fn view(&self) -> BreakerView {
        let (state, allowance) = match *self.phase() {
            Phase::Closed { .. } => ("closed", usize::MAX),
            Phase::Open { .. } => ("open", 0),
            Phase::HalfOpen { admitted, in_flight } => {
                ("half-open", admitted.saturating_sub(in_flight))
            }
        };
        BreakerView { state, allowance }
    }

    /// Asks leave for one call, whose end must be told to [`Breaker::record`]; refused, it says how
    /// long to wait.
    fn admit(&self) -> Result<(), Duration> {
        match &mut *self.phase() {
            Phase::Closed { .. } => Ok(()),
            Phase::Open { until } => Err(*until - Instant::now()),
            Phase::HalfOpen { admitted, in_flight } => {
                if *in_flight >= *admitted {
                    return Err(self.settings.open_for / 10);
                }
                *in_flight += 1;
                Ok(())
            }
        }
    }

    /// Tells how an admitted call ended.
    fn record(&self, success: bool) {
        let mut phase = self.phase();
        let open = Phase::Open { until: Instant::now() + self.settings.open_for };
        match (&mut *phase, success) {
            (Phase::Closed { failures }, true) => *failures = 0,
            (Phase::Closed { failures }, false) => {
                *failures += 1;
                if *failures >= self.settings.failures {
                    *phase = open;
                }
            }
            (Phase::HalfOpen { admitted, in_flight }, true) => {
                *admitted += 1;
                *in_flight = in_flight.saturating_sub(1);
                if *admitted >= ALL_IS_WELL {
                    *phase = Phase::Closed { failures: 0 };
                }
            }
            (Phase::HalfOpen { .. }, false) => *phase = open,
            // A call from before it opened: nothing new.
            (Phase::Open { .. }, _) => {}
        }
    }

    /// The phase as of now: an open breaker whose time is over lets a canary through.
    fn phase(&self) -> MutexGuard<'_, Phase> {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        if let Phase::Open { until } = *phase
            && Instant::now() >= until
        {
            *phase = Phase::HalfOpen { admitted: 1, in_flight: 0 };
        }
        phase
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN_FOR: Duration = Duration::from_secs(10);

    fn opened() -> Breaker {
        let breaker = Breaker::new(BreakerSettings { failures: 3, open_for: OPEN_FOR });
        for _ in 0..3 {
            assert_eq!(breaker.admit(), Ok(()));
            breaker.record(false);
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_in_a_row_only() {
        let breaker = Breaker::new(BreakerSettings { failures: 3, open_for: OPEN_FOR });
        for success in [false, false, true, false, false] {
            breaker.record(success);
        }
        assert_eq!(breaker.view().state, "closed");
        breaker.record(false);
        assert_eq!(breaker.view(), BreakerView { state: "open", allowance: 0 });
        assert_eq!(breaker.admit(), Err(OPEN_FOR));
    }

    #[tokio::test(start_paused = true)]
    async fn lets_one_canary_through_then_twice_as_many_each_time() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        for allowance in [1, 2, 4, 8, 16, 32] {
            assert_eq!(breaker.view(), BreakerView { state: "half-open", allowance });
            for _ in 0..allowance {
                assert_eq!(breaker.admit(), Ok(()));
            }
            assert!(breaker.admit().is_err());
            for _ in 0..allowance {
                breaker.record(true);
            }
        }
        assert_eq!(breaker.view().state, "closed");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_canary_opens_it_again() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        breaker.admit().unwrap();
        breaker.record(false);
        assert_eq!(breaker.view().state, "open");
    }
}
