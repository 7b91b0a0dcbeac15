//! The pies on offer: built into the program, or recipe documents in `MongoDB`.
//!
//! An order keeps the recipe it was accepted with, so a catalog that goes away touches no order
//! under way.

mod embedded;
#[cfg(feature = "mongodb")]
mod mongo;
mod validate;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use order_core::recipe::Recipe;
use serde::Deserialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::embedded::EmbeddedCatalog;
#[cfg(feature = "mongodb")]
pub use self::mongo::MongoCatalog;
pub use self::validate::{InvalidField, validate};
use crate::config::Secret;

/// A catalog, shared.
pub type SharedCatalog = Arc<dyn Catalog>;

/// Where recipes are kept.
#[derive(Clone, Debug, Deserialize)]
pub struct CatalogSettings {
    /// `mongodb://…`, or `None` for the built-in recipes.
    pub url: Option<Secret>,
    /// Time between two readings of the recipes.
    pub refresh: Duration,
}

/// The pies that can be ordered.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// All pies in order of their names, from memory; never empty.
    fn pies(&self) -> Arc<[Arc<Recipe>]>;

    /// The pie of this type, from memory.
    fn find(&self, pie_type: &str) -> Option<Arc<Recipe>> {
        self.pies().iter().find(|pie| pie.pie_type == pie_type).cloned()
    }

    /// Adds a pie, or replaces the one of the same type, and shows it from then on. Other processes
    /// see it after their next refresh.
    async fn put(&self, recipe: Recipe) -> Result<(), CatalogError>;

    /// Takes a pie off the menu; the last one stays.
    async fn delete(&self, pie_type: &str) -> Result<(), CatalogError>;

    /// Whether what [`Catalog::pies`] answers is what is stored.
    fn health(&self) -> CatalogHealth;
}

/// Whether the catalog answers what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogHealth {
    /// Set while the stored recipes cannot be read and the last list is served instead.
    pub stale: Option<Stale>,
    /// Stored documents that are no valid recipes and therefore not on offer: `_id: reason`.
    pub rejected: Vec<String>,
}

impl CatalogHealth {
    /// Whether somebody should look after the stored recipes.
    pub fn wants_attention(&self) -> bool {
        *self != Self::default()
    }
}

/// In neutral words: the driver's own are for the log.
impl fmt::Display for CatalogHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.stale, self.rejected.len()) {
            (None, 0) => f.write_str("ok"),
            (None, count) => write!(f, "{count} stored recipes are not valid and not on offer"),
            (Some(stale), _) => {
                let seconds = stale.since.elapsed().as_secs();
                write!(f, "cannot be read for {seconds} s now; the pies known before are on offer")
            }
        }
    }
}

/// Why the list in memory may be out of date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// When reading it failed first.
    pub since: Instant,
    /// What went wrong, in the driver's words: for the operator, not for customers.
    pub reason: String,
}

/// Why the catalog refused.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The built-in catalog does not change.
    #[error(
        "the built-in catalog is read-only; pies can be changed when catalog.url names a MongoDB"
    )]
    ReadOnly,
    /// The recipe is not valid, for every reason listed.
    #[error("not a valid recipe: {}", validate::list(.0))]
    Invalid(Vec<InvalidField>),
    /// There is no such pie.
    #[error("pie type '{0}' is not in the catalog")]
    NotFound(String),
    /// A shop without pies is no shop.
    #[error("'{0}' is the last pie of the catalog and stays")]
    LastPie(String),
    /// The database did not answer, or not with what was asked for. The caller may try again.
    #[error("the pie catalog at {url} is not available")]
    Unavailable {
        /// Where it should be, without password and options.
        url: String,
        /// What the driver said.
        source: Cause,
    },
    /// The catalog could not be opened at the start.
    #[error(
        "cannot open the pie catalog at {url}: is MongoDB running and reachable there? \
         Correct catalog.url, or leave it empty for the built-in catalog"
    )]
    Open {
        /// Where it should be, without password and options.
        url: String,
        /// What the driver said.
        source: Cause,
    },
    /// `catalog.url` is not one that this program can open.
    #[error("catalog.url {0}")]
    Url(String),
}

/// Whatever lies behind an error.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Opens the catalog at `url`: the built-in one when it is empty, else a `MongoDB`, read now and
/// again every `refresh` until `stop` is cancelled.
#[cfg_attr(
    not(feature = "mongodb"),
    expect(clippy::unused_async, unused_variables, reason = "the driver waits and refreshes")
)]
pub async fn open(
    url: &str,
    refresh: Duration,
    stop: CancellationToken,
) -> Result<SharedCatalog, CatalogError> {
    match url.split_once("://") {
        None if url.is_empty() => Ok(Arc::new(EmbeddedCatalog::default())),
        #[cfg(feature = "mongodb")]
        Some(("mongodb" | "mongodb+srv", _)) => {
            let catalog = Arc::new(MongoCatalog::open(url).await?);
            tokio::spawn(Arc::clone(&catalog).keep_fresh(refresh, stop));
            Ok(catalog)
        }
        #[cfg(not(feature = "mongodb"))]
        Some(("mongodb" | "mongodb+srv", _)) => Err(CatalogError::Url(
            "names a MongoDB, but this program was built without the Cargo feature `mongodb`: \
             build it with `cargo build --release --features mongodb`, or leave catalog.url empty \
             for the built-in catalog"
                .into(),
        )),
        // What is no URL may be a secret put in the wrong place: it is not repeated.
        other => Err(CatalogError::Url(format!(
            "takes mongodb://…, mongodb+srv://… or nothing for the built-in catalog, not {}",
            other.map_or("a text without scheme".into(), |(scheme, _)| format!("{scheme}://…")),
        ))),
    }
}
