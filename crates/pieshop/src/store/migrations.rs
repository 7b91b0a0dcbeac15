//! The steps that bring a database's schema up to date, and which releases can work with it.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::StoreError;
use super::error::unavailable;

/// This release's schema: the number of the last migration that it knows.
pub(super) const RELEASE: i64 = 1;

/// A migration: its number, its name, and its statements.
pub(super) type Step = (i64, &'static str, &'static str);

/// The last migration that the database has run, and the oldest release that it admits; fails where
/// no migration was ever run.
pub(super) const SCHEMA: &str = "select coalesce((select max(version) from _sqlx_migrations \
    where success), 0) as release, (select oldest from schema_release) as oldest";

/// Runs these migrations.
pub(super) fn migrator(steps: &[Step]) -> Migrator {
    let steps = steps.iter().map(|(version, name, sql)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    // A newer release may have gone further; `check` tells whether this one can still work.
    migrator.set_ignore_missing(true);
    migrator
}

/// Whether this release can work with a database that is at migration `release` and admits
/// releases from `oldest` on.
pub(super) fn check(release: i64, oldest: i64) -> Result<(), StoreError> {
    if oldest > RELEASE {
        return Err(unavailable(
            "this release is older than the database allows: start a newer one",
            format!("the database needs release {oldest}, this is {RELEASE}"),
        ));
    }
    if release < RELEASE {
        return Err(unavailable(
            "the database's schema is older than this release: run `pieshop migrate`",
            format!("the database is at migration {release}, this release needs {RELEASE}"),
        ));
    }
    Ok(())
}
