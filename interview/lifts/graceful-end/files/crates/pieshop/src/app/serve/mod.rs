//! How a service runs, and how it ends.

use tokio::net::TcpListener;

use super::App;

impl App {
    /// Serves until `shutdown`, then ends in order: the requests first, then the work on orders.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) {
        let server = axum::serve(listener, self.router).with_graceful_shutdown(shutdown);
        if let Err(error) = server.await {
            tracing::error!(%error, "cannot serve any more");
        }
        self.orchestrator.stop().await;
        self.store.close().await;
    }
}
