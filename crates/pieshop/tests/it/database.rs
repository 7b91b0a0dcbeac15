//! A PostgreSQL database of a test's own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pieshop::store;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

/// A fresh database; it stays behind in the throw-away server of the test run.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
}

impl TestDatabase {
    /// An empty database.
    pub(crate) async fn empty() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = server();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pieshop_{}_{number}", std::process::id());
        let options: sqlx::postgres::PgConnectOptions = server.parse().unwrap();
        let mut connection = options.connect().await.unwrap();
        connection.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
        let mut url = url::Url::parse(&server).unwrap();
        url.set_path(&name);
        Self { url: url.into() }
    }

    /// A database with this release's schema.
    pub(crate) async fn migrated() -> Self {
        let database = Self::empty().await;
        let store = store::open(&database.url, 1, Duration::from_secs(10)).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await;
        database
    }
}

fn server() -> String {
    std::env::var("PIESHOP_TEST_POSTGRES_URL")
        .expect("PIESHOP_TEST_POSTGRES_URL is not set: run the tests with `cargo xtask test`")
}
