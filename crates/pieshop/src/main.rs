//! The `pieshop` program.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use pieshop::app::Administrator;
use pieshop::app::{self, App};
use pieshop::cli::{Cli, Command, ConfigArgs, ServeArgs, UpArgs};
use pieshop::config::{self, Config, Sources, file_to_read};
use pieshop::http::openapi;
use pieshop::robots::http;
use pieshop::{store, telemetry, up};
use tokio_util::sync::CancellationToken;

/// A service that takes longer to say how it is doing is not ready.
const HEALTHCHECK_LIMIT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(code) => code,
        Err(error) => {
            // Standard error may be closed; there is nobody left to tell then.
            let _ = writeln!(std::io::stderr(), "pieshop: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command.unwrap_or(Command::Up(cli.up)) {
        Command::Up(args) => up(args).await?,
        Command::Serve(args) => serve(&args).await?,
        Command::Migrate(args) => migrate(&args).await?,
        Command::Openapi => print(&openapi().to_yaml()?)?,
        Command::Config(args) => print(&load(&args)?.render())?,
        Command::Healthcheck(args) => return healthcheck(&load(&args)?).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn up(args: UpArgs) -> anyhow::Result<()> {
    let mut flags = Vec::new();
    if let Some(pace) = args.pace {
        flags.push(("pace".to_owned(), pace.to_string()));
    }
    let config = read(&args.config, up::presets(&args), flags)?;
    telemetry::init(&config.log)?;
    up::run(config, args, stop_on_signal()?).await
}

async fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    let config = load(args)?;
    telemetry::init(&config.log)?;
    config.database_url()?;
    let token = config.admin_token()?.expose();
    let password = config.auth.admin_password.as_ref().map(config::Secret::expose);
    let admin = Administrator::new(token, password);
    let stop = stop_on_signal()?;
    let listener = app::listen(&config.http.host, config.http.port, "http.port").await?;
    let started = async {
        let store = open(&config).await?;
        store.check().await?;
        App::start(&config, store, admin).await
    };
    // Who is told to stop does not wait for a database first.
    let app = tokio::select! {
        app = started => app?,
        () = stop.cancelled() => return Ok(()),
    };
    tracing::info!(address = %listener.local_addr()?, "serving");
    app.serve(listener, stop.cancelled_owned()).await;
    Ok(())
}

async fn migrate(args: &ConfigArgs) -> anyhow::Result<()> {
    let config = read(args, Vec::new(), Vec::new())?;
    telemetry::init(&config.log)?;
    let store = open(&config).await?;
    store.migrate().await?;
    store.close().await;
    print("The database is up to date.\n")
}

async fn open(config: &Config) -> anyhow::Result<store::SharedStore> {
    let url = config.database_url()?.expose();
    let (connections, timeout) = (config.database.connections, config.database.connect_timeout);
    Ok(store::open(url, connections, timeout).await?)
}

async fn healthcheck(config: &Config) -> anyhow::Result<ExitCode> {
    let host = match config.http.host.as_str() {
        "0.0.0.0" => "127.0.0.1",
        host => host,
    };
    let url = format!("http://{host}:{}/readyz", config.http.port);
    let client = http(HEALTHCHECK_LIMIT).context("cannot make a client")?;
    let answer = client.get(&url).send().await.with_context(|| format!("no answer from {url}"))?;
    let ready = answer.status().is_success();
    print(&format!("{}\n", answer.text().await?))?;
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn load(args: &ServeArgs) -> anyhow::Result<Config> {
    let port = args.port.map(|port| ("http.port".to_owned(), port.to_string()));
    let pace = args.pace.map(|pace| ("pace".to_owned(), pace.to_string()));
    read(&args.config, Vec::new(), port.into_iter().chain(pace).collect())
}

fn read(
    args: &ConfigArgs,
    presets: Vec<(String, String)>,
    flags: Vec<(String, String)>,
) -> anyhow::Result<Config> {
    let file = file_to_read(args.config.clone(), std::path::Path::new("."));
    let env = std::env::vars_os().collect();
    Ok(Config::load(&Sources { presets, file, env, flags })?)
}

fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

/// Cancelled by Ctrl-C or SIGTERM.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        token.cancel();
    });
    Ok(stop)
}
