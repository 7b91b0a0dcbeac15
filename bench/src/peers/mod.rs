//! Servers to measure beside, each a process of its own as the service is one.

mod fixed;
mod one_by_one;
pub(crate) mod robots;

use std::net::Ipv4Addr;

use anyhow::Result;
use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use clap::Subcommand;
use tokio::net::TcpListener;

/// Which server to be.
#[derive(Subcommand)]
pub(crate) enum Peer {
    /// Answers everything with the same bytes
    Fixed {
        #[arg(long)]
        port: u16,
        /// Size of the body, in bytes
        #[arg(long)]
        size: usize,
    },
    /// Stores orders as the service does, each in a transaction of its own
    OneByOne {
        #[arg(long)]
        port: u16,
        #[arg(long)]
        database: String,
    },
    /// Robots whose jobs never end, and who tell how late they were asked
    Robots {
        #[arg(long)]
        port: u16,
        /// How far off they estimate, in seconds
        #[arg(long)]
        estimate: u32,
    },
}

impl Peer {
    /// Serves until it is killed.
    pub(crate) async fn serve(self) -> Result<()> {
        let (port, router) = match self {
            Self::Fixed { port, size } => (port, fixed::router(size)),
            Self::OneByOne { port, database } => (port, one_by_one::router(&database).await?),
            Self::Robots { port, estimate } => (port, robots::router(estimate)?),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let listener = listener.tap_io(|stream| {
            // What cannot be set is only slower.
            let _ = stream.set_nodelay(true);
        });
        let router: Router = router.route("/healthz", get(|| async { r#"{"pace":1}"# }));
        Ok(axum::serve(listener, router).await?)
    }
}
