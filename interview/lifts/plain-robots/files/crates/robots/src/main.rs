//! `pie-robots`: runs one robot or all three.

use std::future::pending;
use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use clap::Parser;
use pie_robots::{Kind, Options, Robot, serve};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Stand-in robots of the pie shop: fruit picker, baker and delivery drones.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Which robot to run.
    #[arg(value_parser = ["picker", "baker", "delivery", "all"])]
    robot: String,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port; `all` uses this one and the next two.
    #[arg(long, default_value_t = 8081)]
    port: u16,
    /// How many minutes of work pass in one minute.
    #[arg(long, default_value_t = 1.0)]
    pace: f64,
    /// Share of the jobs that fail, from 0 to 1.
    #[arg(long, default_value_t = 0.02)]
    failure_rate: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { robot, host, port, pace, failure_rate } = Arguments::parse();
    tracing_subscriber::fmt().init();
    let mut robots = JoinSet::new();
    let kinds = [("picker", Kind::Picker), ("baker", Kind::Baker), ("delivery", Kind::Delivery)];
    let kinds = kinds.into_iter().filter(|(name, _)| robot == "all" || robot == *name);
    for ((name, kind), port) in kinds.zip(port..) {
        let robot = Robot::open(Options { kind, pace, failure_rate }, system_time)?;
        let taken = || format!("cannot listen on {host}:{port}; choose another --port");
        let listener = TcpListener::bind((host, port)).await.with_context(taken)?;
        tracing::info!("{name} robot listening on http://{}", listener.local_addr()?);
        robots.spawn(serve(listener, robot, pending()));
    }
    while let Some(served) = robots.join_next().await {
        served??;
    }
    Ok(())
}

/// The one place that reads the system's clock.
#[expect(clippy::disallowed_methods, reason = "the one clock of the process")]
fn system_time() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}
