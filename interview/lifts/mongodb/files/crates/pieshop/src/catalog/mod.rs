//! The pies on offer, built into the program.
//!
//! An order keeps the recipe it was accepted with.

use std::sync::Arc;

use order_core::recipe::Recipe;

/// The catalog, shared.
pub type SharedCatalog = Arc<Catalog>;

/// The pies that can be ordered.
pub struct Catalog {
    pies: Arc<[Arc<Recipe>]>,
}

/// Reads the catalog that comes with the program.
#[expect(clippy::expect_used, reason = "compiled in, and every start reads it")]
pub fn open() -> SharedCatalog {
    let pies: Vec<Recipe> =
        serde_json::from_str(include_str!("pies.json")).expect("pies.json is a list of recipes");
    Arc::new(Catalog { pies: pies.into_iter().map(Arc::new).collect() })
}

impl Catalog {
    /// All pies in order of their names.
    pub fn pies(&self) -> Arc<[Arc<Recipe>]> {
        self.pies.clone()
    }

    /// The pie of this type.
    pub fn find(&self, pie_type: &str) -> Option<Arc<Recipe>> {
        self.pies.iter().find(|pie| pie.pie_type == pie_type).cloned()
    }
}
