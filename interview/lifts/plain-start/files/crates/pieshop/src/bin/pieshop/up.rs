//! `pieshop up`: the service and the three robots in one process, for a first look.

use std::fs;
use std::io::{Write, stdout};
use std::path::PathBuf;

use anyhow::{Context, Result};
use pie_robots::{BAKER, DELIVERY, Options, PICKER, Robot};
use pieshop::app::App;
use pieshop::clock::{Ambient, system_time};
use pieshop::config::Config;
use tokio::task::JoinSet;

use crate::{listen, stopped};

const EXAMPLE: &str = r#"{"pieType":"apple",
  "customer":{"name":"Jane Doe","email":"jane@example.com","phone":"+1-555-0123"},
  "deliveryAddress":{"street":"123 Main St","city":"Springfield","state":"IL","zip":"62701"}}"#;

/// The flags of `up`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Port of the API
    #[arg(long, env = "PIESHOP_HTTP__PORT", default_value_t = 8080)]
    port: u16,
    /// Port of the fruit picker
    #[arg(long, default_value_t = 8081)]
    picker_port: u16,
    /// Port of the baker
    #[arg(long, default_value_t = 8082)]
    baker_port: u16,
    /// Port of the delivery drones
    #[arg(long, default_value_t = 8083)]
    delivery_port: u16,
    /// Folder for the database
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// How many times faster than real time the kitchen runs
    #[arg(long, env = "PIESHOP_PACE", default_value_t = 60.0)]
    pace: f64,
    /// Share of the robots' jobs that fail, from 0 to 1
    #[arg(long, value_name = "R", default_value_t = 0.02)]
    failure_rate: f64,
}

/// Runs everything until it is told to stop.
pub(crate) async fn run(mut config: Config, args: Args) -> Result<()> {
    config.pace = args.pace;
    if config.database.url.is_empty() {
        fs::create_dir_all(&args.data)
            .with_context(|| format!("cannot create the folder {}", args.data.display()))?;
        config.database.url = format!("sqlite://{}", args.data.join("pieshop.db").display());
    }
    let listener = listen(&config.http.host, args.port).await?;
    let mut robots = JoinSet::new();
    for (trade, port, url) in [
        (&PICKER, args.picker_port, &mut config.robots.picker.robot.url),
        (&BAKER, args.baker_port, &mut config.robots.baker.robot.url),
        (&DELIVERY, args.delivery_port, &mut config.robots.delivery.url),
    ] {
        *url = format!("http://127.0.0.1:{port}");
        let listener = listen("127.0.0.1", port).await?;
        let options = Options { trade, pace: args.pace, failure_rate: args.failure_rate };
        robots.spawn(pie_robots::serve(listener, Robot::open(options, system_time)?));
    }
    let auth = &mut config.auth;
    for (what, secret) in [("password", &mut auth.admin_password), ("token", &mut auth.admin_token)]
    {
        if secret.is_empty() {
            *secret = Ambient::default().entropy.token().simple().to_string();
            writeln!(stdout(), "Administrator's {what} (until the next start): {secret}")?;
        }
    }
    let app = App::start(&config).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let mut out = stdout();
    writeln!(out, "The pie shop is open: {base}/, and the kitchen: {base}/admin\nOrder a pie:\n")?;
    writeln!(out, "curl -i {base}/api/orders --json '{EXAMPLE}'\n")?;
    app.serve(listener, stopped()).await;
    robots.shutdown().await;
    Ok(())
}
