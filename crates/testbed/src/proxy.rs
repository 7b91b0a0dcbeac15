//! A way to a `PostgreSQL` server that can be cut.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards connections to a `PostgreSQL` server until it is dropped.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
    /// Changes when everything is to be cut.
    cut: watch::Sender<()>,
    /// Whether nothing passes.
    held: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    /// Statements that still pass; 0 when none is to be cut.
    countdown: AtomicU32,
    /// Whether new connections are turned away.
    closed: AtomicBool,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1 and forwards to `server`.
    pub async fn start(server: (String, u16)) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let ((cut, cuts), (held, pauses)) = (watch::channel(()), watch::channel(false));
        let state = Arc::<State>::default();
        tokio::spawn(accept(listener, server, state.clone(), cuts, pauses));
        Ok(Self { address, state, cut, held })
    }

    /// The statement that is the `number`th from now is carried out, and its connection is closed
    /// before the answer.
    pub fn cut_at(&self, number: u32) {
        self.state.countdown.store(number, Ordering::SeqCst);
    }

    /// Whether the statement came; after this, nothing is cut.
    pub fn has_cut(&self) -> bool {
        self.state.countdown.swap(0, Ordering::SeqCst) == 0
    }

    /// Closes every connection.
    pub fn cut_all(&self) {
        self.cut.send_replace(());
    }

    /// Lets nothing pass, while every connection stays open, or lets it pass again.
    pub fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Turns new connections away, or no longer.
    pub fn close(&self, closed: bool) {
        self.state.closed.store(closed, Ordering::SeqCst);
    }
}

async fn accept(
    listener: TcpListener,
    server: (String, u16),
    state: Arc<State>,
    mut cuts: watch::Receiver<()>,
    pauses: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                if state.closed.load(Ordering::SeqCst) {
                    continue;
                }
                let mut cut = cuts.clone();
                cut.mark_unchanged();
                let (server, state, pauses) = (server.clone(), state.clone(), pauses.clone());
                tokio::spawn(async move {
                    // A server that cannot be reached is a connection that is closed.
                    let Ok(server) = TcpStream::connect(&server).await else { return };
                    tokio::select! {
                        _ = unless_held(forward(client, server, &state.countdown), pauses) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
            cut = cuts.changed() => {
                if cut.is_err() {
                    // The proxy is gone.
                    return;
                }
            }
        }
    }
}

/// Goes on with `work` only while nothing is held.
async fn unless_held<T>(work: impl Future<Output = T>, mut pauses: watch::Receiver<bool>) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            true = becomes(&mut pauses, true) => {
                becomes(&mut pauses, false).await;
            }
            done = &mut work => return done,
        }
    }
}

/// Waits for this value; `false` when there will be none any more.
async fn becomes(pauses: &mut watch::Receiver<bool>, value: bool) -> bool {
    pauses.wait_for(|held| *held == value).await.is_ok()
}

/// `None` when a side has closed the connection.
async fn forward(client: TcpStream, server: TcpStream, countdown: &AtomicU32) -> Option<()> {
    client.set_nodelay(true).ok()?;
    server.set_nodelay(true).ok()?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    loop {
        let request = read(&mut from_client, &mut from_server, &mut to_client).await?;
        to_server.write_all(&request).await.ok()?;
        // A statement's execution begins with the message Bind.
        let counts = request[0] == b'B';
        let next = |left: u32| left.checked_sub(1).filter(|_| counts);
        if countdown.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next) == Ok(1) {
            // The server answers when it has committed; nobody hears of it.
            return from_server.readable().await.ok();
        }
    }
}

/// The client's next request; answers of the server are forwarded meanwhile.
async fn read(
    client: &mut OwnedReadHalf,
    server: &mut OwnedReadHalf,
    answers: &mut OwnedWriteHalf,
) -> Option<Vec<u8>> {
    let (mut request, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let length = read.ok().filter(|length| *length > 0)?;
                request.truncate(length);
                return Some(request);
            }
            read = server.read(&mut answer) => {
                let length = read.ok().filter(|length| *length > 0)?;
                answers.write_all(&answer[..length]).await.ok()?;
            }
        }
    }
}
