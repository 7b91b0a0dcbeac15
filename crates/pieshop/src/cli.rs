//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Takes orders for pies and drives robots until the pie is at the door.
#[derive(Debug, Parser)]
#[command(name = "pieshop", version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; `up` when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `up`, for when nothing is said.
    #[command(flatten)]
    pub up: UpArgs,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything in one process: the service on its embedded database, and the three robots
    Up(UpArgs),
    /// Run the service alone, from configuration
    Serve(ServeArgs),
    /// Bring the database's schema up to date
    Migrate(ConfigArgs),
    /// Print the description of the API (`OpenAPI` 3.1, YAML)
    Openapi,
    /// Ask a running service whether it is ready; exits with 1 when it is not
    Healthcheck(ServeArgs),
    /// Print the effective configuration, secrets masked
    Config(ServeArgs),
}

/// Where the configuration comes from.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArgs {
    /// Configuration file [default: ./pieshop.toml if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The flags of `serve`.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Port of the API
    #[arg(long)]
    pub port: Option<u16>,
    /// How many times faster than real time the kitchen runs
    #[arg(long)]
    pub pace: Option<f64>,
}

/// The flags of `up`.
#[derive(Clone, Debug, Args)]
pub struct UpArgs {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Port of the API
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Port of the fruit picker
    #[arg(long, default_value_t = 8081)]
    pub picker_port: u16,
    /// Port of the baker
    #[arg(long, default_value_t = 8082)]
    pub baker_port: u16,
    /// Port of the delivery drones
    #[arg(long, default_value_t = 8083)]
    pub delivery_port: u16,
    /// Folder for the database and the robots' journals
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
    /// How many times faster than real time the kitchen runs [default: 60]
    #[arg(long)]
    pub pace: Option<f64>,
    /// Share of the robots' jobs that fail, from 0 to 1
    #[arg(long, value_name = "R", default_value_t = 0.02)]
    pub failure_rate: f64,
    /// Let the administrator break the robots, to see how the orders cope
    #[arg(long)]
    pub faults: bool,
    /// Do not open the shop in the browser
    #[arg(long)]
    pub no_open: bool,
}
