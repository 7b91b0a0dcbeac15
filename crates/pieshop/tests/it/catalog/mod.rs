//! The catalog: what holds for every one of them, and the built-in one.

#[cfg(feature = "mongodb")]
mod mongo;

use std::time::Duration;

use order_core::recipe::Recipe;
use pieshop::catalog::{Catalog, CatalogError, CatalogHealth, EmbeddedCatalog, open, validate};
use serde_json::json;
use tokio_util::sync::CancellationToken;

const NEVER: Duration = Duration::from_hours(1);

/// A change to a recipe, the field that it breaks, and whether the database can see that too.
type Flaw = (&'static str, bool, fn(&mut Recipe));

const FLAWS: &[Flaw] = &[
    ("type", true, |r| r.pie_type = String::new()),
    ("type", true, |r| r.pie_type = "a".repeat(51)),
    ("type", true, |r| r.pie_type = "Key Lime".into()),
    ("name", true, |r| r.name = String::new()),
    ("name", true, |r| r.name = "ä".repeat(101)),
    ("name", false, |r| r.name = " \t".into()),
    ("name", false, |r| r.name = "key\u{0}lime".into()),
    ("description", true, |r| r.description = String::new()),
    ("description", true, |r| r.description = "x".repeat(501)),
    ("bakingTime", true, |r| r.baking_time = 0),
    ("bakingTime", true, |r| r.baking_time = 241),
    ("bakingTemp", true, |r| r.baking_temp = 199),
    ("bakingTemp", true, |r| r.baking_temp = 551),
    ("ingredients", true, |r| r.ingredients.clear()),
    ("ingredients[1].item", true, |r| r.ingredients[1].item = String::new()),
    ("ingredients[1].quantity", true, |r| r.ingredients[1].quantity = 0.0),
    ("ingredients[1].quantity", true, |r| r.ingredients[1].quantity = -1.0),
    ("ingredients[1].quantity", false, |r| r.ingredients[1].quantity = f64::NAN),
    ("ingredients[1].quantity", false, |r| r.ingredients[1].quantity = f64::INFINITY),
    ("ingredients[1].unit", true, |r| r.ingredients[1].unit = String::new()),
    ("prepSteps", true, |r| r.prep_steps.clear()),
    ("prepSteps[0]", true, |r| r.prep_steps[0] = String::new()),
    ("difficulty", true, |r| r.difficulty = "impossible".into()),
    ("pick.fruitType", true, |r| r.pick.fruit_type = String::new()),
    ("pick.quantity", true, |r| r.pick.quantity = 0),
    ("pick.quantity", true, |r| r.pick.quantity = 1001),
    ("pick.quality", true, |r| r.pick.quality = "luxury".into()),
];

#[tokio::test]
async fn an_empty_url_opens_the_built_in_catalog() {
    let catalog = open("", NEVER, CancellationToken::new()).await.unwrap();
    holds_the_five_pies(&*catalog);
    assert_eq!(catalog.health(), CatalogHealth::default());
}

#[tokio::test]
async fn the_built_in_catalog_does_not_change() {
    let catalog = EmbeddedCatalog::default();
    assert!(matches!(catalog.put(key_lime()).await, Err(CatalogError::ReadOnly)));
    assert!(matches!(catalog.delete("apple").await, Err(CatalogError::ReadOnly)));
    holds_the_five_pies(&catalog);
}

#[test]
fn the_apple_pie_is_the_one_of_the_specification() {
    let specified: Recipe = serde_json::from_value(json!({
        "type": "apple",
        "name": "Classic Apple Pie",
        "description": "Traditional American apple pie with cinnamon",
        "bakingTime": 45,
        "bakingTemp": 375,
        "ingredients": [
            {"item": "apples", "quantity": 6, "unit": "whole"},
            {"item": "sugar", "quantity": 0.75, "unit": "cup"},
            {"item": "cinnamon", "quantity": 1, "unit": "tsp"},
            {"item": "butter", "quantity": 2, "unit": "tbsp"},
            {"item": "flour", "quantity": 2.5, "unit": "cup"},
            {"item": "salt", "quantity": 1, "unit": "tsp"}
        ],
        "prepSteps": ["wash_fruit", "peel_fruit", "slice_fruit", "make_dough", "assemble"],
        "difficulty": "medium",
        "pick": {"fruitType": "apple", "quantity": 6, "quality": "premium"}
    }))
    .unwrap();
    assert_eq!(*EmbeddedCatalog::default().find("apple").unwrap(), specified);
}

#[test]
fn every_flaw_of_a_recipe_is_named_by_its_field() {
    for (field, _, spoil) in FLAWS {
        let mut recipe = key_lime();
        spoil(&mut recipe);
        let Err(CatalogError::Invalid(fields)) = validate(&recipe) else {
            panic!("accepted with a bad {field}: {recipe:?}");
        };
        assert_eq!(fields.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), [*field]);
    }
}

#[test]
fn all_flaws_are_told_at_once() {
    let mut recipe = key_lime();
    recipe.baking_time = 0;
    recipe.name.clear();
    let told = validate(&recipe).unwrap_err().to_string();
    assert_eq!(
        told,
        "not a valid recipe: name takes 1 to 100 characters, not only blanks; \
         bakingTime takes 1 to 240 minutes"
    );
}

#[tokio::test]
async fn a_url_that_is_none_of_ours_is_refused_without_being_quoted() {
    for (url, told) in [
        ("postgres://baker:s3cret@db/pies", "not postgres://…"),
        ("baker:s3cret@db", "not a text without scheme"),
    ] {
        let error = open(url, NEVER, CancellationToken::new()).await.err().unwrap().to_string();
        assert!(error.starts_with("catalog.url takes mongodb://…"), "{error}");
        assert!(error.contains(told) && !error.contains("s3cret"), "{error}");
    }
}

#[cfg(not(feature = "mongodb"))]
#[tokio::test]
async fn without_the_driver_the_error_says_how_to_build_it_in() {
    let opened = open("mongodb://baker:s3cret@db", NEVER, CancellationToken::new()).await;
    let error = opened.err().unwrap().to_string();
    assert!(error.contains("`cargo build --release --features mongodb`"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}

/// What every catalog holds when it is new.
fn holds_the_five_pies(catalog: &dyn Catalog) {
    let pies = catalog.pies();
    let types: Vec<_> = pies.iter().map(|pie| pie.pie_type.as_str()).collect();
    assert_eq!(types, ["apple", "cherry", "pumpkin", "pecan", "blueberry"]);
    assert!(pies.is_sorted_by_key(|pie| &pie.name));
    for pie in &*pies {
        validate(pie).unwrap();
        assert_eq!(catalog.find(&pie.pie_type).as_ref(), Some(pie));
    }
    assert_eq!(*pies, *EmbeddedCatalog::default().pies());
    assert_eq!(catalog.find("chocolate"), None);
}

/// A valid recipe that is not one of the five.
fn key_lime() -> Recipe {
    let mut recipe = Recipe::clone(&EmbeddedCatalog::default().find("blueberry").unwrap());
    recipe.pie_type = "key-lime".into();
    recipe.name = "Key Lime Pie".into();
    recipe.pick.fruit_type = "key-lime".into();
    recipe
}
