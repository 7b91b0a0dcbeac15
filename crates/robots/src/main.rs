//! `pie-robots`: runs one robot or all three.

use std::io::{IsTerminal, Write, stderr};
use std::net::{IpAddr, Ipv4Addr};
use std::{path::Path, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use clap::Parser;
use pie_robots::{Kind, Options, Robot, serve};
use tokio::{net::TcpListener, signal::unix::SignalKind, signal::unix::signal, task::JoinSet};

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
    /// The port; `all` uses this one and the next two. 0 takes any that is free.
    #[arg(long, default_value_t = 8081)]
    port: u16,
    /// File with the key that callers must present.
    #[arg(long)]
    api_key_file: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(stderr).with_ansi(stderr().is_terminal()).init();
    let Err(error) = run(arguments) else { return ExitCode::SUCCESS };
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(stderr(), "pie-robots: {error:#}");
    ExitCode::FAILURE
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<()> {
    let Arguments { robot, host, port, api_key_file, options } = arguments;
    let api_key = api_key_file.as_deref().map(read_key).transpose()?;
    let mut robots = JoinSet::new();
    let kinds = [("picker", Kind::Picker), ("baker", Kind::Baker), ("delivery", Kind::Delivery)];
    let kinds = kinds.into_iter().filter(|(kind, _)| robot == "all" || robot == *kind);
    for ((name, kind), step) in kinds.zip(0..) {
        let options = Options { kind, api_key: api_key.clone(), ..options.clone() };
        let robot = Robot::open(options, Arc::new(system_time))?;
        let port = port.checked_add(if port == 0 { 0 } else { step });
        let port = port.context("--port leaves no room for the next two")?;
        let taken = || format!("cannot listen on {host}:{port}; choose another --port");
        let listener = TcpListener::bind((host, port)).await.with_context(taken)?;
        tracing::info!("{name} robot listening on http://{}", listener.local_addr()?);
        robots.spawn(serve(listener, robot, stopped()));
    }
    while let Some(served) = robots.join_next().await {
        served??;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Waits until the process is asked to end.
async fn stopped() {
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    if let [Ok(mut interrupt), Ok(mut terminate)] = signals {
        tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
    }
}

fn read_key(file: &Path) -> Result<String> {
    let wanted = || format!("{} must be a file with the robot's key in it", file.display());
    let key = std::fs::read_to_string(file).with_context(wanted)?;
    ensure!(!key.trim().is_empty(), wanted());
    Ok(key.trim().to_owned())
}

/// The one place that reads the system's clock.
#[expect(clippy::disallowed_methods, reason = "the one clock of the process")]
fn system_time() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}
