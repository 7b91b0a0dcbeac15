//! Fresh databases to measure on.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum;
use order_core::Status;
use pieshop::store::{self, Change, NewOrder, SharedStore};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use tokio::time::{Instant, sleep};

use crate::load::float;
use crate::orders::Way;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => "SQLite".into(),
            Kind::Postgres => "PostgreSQL".into(),
        }
    }
}

/// A database with the schema of this release, thrown away by [`Database::remove`].
pub(crate) struct Database {
    pub(crate) kind: Kind,
    pub(crate) url: String,
    place: Place,
}

enum Place {
    Folder(PathBuf),
    /// With the URL of its server.
    Server(testbed::Database, String),
}

/// Connections of a store that is opened in this process.
const CONNECTIONS: u32 = 8;
/// Rows in one statement.
const BATCH: u64 = 500;
/// How long orders may be under way altogether.
const PATIENCE: Duration = Duration::from_mins(5);

impl Database {
    /// A database in a folder of its own.
    pub(crate) async fn in_folder(folder: PathBuf) -> Result<Self> {
        let url = format!("sqlite://{}", folder.join("pieshop.db").display());
        Self { kind: Kind::Sqlite, url, place: Place::Folder(folder) }.migrated().await
    }

    /// A database of its own in the server at `url`.
    pub(crate) async fn in_server(url: &str, name: String) -> Result<Self> {
        let made = testbed::Database::create(url, &name).await?;
        Self { kind: Kind::Postgres, url: made.url.clone(), place: Place::Server(made, url.into()) }
            .migrated()
            .await
    }

    async fn migrated(self) -> Result<Self> {
        let store = self.open().await?;
        store.migrate().await?;
        store.close().await;
        Ok(self)
    }

    /// Opens it in this process.
    pub(crate) async fn open(&self) -> Result<SharedStore> {
        Ok(store::open(&self.url, CONNECTIONS, Duration::from_secs(10)).await?)
    }

    /// Stores the `count` orders that `make` gives for the numbers from 0 on.
    pub(crate) async fn fill(&self, count: u64, make: impl Fn(u64) -> NewOrder) -> Result<()> {
        let store = self.open().await?;
        place(&store, 0..count, make).await?;
        store.close().await;
        self.settle().await
    }

    /// Stores `count` delivered orders with their whole histories.
    pub(crate) async fn fill_delivered(&self, count: u64) -> Result<()> {
        let way = Way::walk()?;
        let store = self.open().await?;
        let (first, rest) = way.steps.split_first().context("a way without a step")?;
        store.place(&[way.copy(&first.order, 0)]).await?;
        for step in rest {
            let order = way.copy(&step.order, 0).order;
            let change = Change { order, entry: step.entry.clone(), lease: None };
            ensure!(store.change(&[change]).await? == [true], "a change was not stored");
        }
        let delivered = way.at(Status::Completed)?;
        place(&store, 1..count, |number| way.copy(delivered, number)).await?;
        self.execute(COPY_HISTORY).await?;
        // The counters are brought up to date in steps.
        while store.count().await?.values().sum::<i64>() < i64::try_from(count)? {}
        store.close().await;
        self.settle().await
    }

    /// Leaves no work behind that would be done during a measurement.
    async fn settle(&self) -> Result<()> {
        match self.kind {
            Kind::Sqlite => self.execute("pragma wal_checkpoint(truncate)").await,
            Kind::Postgres => {
                self.execute("vacuum (analyze) orders").await?;
                self.execute("vacuum (analyze) state_history").await?;
                self.execute("checkpoint").await
            }
        }
    }

    async fn execute(&self, sql: &'static str) -> Result<()> {
        match self.watch().await? {
            Watch::Sqlite(mut connection) => connection.execute(sql).await.map(drop)?,
            Watch::Postgres(mut connection) => connection.execute(sql).await.map(drop)?,
        }
        Ok(())
    }

    /// A connection beside the store.
    pub(crate) async fn watch(&self) -> Result<Watch> {
        Ok(match self.kind {
            Kind::Sqlite => Watch::Sqlite(SqliteConnection::connect(&self.url).await?),
            Kind::Postgres => Watch::Postgres(PgConnection::connect(&self.url).await?),
        })
    }

    /// Throws it away, so that nothing tends it while the next one is measured.
    pub(crate) async fn remove(self) -> Result<()> {
        match self.place {
            Place::Folder(folder) => std::fs::remove_dir_all(folder)?,
            Place::Server(database, server) => {
                database.drop().await?;
                PgConnection::connect(&server).await?.execute("checkpoint").await?;
            }
        }
        Ok(())
    }
}

/// Gives every order the history of the first one.
const COPY_HISTORY: &str = "insert into state_history \
    (order_id, seq, from_state, to_state, timestamp) \
    select o.id, h.seq, h.from_state, h.to_state, h.timestamp from orders o, state_history h \
    where h.order_id = (select id from orders order by id limit 1) and h.seq > 1 \
    and o.id <> h.order_id";

/// Looks at the orders while somebody else works on them.
pub(crate) enum Watch {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Watch {
    /// The number of orders in these states, or `most` if there are more.
    pub(crate) async fn count(&mut self, states: &[Status], most: u64) -> Result<u64> {
        let names: Vec<_> = states.iter().map(|state| format!("'{state}'")).collect();
        let names = names.join(", ");
        let sql = AssertSqlSafe(format!(
            "select count(*) from (select 1 from orders where current_state in ({names}) \
             limit {most}) as found"
        ));
        let count: i64 = match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
        };
        Ok(u64::try_from(count)?)
    }

    /// Transactions a second that the database commits within `time`; 0 on SQLite, which does not count.
    pub(crate) async fn transactions_in(&mut self, time: Duration) -> Result<f64> {
        let begin = self.transactions().await?;
        sleep(time).await;
        Ok(float(self.transactions().await?.saturating_sub(begin)) / time.as_secs_f64())
    }

    async fn transactions(&mut self) -> Result<u64> {
        let Self::Postgres(connection) = self else { return Ok(0) };
        let sql = "select xact_commit from pg_stat_database where datname = current_database()";
        let committed: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
        Ok(u64::try_from(committed)?)
    }

    /// Waits until no order is in any of these states.
    pub(crate) async fn none_in(&mut self, states: &[Status]) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        // One order is enough to see: counting them all would cost as much as what is measured.
        while self.count(states, 1).await? > 0 {
            ensure!(Instant::now() < end, "there are orders that are not done after {PATIENCE:?}");
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

async fn place(
    store: &SharedStore,
    numbers: Range<u64>,
    make: impl Fn(u64) -> NewOrder,
) -> Result<()> {
    for first in numbers.clone().step_by(usize::try_from(BATCH)?) {
        let batch: Vec<_> = (first..numbers.end.min(first + BATCH)).map(&make).collect();
        store.place(&batch).await?;
    }
    Ok(())
}
