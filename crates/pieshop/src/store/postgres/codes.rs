//! What `PostgreSQL`'s error codes mean.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::store::StoreError;
use crate::store::error::{WRONG_SCHEMA, broken, unavailable};

/// Whether `PostgreSQL` made this error.
pub(in crate::store) fn known(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<PgDatabaseError>().is_some()
}

/// Source: "`PostgreSQL` Error Codes", appendix A of its manual.
pub(in crate::store) fn meaning(error: Box<dyn DatabaseError>, writing: bool) -> StoreError {
    let code = error.code().unwrap_or_default().into_owned();
    match code.as_str() {
        "40001" | "40P01" | "55P03" => StoreError::Conflict(error.into()),
        "53100" => StoreError::Full(error.into()),
        "57P01" | "57P02" | "57P03" => broken(error, writing),
        "28000" | "28P01" => {
            unavailable("the database refuses the user or password of its URL", error)
        }
        "3D000" => unavailable("the database that the URL names does not exist", error),
        "42P01" | "42703" | "42704" => unavailable(WRONG_SCHEMA, error),
        "42501" => unavailable("the database's user lacks a right", error),
        "25006" => unavailable("the database takes no writes: is it a standby?", error),
        _ if code.starts_with("22") || code.starts_with("23") => StoreError::Refused(error.into()),
        _ if code.starts_with("08") => broken(error, writing),
        _ => unavailable("the database cannot do its work", error),
    }
}
