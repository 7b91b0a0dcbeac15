//! The catalog: the pies on offer.

use axum::Json;
use axum::extract::State;
use order_core::Recipe;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::path::PieType;
use super::{Api, openapi};

/// One pie, with its recipe.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(rename_all = "camelCase", as = Pie)]
#[expect(dead_code, reason = "describes order_core::Recipe, which knows nothing of the API")]
pub(super) struct PieFields {
    /// The pie's key.
    #[schema(rename = "type", pattern = "^[a-z0-9-]{1,50}$")]
    pie_type: String,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[schema(min_length = 1, max_length = 500)]
    description: String,
    /// Minutes in the oven, by the recipe.
    #[schema(minimum = 1, maximum = 240)]
    baking_time: u32,
    /// Degrees Fahrenheit.
    #[schema(minimum = 200, maximum = 550)]
    baking_temp: u32,
    #[schema(min_items = 1)]
    ingredients: Vec<IngredientFields>,
    #[schema(schema_with = openapi::prep_steps)]
    prep_steps: Vec<String>,
    /// `easy`, `medium` or `hard`.
    #[schema(pattern = "^(easy|medium|hard)$")]
    difficulty: String,
    pick: PickFields,
}

/// One ingredient.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Ingredient)]
#[expect(dead_code, reason = "describes order_core::Ingredient")]
pub(super) struct IngredientFields {
    #[schema(min_length = 1, max_length = 100)]
    item: String,
    #[schema(exclusive_minimum = 0)]
    quantity: f64,
    #[schema(min_length = 1, max_length = 20)]
    unit: String,
}

/// What the fruit picker is asked for.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(rename_all = "camelCase", as = Pick)]
#[expect(dead_code, reason = "describes order_core::Pick")]
pub(super) struct PickFields {
    #[schema(min_length = 1, max_length = 50)]
    fruit_type: String,
    #[schema(minimum = 1, maximum = 1000)]
    quantity: u32,
    /// `premium` or `standard`.
    #[schema(pattern = "^(premium|standard)$")]
    quality: String,
}

/// The pies on offer.
#[derive(Serialize, ToSchema)]
pub(super) struct PieList {
    #[schema(value_type = Vec<PieFields>)]
    pies: Vec<Recipe>,
}

/// List the pies on offer
#[utoipa::path(
    get, path = "/api/pies", operation_id = "listPies", tag = "Pies",
    responses((status = 200, description = "All pies.",
        body = PieList)),
)]
pub(super) async fn list(State(api): State<Api>) -> Json<PieList> {
    Json(PieList { pies: api.catalog.pies().iter().map(|pie| Recipe::clone(pie)).collect() })
}

/// Look up a pie
#[utoipa::path(
    get, path = "/api/pies/{type}", operation_id = "getPie", tag = "Pies",
    params(openapi::PieTypeParam),
    responses((status = 200, description = "The pie.",
        body = PieFields)),
)]
pub(super) async fn get(
    State(api): State<Api>,
    PieType(pie_type): PieType,
) -> Result<Json<Recipe>, ApiError> {
    let pie = api.catalog.find(&pie_type).ok_or(ApiError::PieNotFound(pie_type))?;
    Ok(Json(Recipe::clone(&pie)))
}
