//! Circuit breakers, one a robot, per process: after some failures in a row no call is made for a
//! while, then one canary probes, and each success doubles what is let through.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use order_core::{Job, Outcome, Request, Robot, Status};
use tokio::time::Instant;
use uuid::Uuid;

use super::Robots;
use crate::clock::Clock;

/// Robots, each behind a breaker: picker, baker, delivery.
pub struct Guarded<R> {
    /// Makes the calls.
    pub robots: R,
    /// The breakers.
    pub breakers: [Breaker; 3],
    /// The process's clock.
    pub clock: Arc<Clock>,
}

impl<R: Robots> Guarded<R> {
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

    fn allowance(&self, status: Status) -> usize {
        let robot = Robot::ALL.into_iter().find(|robot| robot.stage().status() == status);
        robot.map_or(usize::MAX, |robot| self.breakers[robot as usize].allowance())
    }

    fn breaker(&self, robot: Robot) -> Option<BreakerState> {
        Some(self.breakers[robot as usize].state())
    }
}

/// One robot's breaker.
#[derive(Debug)]
pub struct Breaker {
    /// Calls at once when all is well.
    limit: usize,
    /// Failures in a row that open it.
    threshold: u32,
    /// How long it stays open.
    open_for: Duration,
    phase: Mutex<Phase>,
}

/// What a breaker does at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls are made.
    Closed,
    /// No call is made.
    Open,
    /// A few calls are made, to see whether the robot is back.
    HalfOpen,
}

#[derive(Debug)]
enum Phase {
    Closed { failures: u32 },
    Open { until: Instant },
    HalfOpen { admitted: usize, in_flight: usize },
}

impl Breaker {
    /// A closed breaker.
    pub fn new(limit: usize, threshold: u32, open_for: Duration) -> Self {
        Self { limit, threshold, open_for, phase: Mutex::new(Phase::Closed { failures: 0 }) }
    }

    /// How many calls may be begun at this moment.
    pub fn allowance(&self) -> usize {
        match *self.phase() {
            Phase::Closed { .. } => self.limit,
            Phase::Open { .. } => 0,
            Phase::HalfOpen { admitted, in_flight } => admitted.saturating_sub(in_flight),
        }
    }

    /// What it does at this moment.
    pub fn state(&self) -> BreakerState {
        match *self.phase() {
            Phase::Closed { .. } => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Asks leave for one call, whose end must be told to [`Breaker::record`]; refused, it says how
    /// long to wait.
    pub fn admit(&self) -> Result<(), Duration> {
        match &mut *self.phase() {
            Phase::Closed { .. } => Ok(()),
            Phase::Open { until } => Err(*until - Instant::now()),
            Phase::HalfOpen { admitted, in_flight } => {
                if *in_flight >= *admitted {
                    return Err(self.open_for / 10);
                }
                *in_flight += 1;
                Ok(())
            }
        }
    }

    /// Tells how an admitted call ended.
    pub fn record(&self, success: bool) {
        let mut phase = self.phase();
        let open = Phase::Open { until: Instant::now() + self.open_for };
        match (&mut *phase, success) {
            (Phase::Closed { failures }, true) => *failures = 0,
            (Phase::Closed { failures }, false) => {
                *failures += 1;
                if *failures >= self.threshold {
                    *phase = open;
                }
            }
            (Phase::HalfOpen { admitted, in_flight }, true) => {
                *admitted *= 2;
                *in_flight = in_flight.saturating_sub(1);
                if *admitted >= self.limit {
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
        let breaker = Breaker::new(8, 3, OPEN_FOR);
        for _ in 0..3 {
            assert_eq!(breaker.admit(), Ok(()));
            breaker.record(false);
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_in_a_row_only() {
        let breaker = Breaker::new(8, 3, OPEN_FOR);
        for success in [false, false, true, false, false] {
            breaker.record(success);
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        breaker.record(false);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.allowance(), 0);
        assert_eq!(breaker.admit(), Err(OPEN_FOR));
    }

    #[tokio::test(start_paused = true)]
    async fn lets_one_canary_through_then_twice_as_many_each_time() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        assert_eq!(breaker.allowance(), 1);
        assert_eq!(breaker.admit(), Ok(()));
        assert!(breaker.admit().is_err());
        breaker.record(true);
        assert_eq!(breaker.allowance(), 2);
        breaker.admit().unwrap();
        breaker.record(true);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.admit().unwrap();
        breaker.record(true);
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert_eq!(breaker.allowance(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_canary_opens_it_again() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        breaker.admit().unwrap();
        breaker.record(false);
        assert_eq!(breaker.state(), BreakerState::Open);
    }
}
