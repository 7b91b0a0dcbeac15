//! A way to the database that breaks at a chosen moment.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Forwards connections to a `PostgreSQL` server. One chosen statement is carried out, and its
/// connection is closed before the answer.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    /// Statements that still pass; 0 when nothing is to be cut.
    countdown: Arc<AtomicU32>,
}

impl Proxy {
    pub(super) async fn start(server: (String, u16)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let countdown = Arc::new(AtomicU32::new(0));
        let passed = countdown.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(forward(client, server, passed.clone()));
            }
        });
        Self { address, countdown }
    }

    /// The answer to the statement that is the `number`th from now is lost.
    pub(super) fn cut_at(&self, number: u32) {
        self.countdown.store(number, Ordering::SeqCst);
    }

    /// Whether the statement came; after this, nothing is cut.
    pub(super) fn has_cut(&self) -> bool {
        self.countdown.swap(0, Ordering::SeqCst) == 0
    }
}

async fn forward(client: TcpStream, server: TcpStream, countdown: Arc<AtomicU32>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    while let Some(request) = read(&mut from_client, &mut from_server, &mut to_client).await {
        to_server.write_all(&request).await.unwrap();
        // A statement's execution begins with the message Bind.
        let counts = request[0] == b'B';
        let next = |left: u32| left.checked_sub(1).filter(|_| counts);
        if countdown.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next) == Ok(1) {
            // The server answers when it has committed; nobody hears of it.
            from_server.readable().await.unwrap();
            return;
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
