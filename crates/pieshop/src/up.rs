//! `pieshop up`: the service and the three robots in one process, for a first look.

use std::fs;
use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use pie_robots::{Kind, Options, Robot};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::{self, App};
use crate::cli::UpArgs;
use crate::clock::system_time;
use crate::config::Config;
use crate::secrets::{Made, administrator};
use crate::store;

/// The defaults of `up`, which the configuration may override.
pub fn presets(args: &UpArgs) -> Vec<(String, String)> {
    let local = |port: u16| format!("http://127.0.0.1:{port}");
    let database = format!("sqlite://{}", args.data.join("pieshop.db").display());
    [
        ("pace", "60".into()),
        ("database.url", database),
        ("http.port", args.port.to_string()),
        ("robots.picker.url", local(args.picker_port)),
        ("robots.baker.url", local(args.baker_port)),
        ("robots.delivery.url", local(args.delivery_port)),
    ]
    .map(|(key, value): (&str, String)| (key.to_owned(), value))
    .into()
}

/// Runs everything until `stop`.
pub async fn run(config: Config, args: UpArgs, stop: CancellationToken) -> anyhow::Result<()> {
    fs::create_dir_all(&args.data)
        .with_context(|| format!("cannot create the folder {}", args.data.display()))?;
    let listener = app::listen(&config.http.host, config.http.port, "--port").await?;
    let kinds = [
        (Kind::Picker, args.picker_port, "--picker-port"),
        (Kind::Baker, args.baker_port, "--baker-port"),
        (Kind::Delivery, args.delivery_port, "--delivery-port"),
    ];
    let mut robots = tokio::task::JoinSet::new();
    for (kind, port, flag) in kinds {
        let listener = app::listen("127.0.0.1", port, flag).await?;
        let options = Options {
            pace: config.pace,
            data: Some(args.data.join("robots")),
            failure_rate: args.failure_rate,
            faults: args.faults,
            ..Options::new(kind)
        };
        robots.spawn(robot(options, listener, stop.clone()));
    }
    let (admin, made) = administrator(&config, &args.data)?;
    let url = config.database_url()?.expose();
    let store =
        store::open(url, config.database.connections, config.database.connect_timeout).await?;
    store.migrate().await?;
    let app = App::start(&config, store, admin).await?;
    greet(&listener, &config, &made)?;
    app.serve(listener, stop.clone().cancelled_owned()).await;
    stop.cancel();
    while let Some(ended) = robots.join_next().await {
        ended??;
    }
    Ok(())
}

async fn robot(
    options: Options,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let robot = Robot::open(options, Arc::new(system_time))?;
    pie_robots::serve(listener, robot, stop.cancelled_owned()).await?;
    Ok(())
}

/// Says what to open and what to try.
fn greet(listener: &TcpListener, config: &Config, made: &Made) -> anyhow::Result<()> {
    let base = format!("http://{}", listener.local_addr()?);
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nThe pie shop is open, a minute passes in {:.3} s.", 60.0 / config.pace)?;
    writeln!(out, "  The shop: {base}/")?;
    writeln!(out, "  The kitchen, for the administrator: {base}/admin")?;
    writeln!(out, "  API and its documentation: {base}/api/docs")?;
    for (what, secret) in [("password", &made.password), ("token", &made.token)] {
        match secret {
            Some(secret) => {
                writeln!(out, "  Administrator's {what} (shown only now): {secret}")?;
            }
            None => writeln!(out, "  Administrator's {what}: as before")?,
        }
    }
    writeln!(out, "\nOrder a pie:\n\n{}\n", example(&base))?;
    out.flush()?;
    Ok(())
}

fn example(base: &str) -> String {
    format!(
        "curl -i {base}/api/orders -H 'Content-Type: application/json' -d '{{\
         \"pieType\":\"apple\",\
         \"customer\":{{\"name\":\"Jane Doe\",\"email\":\"jane@example.com\",\"phone\":\"+1-555-0123\"}},\
         \"deliveryAddress\":{{\"street\":\"123 Main St\",\"city\":\"Springfield\",\"state\":\"IL\",\"zip\":\"62701\"}}}}'"
    )
}
