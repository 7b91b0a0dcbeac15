//! Wrong passwords are counted by the address that they come from: whoever types many, waits.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use tokio::time::Instant;

/// Wrong passwords that may follow each other without a pause.
const FREE: u32 = 5;
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// Addresses that are remembered, at most.
const MOST: usize = 10_000;

/// The address that a request comes from, where the server knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())))
    }
}

/// Wrong passwords, by the address that they came from.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<BTreeMap<Option<IpAddr>, (u32, Instant)>>);

impl Attempts {
    /// Counts an attempt, before it is known how it ends: many at once help nobody. Refused, it
    /// says how many seconds to wait.
    pub(super) fn begin(&self, Peer(peer): Peer) -> Result<(), u64> {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if attempts.len() >= MOST {
            attempts.retain(|_, (_, until)| *until > now);
        }
        let (wrong, until) = attempts.entry(peer).or_insert((0, now));
        if *until > now {
            return Err((*until - now).as_secs() + 1);
        }
        *wrong += 1;
        let doubled = Duration::from_secs(1 << wrong.saturating_sub(FREE).min(20));
        *until = if *wrong > FREE { now + doubled.min(LONGEST_PAUSE) } else { now };
        Ok(())
    }

    /// A right password makes good for all attempts before.
    pub(super) fn forgive(&self, Peer(peer): Peer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_some_wrong_passwords_an_address_waits_longer_each_time() {
        let (attempts, peer) = (Attempts::default(), Peer(Some([192, 0, 2, 1].into())));
        for _ in 0..=FREE {
            assert_eq!(Ok(()), attempts.begin(peer));
        }
        for seconds in [2, 4, 8] {
            assert_eq!(Err(seconds + 1), attempts.begin(peer));
            let other = Peer(Some([192, 0, 2, 2].into()));
            assert_eq!(Ok(()), attempts.begin(other), "others do not wait");
            tokio::time::advance(Duration::from_secs(seconds)).await;
            assert_eq!(Ok(()), attempts.begin(peer));
        }
        attempts.forgive(peer);
        assert_eq!((Ok(()), Ok(())), (attempts.begin(peer), attempts.begin(peer)));
    }
}
