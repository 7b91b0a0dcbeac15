//! What a database's error means for whoever asked.

use std::io;

use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

use super::postgres::codes;
use super::{Cause, StoreError};

/// The advice where a table or column is missing.
pub(super) const WRONG_SCHEMA: &str =
    "the database's schema is not that of this release: run `pieshop migrate`";

/// An error of a statement that changes nothing, or of reaching the database at all.
pub(super) fn read(error: Error) -> StoreError {
    of(error, false)
}

/// An error of a statement that was sent and may have been carried out.
pub(super) fn write(error: Error) -> StoreError {
    of(error, true)
}

/// An error after a commit: whatever it is, the write stands and is found again by repeating it.
pub(super) fn after_write(error: StoreError) -> StoreError {
    StoreError::Lost(error.into())
}

/// An error of bringing the schema up to date.
pub(super) fn migrate(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => read(error),
        MigrateError::VersionMismatch(version) => unavailable(
            &format!("migration {version} was changed after this database had run it"),
            error,
        ),
        _ => unavailable("the database's schema cannot be brought up to date", error),
    }
}

/// A document that cannot be written down.
pub(super) fn refused(error: serde_json::Error) -> StoreError {
    StoreError::Refused(error.into())
}

/// The database cannot be used, for a reason of ours.
pub(super) fn unavailable(advice: &str, cause: impl Into<Cause>) -> StoreError {
    StoreError::Unavailable { advice: advice.into(), cause: cause.into() }
}

fn of(error: Error, writing: bool) -> StoreError {
    match error {
        Error::Database(error) if codes::known(&*error) => codes::meaning(error, writing),
        Error::Database(error) => sqlite(error),
        Error::Io(error) if error.kind() == io::ErrorKind::StorageFull => {
            StoreError::Full(error.into())
        }
        Error::PoolTimedOut => unavailable(
            "no connection to the database became free in time: is it running and not overloaded?",
            error,
        ),
        Error::PoolClosed => unavailable("the store is closed", error),
        Error::ColumnNotFound(_) | Error::ColumnDecode { .. } | Error::Decode(_) => {
            unavailable("the database holds what this release cannot read", error)
        }
        Error::Encode(_) => StoreError::Refused(error.into()),
        _ => broken(error, writing),
    }
}

/// The connection broke, or there was none.
pub(super) fn broken(error: impl Into<Cause>, writing: bool) -> StoreError {
    if writing {
        return StoreError::Lost(error.into());
    }
    unavailable("the database cannot be reached: is it running?", error)
}

/// Source: "Result and Error Codes" of `SQLite`'s manual; the low byte is the primary code.
fn sqlite(error: Box<dyn DatabaseError>) -> StoreError {
    let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
    match code & 0xff {
        1 => unavailable(WRONG_SCHEMA, error),
        5 | 6 => StoreError::Conflict(error.into()),
        13 => StoreError::Full(error.into()),
        18..=20 => StoreError::Refused(error.into()),
        8 => unavailable("the database file or its folder is read-only", error),
        11 => unavailable("the database file is damaged: restore a backup", error),
        14 => unavailable("the database file cannot be opened or created", error),
        26 => unavailable("the file that the database URL names is no SQLite database", error),
        _ => unavailable("the database file cannot be read or written", error),
    }
}
