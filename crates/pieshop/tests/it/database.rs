//! `PostgreSQL` databases of a test's own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pieshop::store;
use testbed::Database;

/// Makes fresh databases. Who does not drop one leaves it behind in the throw-away server of the
/// test run.
pub(crate) struct TestDatabase;

impl TestDatabase {
    /// An empty database.
    pub(crate) async fn empty() -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pieshop_test_{}_{number}", std::process::id());
        Database::create(&server(), &name).await.unwrap()
    }

    /// A database with this release's schema.
    pub(crate) async fn migrated() -> Database {
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
