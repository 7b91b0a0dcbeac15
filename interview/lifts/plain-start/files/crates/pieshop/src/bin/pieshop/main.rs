//! The `pieshop` program.

mod up;

use std::env;
use std::io::{IsTerminal, Write, stdout};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use pieshop::app::App;
use pieshop::config::Config;
use pieshop::store;
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Takes orders for pies and drives robots until the pie is at the door.
#[derive(Parser)]
#[command(name = "pieshop", version, override_usage = "pieshop [COMMAND]")]
enum Command {
    /// Run everything in one process: the service on its embedded database, and the three robots;
    /// this is what happens without a command
    Up(up::Args),
    /// Run the service alone, from configuration
    Serve {
        /// Port of the API
        #[arg(long)]
        port: Option<u16>,
    },
    /// Bring the database's schema up to date
    Migrate,
}

#[tokio::main]
async fn main() -> Result<()> {
    let command = match env::args_os().len() {
        0 | 1 => Command::parse_from(["pieshop", "up"]),
        _ => Command::parse(),
    };
    let mut config = Config::load()?;
    let level = EnvFilter::try_new(&config.log.level).context("PIESHOP_LOG__LEVEL is no level")?;
    let colours = stdout().is_terminal();
    tracing_subscriber::fmt().with_env_filter(level).with_ansi(colours).init();
    match command {
        Command::Up(args) => up::run(config, args).await,
        Command::Serve { port } => {
            config.http.port = port.unwrap_or(config.http.port);
            serve(&config).await
        }
        Command::Migrate => {
            // Opening the database brings its schema up to date.
            store::open(&config.database.url).await?.close().await;
            Ok(writeln!(stdout(), "The database is up to date.")?)
        }
    }
}

async fn serve(config: &Config) -> Result<()> {
    ensure!(!config.database.url.is_empty(), "PIESHOP_DATABASE__URL is not set");
    ensure!(!config.auth.admin_token.is_empty(), "PIESHOP_AUTH__ADMIN_TOKEN is not set");
    let listener = listen(&config.http.host, config.http.port).await?;
    let app = App::start(config).await?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    app.serve(listener, stopped()).await;
    Ok(())
}

/// Listens, or says what to do.
async fn listen(host: &str, port: u16) -> Result<TcpListener> {
    let taken = || format!("cannot listen on {host}:{port}: free the port or choose another");
    TcpListener::bind((host, port)).await.with_context(taken)
}

/// Ends with Ctrl-C or SIGTERM.
async fn stopped() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
}
