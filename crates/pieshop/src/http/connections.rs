//! Who may hold a connection, for how long, and who leaves when it gets crowded.
//!
//! A connection must send the head of its next request in time; what comes after the head, the
//! time limit of requests bounds. Where all places are taken, those that have asked for nothing
//! for longest make room: whoever only holds connections open keeps nobody out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Bytes that a connection holds in memory at most, and so what the head of a request may have.
const BUFFER: usize = 16 * 1024;
/// Files that the process needs besides its connections: databases, robots, logs.
const OTHER_FILES: u64 = 256;
/// When it is full, this part of the connections makes room at once, so that the search for them
/// is paid for by many.
const SHARE: usize = 64;
/// Time until another connection is tried for when none could be accepted.
const PAUSE: Duration = Duration::from_millis(100);
/// Time between two complaints of the same.
const QUIET: Duration = Duration::from_mins(1);

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections, at most; fewer where the process may not open so many files.
    pub connections: usize,
    /// Time that a connection may take to send the head of its next request.
    pub idle: Duration,
}

/// Answers requests with `router` until `stop`, then finishes those in hand.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let most = limits.connections.min(places());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.idle).max_buf_size(BUFFER);
    let service = TowerToHyperService::new(router);
    let (crowd, tasks) = (Arc::new(Crowd::default()), TaskTracker::new());
    let (mut failed, mut full) = (Complaint::default(), Complaint::default());
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (prompt(stream), peer),
            Err(error) => {
                if failed.is_due() {
                    tracing::error!(%error, "cannot accept connections");
                }
                sleep(PAUSE).await;
                continue;
            }
        };
        if crowd.make_room(most) && full.is_due() {
            tracing::warn!(most, "too many connections: the quietest are closed");
        }
        let place = Place::take(&crowd);
        let (seat, stop) = (place.seat.clone(), stop.child_token());
        let service = service.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            place.speaks();
            request.extensions_mut().insert(ConnectInfo(peer));
            service.call(request)
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        tasks.spawn(async move {
            let mut connection = std::pin::pin!(connection);
            // How a connection ended matters to nobody but its client.
            tokio::select! {
                biased;
                _ = connection.as_mut() => return,
                () = seat.leave.notified() => return,
                () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        });
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// Answers are small: waiting to fill a packet would only delay them.
fn prompt(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    stream
}

/// How many connections the process can have open, after asking for as many as it may.
fn places() -> usize {
    let mut files = getrlimit(Resource::Nofile);
    if files.current != files.maximum {
        files.current = files.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, files) {
            tracing::debug!(%error, "cannot raise the number of open files");
        }
        files = getrlimit(Resource::Nofile);
    }
    let most = files.current.unwrap_or(u64::MAX);
    usize::try_from(most.saturating_sub(OTHER_FILES).max(most / 2)).unwrap_or(usize::MAX)
}

/// All open connections, by the turn in which they came.
#[derive(Default)]
struct Crowd {
    seats: Mutex<BTreeMap<u64, Arc<Seat>>>,
    turns: AtomicU64,
}

/// One connection, as the others see it.
struct Seat {
    /// When it last came or asked for something, in turns of the whole crowd.
    spoke: AtomicU64,
    leave: Notify,
}

impl Crowd {
    fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    fn seats(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Seat>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where `most` or more are here, sends the quietest away; says whether it had to.
    fn make_room(&self, most: usize) -> bool {
        let mut seats = self.seats();
        if seats.len() < most.max(1) {
            return false;
        }
        let mut quiet: Vec<_> =
            seats.iter().map(|(came, seat)| (seat.spoke.load(Ordering::Relaxed), *came)).collect();
        let leaving = quiet.len().div_ceil(SHARE);
        quiet.select_nth_unstable(leaving - 1);
        for (_, came) in &quiet[..leaving] {
            if let Some(seat) = seats.remove(came) {
                seat.leave.notify_one();
            }
        }
        true
    }
}

/// A connection's own hold on its seat, which it gives up when it ends.
struct Place {
    crowd: Arc<Crowd>,
    came: u64,
    seat: Arc<Seat>,
}

impl Place {
    fn take(crowd: &Arc<Crowd>) -> Self {
        let came = crowd.turn();
        let seat = Arc::new(Seat { spoke: came.into(), leave: Notify::new() });
        crowd.seats().insert(came, seat.clone());
        Self { crowd: crowd.clone(), came, seat }
    }

    fn speaks(&self) {
        self.seat.spoke.store(self.crowd.turn(), Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.seats().remove(&self.came);
    }
}

/// Something to be said, but not all the time.
#[derive(Default)]
struct Complaint(Option<Instant>);

impl Complaint {
    fn is_due(&mut self) -> bool {
        let due = self.0.is_none_or(|said| said.elapsed() >= QUIET);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}
