//! The database's file: its lock and its connections.

use std::fs::{self, File, TryLockError};
use std::future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::store::StoreError;
use crate::store::error::unavailable;

/// How many statements may read at once.
const READERS: u32 = 4;

/// How long to wait for the file where a tool beside this process holds it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes the file's lock for this process.
pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
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

/// Opens the file for the one writer and for the readers.
pub(super) async fn connect(path: &Path) -> sqlx::Result<(SqlitePool, SqlitePool)> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE);
    let writer = pool(1).connect_with(options.clone()).await?;
    let readers = options.create_if_missing(false).read_only(true);
    Ok((writer, pool(READERS).connect_with(readers).await?))
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        // Where `SQLite` itself rolled back, as it does on a full disk, the connection still counts
        // itself as in the transaction; only a new one can begin another.
        .before_acquire(|connection, _| {
            Box::pin(future::ready(Ok(!connection.is_in_transaction())))
        })
}
