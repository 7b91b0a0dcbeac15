//! Databases of one's own in a `PostgreSQL` server.

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::postgres::with_database;
use crate::proxy::Proxy;

/// A database in a server that others use too.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its address.
    pub url: String,
    server: String,
    name: String,
}

impl Database {
    /// Makes it, empty, in the server whose URL is given; one of that name is thrown away.
    pub async fn create(server: &str, name: &str) -> Result<Self> {
        let database = Self {
            url: with_database(server, name)?,
            server: server.to_owned(),
            name: name.to_owned(),
        };
        database.drop().await?;
        database.on_server(format!("create database {name}")).await?;
        Ok(database)
    }

    /// Throws it away, also under whoever uses it.
    pub async fn drop(&self) -> Result<()> {
        self.on_server(format!("drop database if exists {} with (force)", self.name)).await
    }

    /// A way to the server that can be cut, and the database's URL by that way.
    pub async fn through_proxy(&self) -> Result<(Proxy, String)> {
        let (scheme, rest) = self.url.split_once("://").context("the URL has no scheme")?;
        let (authority, _) = rest.split_once('/').context("the URL names no database")?;
        let (user, place) = authority.rsplit_once('@').unwrap_or(("postgres", authority));
        let (host, port) = place.rsplit_once(':').unwrap_or((place, "5432"));
        let proxy = Proxy::start((host.to_owned(), port.parse()?)).await?;
        // The proxy must see what it forwards.
        let url = format!("{scheme}://{user}@{}/{}?sslmode=disable", proxy.address, self.name);
        Ok((proxy, url))
    }

    async fn on_server(&self, sql: String) -> Result<()> {
        let reached = PgConnection::connect(&self.server).await;
        let mut connection = reached.context("cannot reach PostgreSQL")?;
        connection.execute(AssertSqlSafe(sql)).await?;
        Ok(connection.close().await?)
    }
}
