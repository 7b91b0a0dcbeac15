//! A recipe: what a pie is made of and how. An order keeps the recipe it was accepted with.

use serde::{Deserialize, Serialize};

/// What the shop needs to know of one pie of the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipe {
    /// The pie's key, such as `apple`: lower-case letters, digits and dashes, 1 to 50 characters.
    #[serde(rename = "type")]
    pub pie_type: String,
    /// The name that customers read.
    pub name: String,
    /// One sentence for the menu.
    pub description: String,
    /// Time in the oven by the recipe, in minutes.
    pub baking_time: u32,
    /// Oven temperature in degrees Fahrenheit.
    pub baking_temp: u32,
    /// What goes into the pie, in the order of use.
    pub ingredients: Vec<Ingredient>,
    /// The names of the preparation steps, in order; their minutes are configuration.
    pub prep_steps: Vec<String>,
    /// What the fruit picker is asked for.
    pub pick: Pick,
}

/// One ingredient; how much of it, only the cook needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ingredient {
    /// What it is.
    pub item: String,
}

/// The request to the fruit picker for one pie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pick {
    /// The fruit, in the picker's words.
    pub fruit_type: String,
    /// How many pieces.
    pub quantity: u32,
    /// `premium` or `standard`.
    pub quality: String,
}
