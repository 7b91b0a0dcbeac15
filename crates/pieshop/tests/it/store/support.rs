//! Databases of a test's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use order_core::Order;
use pieshop::store::{self, NewOrder, SharedStore, SqliteStore, StoreError};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Executor};
use tempfile::TempDir;
use testbed::Database;
use testbed::proxy::Proxy;

use super::orders::{new_order, now};
use crate::database::TestDatabase;

/// Makes of each function a test on each database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::super::support::Db::sqlite().await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::super::support::Db::postgres().await).await;
            })+
        }
    };
}

pub(super) use on_both;

/// A database of a test's own, gone when the test is over.
pub(super) struct Db {
    pub(super) store: SharedStore,
    place: Place,
}

enum Place {
    File { path: PathBuf, _folder: TempDir },
    Server { database: Database },
}

impl Db {
    /// In a new file, with a clock that stands at [`now`].
    pub(super) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/pieshop.db");
        let store = open_file(&path).await;
        Self { store: Arc::new(store), place: Place::File { path, _folder: folder } }
    }

    /// A new database, with its schema, on the server that the tests are given.
    pub(super) async fn postgres() -> Self {
        let db = Self::empty_postgres().await;
        db.store.migrate().await.unwrap();
        db
    }

    pub(super) async fn empty_postgres() -> Self {
        let database = TestDatabase::empty().await;
        Self { store: open(&database.url).await, place: Place::Server { database } }
    }

    /// Another store on the same database, as another process has it. A file knows only one.
    pub(super) async fn another(&self) -> SharedStore {
        match &self.place {
            Place::File { .. } => self.store.clone(),
            Place::Server { database } => open(&database.url).await,
        }
    }

    /// The URL of the database.
    pub(super) fn url(&self) -> String {
        match &self.place {
            Place::File { path, .. } => format!("sqlite://{}", path.display()),
            Place::Server { database } => database.url.clone(),
        }
    }

    /// A way to the server that can be cut, and the database's URL by that way.
    pub(super) async fn through_proxy(&self) -> (Proxy, String) {
        match &self.place {
            Place::File { .. } => panic!("there is no way to a file"),
            Place::Server { database } => database.through_proxy().await.unwrap(),
        }
    }

    /// Carries out statements behind the store's back.
    pub(super) async fn sql(&self, sql: &str) {
        match &self.place {
            Place::File { path, .. } => {
                let options = SqliteConnectOptions::new().filename(path);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                connection.execute(AssertSqlSafe(sql)).await.unwrap();
                connection.close().await.unwrap();
            }
            Place::Server { database } => {
                let mut connection = PgConnection::connect(&database.url).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// The number of a table's rows.
    pub(super) async fn rows(&self, table: &str) -> i64 {
        let count = AssertSqlSafe(format!("select count(*) from {table}"));
        match &self.place {
            Place::File { path, .. } => {
                let options = SqliteConnectOptions::new().filename(path);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap()
            }
            Place::Server { database } => {
                let mut connection = PgConnection::connect(&database.url).await.unwrap();
                sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    /// Changes an order's row behind the store's back.
    pub(super) async fn tamper(&self, order: &Order, set: &str) {
        let id = match &self.place {
            Place::File { .. } => format!("x'{}'", order.id.0.simple()),
            Place::Server { .. } => format!("'{}'", order.id.0),
        };
        self.sql(&format!("update orders set {set} where id = {id}")).await;
    }

    /// The store as the next process finds it.
    pub(super) async fn restarted(&self) -> SharedStore {
        self.store.close().await;
        match &self.place {
            Place::File { path, .. } => Arc::new(open_file(path).await),
            Place::Server { database } => open(&database.url).await,
        }
    }

    /// Waits until all that is committed by now may be shown in the feed: transactions under way
    /// hold it back, also those of other tests on the same server.
    pub(super) async fn settle(&self) {
        let Place::Server { database } = &self.place else { return };
        let mut connection = PgConnection::connect(&database.url).await.unwrap();
        let now = sqlx::query_scalar("select pg_current_xact_id()::text::int8");
        let now: i64 = now.fetch_one(&mut connection).await.unwrap();
        while self.store.feed_end().await.unwrap().transaction < now {}
    }

    /// Puts `number` new orders into the database.
    pub(super) async fn with_orders(&self, number: u64) -> Vec<Order> {
        let orders: Vec<NewOrder> = (1..=number).map(new_order).collect();
        self.store.place(&orders).await.unwrap();
        orders.into_iter().map(|new| new.order).collect()
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        if let Place::Server { database } = &self.place {
            let database = database.clone();
            let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
            // A test's own runtime cannot wait in here.
            let dropping = thread::spawn(move || runtime().unwrap().block_on(database.drop()));
            dropping.join().unwrap().unwrap();
        }
    }
}

async fn open_file(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Arc::new(now)).await.unwrap()
}

async fn open(url: &str) -> SharedStore {
    store::open(url, 6, Duration::from_secs(30)).await.unwrap()
}

/// What an error that makes the database unusable says.
pub(super) fn advice(refused: Result<(), StoreError>) -> String {
    let error = refused.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    error.to_string()
}
