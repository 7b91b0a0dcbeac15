//! `pie-robots`: runs one robot or all three.

use std::{
    fs,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use clap::{Parser, ValueEnum};
use pie_robots::{Kind, Options, Robot, serve};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};
use tracing_subscriber::EnvFilter;

/// Stand-in robots of the pie shop: fruit picker, baker and delivery drones.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Which robot to run.
    robot: Choice,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port [default: 8081, for the baker 8082, for delivery 8083]; `all` uses this one and the
    /// next two. 0 takes any that is free.
    #[arg(long)]
    port: Option<u16>,
    /// How many minutes of work pass in one minute.
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pace: f64,
    /// Directory for the journals; without it a robot forgets everything when it stops.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Number of the baker's ovens.
    #[arg(long, default_value_t = 8)]
    ovens: usize,
    /// File with the key that callers must present.
    #[arg(long)]
    api_key_file: Option<PathBuf>,
    /// Let callers switch on faults at `/faults`.
    #[arg(long)]
    faults: bool,
    /// Share of the jobs that fail, from 0 to 1.
    #[arg(long, default_value_t = 0.02, allow_negative_numbers = true)]
    failure_rate: f64,
    /// Decides which jobs fail and how long each takes.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Choice {
    Picker,
    Baker,
    Delivery,
    All,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is closed there is nobody left to tell.
            let _ = writeln!(io::stderr(), "pie-robots: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: &Arguments) -> Result<()> {
    let api_key = arguments.api_key_file.as_deref().map(read_key).transpose()?;
    let (stop, stopped) = watch::channel(());
    let mut robots = JoinSet::new();
    for (kind, port) in arguments.robots()? {
        let options = Options {
            pace: arguments.pace,
            data: arguments.data.clone(),
            ovens: arguments.ovens,
            api_key: api_key.clone(),
            faults: arguments.faults,
            failure_rate: arguments.failure_rate,
            seed: arguments.seed,
            ..Options::new(kind)
        };
        let robot = Robot::open(options, Arc::new(system_time))?;
        let listener = TcpListener::bind((arguments.host, port)).await.with_context(|| {
            format!("cannot listen on {}:{port}; choose another --port or --host", arguments.host)
        })?;
        let address = listener.local_addr().context("cannot tell the address")?;
        tracing::info!(robot = kind.name(), pace = arguments.pace, "listening on http://{address}");
        let mut stopped = stopped.clone();
        robots.spawn(serve(listener, robot, async move {
            let _ = stopped.changed().await;
        }));
    }
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    drop(stop);
    while let Some(served) = robots.join_next().await {
        served??;
    }
    Ok(())
}

impl Arguments {
    /// The robots to run, with their ports.
    fn robots(&self) -> Result<Vec<(Kind, u16)>> {
        let port = |default| self.port.unwrap_or(default);
        Ok(match self.robot {
            Choice::Picker => vec![(Kind::Picker, port(8081))],
            Choice::Baker => vec![(Kind::Baker, port(8082))],
            Choice::Delivery => vec![(Kind::Delivery, port(8083))],
            Choice::All => {
                let first = port(8081);
                ensure!(first <= u16::MAX - 2, "--port {first} leaves no room for the next two");
                let next = |step| if first == 0 { 0 } else { first + step };
                vec![(Kind::Picker, first), (Kind::Baker, next(1)), (Kind::Delivery, next(2))]
            }
        })
    }
}

fn read_key(file: &Path) -> Result<String> {
    let key = fs::read_to_string(file).with_context(|| {
        format!(
            "cannot read the key from {}; write it there or leave --api-key-file out",
            file.display()
        )
    })?;
    let key = key.trim();
    ensure!(!key.is_empty(), "{} is empty; write the key into it", file.display());
    Ok(key.to_owned())
}

/// The one place that reads the system's clock.
#[expect(clippy::disallowed_methods, reason = "the one clock of the process")]
fn system_time() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}
