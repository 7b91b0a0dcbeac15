//! How a service runs, and how it ends.

use std::future::Future;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;

use super::App;
use crate::http;

/// How long closing the store may take after the grace is over.
const CLOSING: Duration = Duration::from_secs(1);

impl App {
    /// Serves until `shutdown`, then ends in order: no new requests, no new claims, what is in hand
    /// is finished. What is not finished within the grace is taken up again by the next start.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) {
        let stop = self.stop.clone();
        let stopped = self.stop.clone();
        tokio::spawn(async move {
            shutdown.await;
            stop.cancel();
        });
        let server = http::connections::serve(listener, self.router, self.limits, stopped.clone());
        let ended = async {
            stopped.cancelled().await;
            let ended = timeout(self.grace, self.orchestrator.stop()).await;
            if ended.is_err() {
                tracing::warn!("work in hand did not end in time; it will be taken up again");
            }
            // What a database that does not answer still holds cannot be closed in order.
            if timeout(CLOSING, self.store.close()).await.is_err() {
                tracing::warn!("the database did not let go of its connections in time");
            }
        };
        let serving = async {
            tokio::select! {
                () = server => {}
                () = async { stopped.cancelled().await; tokio::time::sleep(self.grace).await } => {
                    tracing::warn!("some connections did not end in time");
                }
            }
        };
        tokio::join!(serving, ended);
    }
}
