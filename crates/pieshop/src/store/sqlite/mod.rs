//! Orders in a `SQLite` file: the embedded default, for one process.

mod read;
mod statements;
mod write;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::error::{self, unavailable};
use super::row::Recipes;
use super::{Store, StoreError};

/// The process's clock.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How many statements may read at once.
const READERS: u32 = 4;

/// How long to wait for the file where a tool beside this process holds it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Orders in a `SQLite` file.
pub struct SqliteStore {
    /// One connection: `SQLite` knows one writer at a time, and here it waits in order.
    writer: SqlitePool,
    readers: SqlitePool,
    clock: Clock,
    recipes: Recipes,
    /// Held until the store is closed.
    lock: File,
}

impl SqliteStore {
    /// Opens the database file, creates it and its folder where needed, and brings its schema up to
    /// date. Refused while another process has it open.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let writer = pool(1).connect_with(options.clone()).await.map_err(error::read)?;
        let readers = options.create_if_missing(false).read_only(true);
        let readers = pool(READERS).connect_with(readers).await.map_err(error::read)?;
        let store = Self { writer, readers, clock, recipes: Recipes::default(), lock };
        store.migrate().await?;
        // Whoever held a lease here was an earlier process, and it is gone.
        sqlx::query(statements::FORGET_LEASES)
            .execute(&store.writer)
            .await
            .map_err(error::write)?;
        Ok(store)
    }

    /// The process clock's time, in the database's precision.
    fn time(&self) -> DateTime<Utc> {
        (self.clock)().trunc_subsecs(6)
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// Takes the file's lock for this process.
fn lock(path: &Path) -> Result<File, StoreError> {
    let shown = path.display();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|cause| {
            unavailable(&format!("the folder of {shown} cannot be made"), cause)
        })?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file =
        File::options().create(true).append(true).open(PathBuf::from(name)).map_err(|cause| {
            unavailable(&format!("{shown} cannot be locked: may its folder be written?"), cause)
        })?;
    file.try_lock().map_err(|cause| match cause {
        TryLockError::WouldBlock => unavailable(
            &format!("another process has {shown} open: stop it, or use another data folder"),
            cause,
        ),
        TryLockError::Error(cause) => unavailable(&format!("{shown} cannot be locked"), cause),
    })?;
    Ok(file)
}
