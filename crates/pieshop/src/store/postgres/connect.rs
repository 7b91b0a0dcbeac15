//! Connections to `PostgreSQL`.

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{Connection, Postgres};
use tokio::time::timeout;

use super::together::Together;
use crate::store::StoreError;
use crate::store::error::{self, unavailable};
use crate::store::placing::OldKeys;
use crate::store::row::Recipes;

/// After this time a write is given up and its connection closed.
const PATIENCE: Duration = Duration::from_secs(15);

/// A connection that was idle for longer is tested before it is used.
const FRESH: Duration = Duration::from_secs(1);

/// The writers' statements must find each row by its index, also when their plan was made while
/// the tables were still small.
const NESTED_LOOPS_ONLY: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];

/// Orders in a `PostgreSQL` database.
pub struct PostgresStore {
    pub(super) writers: PgPool,
    pub(super) readers: PgPool,
    pub(super) recipes: Recipes,
    pub(super) old_keys: OldKeys,
    pub(super) together: Together,
}

pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

impl PostgresStore {
    /// Connects. At most `connections` are open at once, or two where that is less; a request
    /// waits at most `connect_timeout` for one. The schema is left as it is.
    pub async fn open(
        url: &str,
        connections: u32,
        connect_timeout: Duration,
    ) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url
            .parse()
            .map_err(|cause: sqlx::Error| unavailable("the database URL cannot be read", cause))?;
        let options = options.application_name("pieshop");
        // A pool would try until its time is up; the first answer should come at once.
        let first = timeout(connect_timeout, PgConnection::connect_with(&options)).await;
        let first = first.map_err(|late| unavailable("the database does not answer", late))?;
        first.map_err(error::read)?.close().await.map_err(error::read)?;
        let pool = |connections: u32, options: PgConnectOptions| {
            PgPoolOptions::new()
                .max_connections(connections.max(1))
                .acquire_timeout(connect_timeout)
                .test_before_acquire(false)
                .before_acquire(|connection, meta| {
                    Box::pin(async move {
                        if meta.idle_for > FRESH {
                            connection.ping().await?;
                        }
                        Ok(true)
                    })
                })
                .connect_lazy_with(options)
        };
        let writers = connections.div_ceil(2);
        let readers = pool(connections - writers, options.clone());
        Ok(Self {
            writers: pool(writers, options.options(NESTED_LOOPS_ONLY)),
            together: Together::start(readers.clone()),
            readers,
            recipes: Recipes::default(),
            old_keys: OldKeys::default(),
        })
    }

    /// Carries out a statement on a writer's connection, which is closed if it takes too long.
    pub(super) async fn write(&self, statement: Statement<'_>) -> Result<Vec<PgRow>, StoreError> {
        let mut connection = self.writers.acquire().await.map_err(error::read)?;
        match timeout(PATIENCE, statement.fetch_all(&mut *connection)).await {
            Ok(rows) => rows.map_err(error::write),
            Err(late) => {
                drop(connection.detach());
                Err(StoreError::Lost(late.into()))
            }
        }
    }
}
