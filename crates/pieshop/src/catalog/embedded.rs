//! The catalog that comes with the program: five pies, read-only.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::recipe::Recipe;

use super::{Catalog, CatalogError, CatalogHealth};

/// The five pies that every shop begins with, in order of their names.
#[expect(clippy::expect_used, reason = "compiled in, and every start reads it")]
pub(super) fn first_pies() -> Vec<Recipe> {
    serde_json::from_str(include_str!("pies.json")).expect("pies.json is a list of recipes")
}

/// The built-in catalog.
pub struct EmbeddedCatalog {
    pies: Arc<[Arc<Recipe>]>,
}

impl Default for EmbeddedCatalog {
    fn default() -> Self {
        Self { pies: first_pies().into_iter().map(Arc::new).collect() }
    }
}

#[async_trait]
impl Catalog for EmbeddedCatalog {
    fn pies(&self) -> Arc<[Arc<Recipe>]> {
        Arc::clone(&self.pies)
    }

    async fn put(&self, _recipe: Recipe) -> Result<(), CatalogError> {
        Err(CatalogError::ReadOnly)
    }

    async fn delete(&self, _pie_type: &str) -> Result<(), CatalogError> {
        Err(CatalogError::ReadOnly)
    }

    fn health(&self) -> CatalogHealth {
        CatalogHealth::default()
    }
}
