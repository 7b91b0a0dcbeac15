//! What many look at is made once for all of them, and anew when it has become old.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

/// Things that are kept at once; what is beyond is made for each who asks.
const MOST: usize = 256;

type Things<T> = HashMap<String, Arc<OnceCell<T>>>;

/// Things by a key, each made by the first who asks, and kept for a while.
pub(super) struct Fresh<T> {
    keep: Duration,
    kept: Mutex<(Instant, Things<T>)>,
}

impl<T: Clone> Fresh<T> {
    /// Keeps everything for at most so long.
    pub(super) fn new(keep: Duration) -> Self {
        Self { keep, kept: Mutex::new((Instant::now(), HashMap::new())) }
    }

    /// The thing under `key`, made where it is missing or old. Whoever asks meanwhile waits for it.
    pub(super) async fn get<E>(
        &self,
        key: &str,
        make: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let cell = {
            let (since, things) = &mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if since.elapsed() >= self.keep {
                (*since, *things) = (Instant::now(), HashMap::new());
            }
            match things.get(key) {
                Some(cell) => cell.clone(),
                None if things.len() >= MOST => Arc::default(),
                None => things.entry(key.to_owned()).or_default().clone(),
            }
        };
        cell.get_or_try_init(|| make).await.cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_thing_is_made_once_for_all_who_ask_until_it_is_old() {
        let (fresh, made) = (Fresh::new(Duration::from_secs(1)), AtomicUsize::new(0));
        let thing = async || {
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(made.fetch_add(1, Ordering::Relaxed))
        };
        let both = tokio::join!(fresh.get("a", thing()), fresh.get("a", thing()));
        assert_eq!((Ok(0), Ok(0)), both);
        assert_eq!(Ok(1), fresh.get("b", thing()).await);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(Ok(2), fresh.get("a", thing()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_much_is_kept() {
        let (fresh, made) = (Fresh::new(Duration::from_secs(1)), AtomicUsize::new(0));
        let thing = async || Ok::<_, Infallible>(made.fetch_add(1, Ordering::Relaxed));
        for key in 0..=MOST {
            assert_eq!(Ok(key), fresh.get(&key.to_string(), thing()).await);
        }
        assert_eq!(Ok(0), fresh.get("0", thing()).await);
        assert_eq!(Ok(MOST + 1), fresh.get(&MOST.to_string(), thing()).await);
    }
}
