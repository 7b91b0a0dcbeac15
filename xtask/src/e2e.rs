//! `cargo xtask e2e`: the pages in a real browser, with the real service and the real robots.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self as this, Command, ExitCode},
};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use testbed::postgres::with_database;

use crate::{
    apt,
    postgres::{self, Postgres},
    process,
    workspace::Workspace,
};

const CHROMIUM: &str = "PIESHOP_TEST_CHROMIUM";
/// Where the tests find the programs that [`build`] made.
const PROGRAMS: &str = "PIESHOP_TEST_PROGRAMS";
/// The database for the service that loses it.
const DATABASE: &str = "PIESHOP_TEST_DATABASE_URL";
/// What the screenshots are set in, each with the folder that it brings.
const FONTS: [(&str, &str); 2] = [
    ("fonts-inter", "/usr/share/fonts/opentype/inter"),
    ("fonts-urw-base35", "/usr/share/fonts/opentype/urw-base35"),
];

#[derive(Args)]
pub(crate) struct E2eArgs {
    /// A part of the tests' names, as a regular expression
    #[arg(last = true)]
    filter: Option<String>,
}

/// Builds what is looked at, and tests its pages.
pub(crate) fn run(workspace: &Workspace, args: &E2eArgs) -> Result<ExitCode> {
    build(workspace)?;
    let postgres = Postgres::start(workspace)?;
    pages(workspace, &postgres.url(), args.filter.as_deref())
}

/// Tests the pages of the programs that the tests have been built with; all of them, or those whose
/// names `filter` matches. `server` is the URL of a `PostgreSQL` to make a database in.
pub(crate) fn pages(workspace: &Workspace, server: &str, filter: Option<&str>) -> Result<ExitCode> {
    let tools = postgres::provide_programs(workspace)?;
    let name = format!("pieshop_e2e_{}", this::id());
    let on_server = |program: &str, flags: &[&str]| {
        let mut command = Command::new(tools.join(program));
        command.arg(format!("--maintenance-db={server}")).args(flags).arg(&name);
        process::run_logged(&mut command, &workspace.scratch.join("e2e-database.log"))
    };
    let mut node = node(workspace)?;
    on_server("createdb", &[]).context("no database for the service that loses it")?;
    node.args(["--test", "--test-reporter=spec"]);
    node.args(filter.map(|filter| format!("--test-name-pattern={filter}")));
    node.arg("all.mjs").env(DATABASE, with_database(server, &name)?);
    let status = process::run(&mut node);
    on_server("dropdb", &["--force"])?;
    Ok(process::exit_code(status?))
}

/// Provides what talks to a service from outside, for other programs: the robots, a browser, Node and
/// its packages. Says where the programs and the browser are.
pub(crate) fn provide(workspace: &Workspace) -> Result<ExitCode> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--quiet", "--package", "pie-robots"]);
    ensure!(process::run(&mut cargo)?.success(), "cannot build the robots");
    let chromium = provide_programs(workspace)?;
    provide_modules(workspace, &workspace.root.join("e2e"))?;
    println!("programs={}", programs(workspace)?.display());
    println!("chromium={}", chromium.display());
    Ok(ExitCode::SUCCESS)
}

/// Takes the pictures that the README shows.
pub(crate) fn screenshots(workspace: &Workspace) -> Result<ExitCode> {
    build(workspace)?;
    let missing = FONTS.iter().filter(|(_, folder)| !Path::new(folder).exists());
    let missing: Vec<_> = missing.map(|(package, _)| *package).collect();
    if !missing.is_empty() {
        apt::install(workspace, &missing, "take them where these fonts are installed")?;
    }
    Ok(process::exit_code(process::run(node(workspace)?.arg("screenshots.mjs"))?))
}

/// With the features that the tests are built with, so that nothing is built twice.
fn build(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "-p", "pieshop", "-p", "pie-robots", "--features", "pieshop/mongodb"]);
    ensure!(process::run(&mut cargo)?.success(), "cannot build what is to be looked at");
    Ok(())
}

/// Node, in the folder of the tests, with everything that they need.
fn node(workspace: &Workspace) -> Result<Command> {
    let chromium = provide_programs(workspace)?;
    let folder = workspace.root.join("e2e");
    provide_modules(workspace, &folder)?;
    let mut node = Command::new("node");
    node.current_dir(folder).env(CHROMIUM, chromium).env(PROGRAMS, programs(workspace)?);
    Ok(node)
}

/// Where cargo puts the programs that it builds.
fn programs(workspace: &Workspace) -> Result<PathBuf> {
    Ok(workspace.scratch.parent().context("the scratch folder is in none")?.join("debug"))
}

/// Makes sure that there are Node, npm and a browser; returns the browser.
fn provide_programs(workspace: &Workspace) -> Result<PathBuf> {
    let browser = || match env::var_os(CHROMIUM) {
        Some(named) => Some(PathBuf::from(named)),
        None => ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find_map(apt::find_program),
    };
    let mut missing = Vec::new();
    // Who brought a Node along may have brought its npm too.
    missing.extend(apt::find_program("node").is_none().then_some("nodejs"));
    missing.extend(apt::find_program("npm").is_none().then_some("npm"));
    missing.extend(browser().is_none().then_some("chromium"));
    if !missing.is_empty() {
        let otherwise =
            format!("name a browser in {CHROMIUM} and put node 18 or newer on the PATH");
        apt::install(workspace, &missing, &otherwise)?;
    }
    browser().context("installed chromium, but found none")
}

/// Installs the packages of the lock file, unless they are there.
fn provide_modules(workspace: &Workspace, folder: &Path) -> Result<()> {
    let lock = fs::File::create(workspace.scratch.join("npm.lock"))?;
    // Two tasks at once must not install over each other; the lock ends with the file handle.
    lock.lock().context("cannot lock the Node packages")?;
    let wanted = fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/installed.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    eprintln!("xtask: installing the packages of e2e/package-lock.json …");
    let mut npm = Command::new("npm");
    npm.arg("ci").current_dir(folder);
    process::run_logged(&mut npm, &workspace.scratch.join("npm.log"))
        .context("cannot install the Node packages that the browser tests need")?;
    Ok(fs::write(stamp, wanted)?)
}
