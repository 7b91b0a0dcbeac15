//! The catalog, built in and changeable.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use order_core::Recipe;
use pieshop::catalog::{Catalog, CatalogError, CatalogHealth, EmbeddedCatalog, Stale, validate};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Answer, Setup, Shop, new_order};

#[tokio::test]
async fn the_specifications_five_pies_are_on_offer() {
    let shop = Shop::open().await;
    let pies = shop.get("/api/pies").send().await;
    assert_eq!(200, pies.status);
    let pies = pies.body["pies"].as_array().unwrap();
    let types: Vec<_> = pies.iter().map(|pie| pie["type"].as_str().unwrap()).collect();
    assert_eq!(vec!["apple", "cherry", "pumpkin", "pecan", "blueberry"], types);
    for pie in pies {
        let path = format!("/api/pies/{}", pie["type"].as_str().unwrap());
        let alone = shop.get(&path).send().await;
        assert_eq!((200, pie), (alone.status, &alone.body));
    }
}

#[tokio::test]
async fn a_pie_that_is_not_on_offer_does_not_exist() {
    let shop = Shop::open().await;
    for (path, shown) in [
        ("chocolate", "chocolate"),
        ("Apple", "Apple"),
        ("%27%20OR%201=1", "' OR 1=1"),
        ("%ff", "?"),
    ] {
        let answer = shop.get(&format!("/api/pies/{path}")).send().await;
        assert_eq!((404, "PIE_NOT_FOUND"), answer.error());
        assert_eq!(format!("Pie type '{shown}' does not exist"), answer.body["message"]);
    }
}

#[tokio::test]
async fn the_built_in_catalog_does_not_change() {
    let shop = Shop::open().await;
    let apple = shop.get("/api/pies/apple").send().await.body;
    assert_eq!((409, "CATALOG_READ_ONLY"), put(&shop, "apple", &apple).await.error());
    assert_eq!((409, "CATALOG_READ_ONLY"), delete(&shop, "apple").await.error());
}

#[tokio::test]
async fn a_pie_is_added_changed_and_taken_off_the_menu() {
    let shop = changeable(Mode::Works).await;
    let mut mince = shop.get("/api/pies/apple").send().await.body;
    mince["type"] = json!("mince");
    mince["name"] = json!("Mince Pie");
    for temperature in [375, 400] {
        mince["bakingTemp"] = json!(temperature);
        let answer = put(&shop, "mince", &mince).await;
        assert_eq!((200, &mince), (answer.status, &answer.body));
        assert_eq!(mince, shop.get("/api/pies/mince").send().await.body);
    }
    let mut order = new_order();
    order["pieType"] = json!("mince");
    let id = shop.order_of(&order).await;
    assert_eq!(204, delete(&shop, "mince").await.status);
    assert_eq!((404, "PIE_NOT_FOUND"), delete(&shop, "mince").await.error());
    // What was accepted goes on with the recipe it was accepted with.
    assert_eq!("mince", shop.shown(&id).await.body["pieType"]);
    let answer = shop.post("/api/orders").json(&order).send().await;
    assert_eq!((400, "INVALID_PIE_TYPE"), answer.error());
}

#[tokio::test]
async fn a_recipe_that_is_none_is_refused_field_by_field() {
    let shop = changeable(Mode::Works).await;
    let apple = shop.get("/api/pies/apple").send().await.body;
    for (pointer, value, field) in [
        ("/type", json!("cherry"), "type"),
        ("/name", json!(" "), "name"),
        ("/bakingTime", json!(0), "bakingTime"),
        ("/bakingTime", json!("long"), "bakingTime"),
        ("/bakingTemp", json!(-1), "bakingTemp"),
        ("/ingredients", json!([]), "ingredients"),
        ("/ingredients/0/quantity", json!(-2), "ingredients[0].quantity"),
        ("/ingredients/1/unit", json!(7), "ingredients[1].unit"),
        ("/prepSteps/0", json!(""), "prepSteps[0]"),
        ("/difficulty", json!("impossible"), "difficulty"),
        ("/pick/quantity", json!(0), "pick.quantity"),
        ("/pick", Value::Null, "pick"),
    ] {
        let mut recipe = apple.clone();
        *recipe.pointer_mut(pointer).unwrap() = value;
        let answer = put(&shop, "apple", &recipe).await;
        assert_eq!((400, "VALIDATION_FAILED"), answer.error(), "{pointer}");
        let fields: Vec<_> = answer.fields().into_iter().map(|(field, _)| field).collect();
        assert_eq!(vec![field], fields, "{pointer}");
    }
    let mut recipe = apple.clone();
    recipe["bakingTime"] = json!(999);
    recipe["name"] = json!("");
    assert_eq!(2, put(&shop, "apple", &recipe).await.fields().len());
    recipe = apple;
    recipe["price"] = json!(9.5);
    assert_eq!((400, "VALIDATION_FAILED"), put(&shop, "apple", &recipe).await.error());
    for body in [json!([]), json!({}), Value::Null] {
        assert_eq!((400, "VALIDATION_FAILED"), put(&shop, "apple", &body).await.error(), "{body}");
    }
}

#[tokio::test]
async fn the_last_pie_stays() {
    let shop = changeable(Mode::Works).await;
    for pie in ["apple", "cherry", "pumpkin", "pecan"] {
        assert_eq!(204, delete(&shop, pie).await.status);
    }
    assert_eq!((409, "STATE_CONFLICT"), delete(&shop, "blueberry").await.error());
}

#[tokio::test]
async fn a_catalog_that_is_away_is_said_so_without_its_secrets() {
    let shop = changeable(Mode::Away).await;
    let apple = shop.get("/api/pies/apple").send().await.body;
    for answer in [put(&shop, "apple", &apple).await, delete(&shop, "apple").await] {
        assert_eq!((503, "CATALOG_UNAVAILABLE"), answer.error());
        assert_eq!("1", answer.header("retry-after"));
        assert!(!answer.text.contains("mongodb"), "{}", answer.text);
    }
    shop.order().await;
    let ready = shop.get("/readyz").send().await;
    assert_eq!((200, &json!("degraded")), (ready.status, &ready.body["status"]));
    assert_eq!("ok", ready.body["database"]);
    let catalog = ready.body["catalog"].as_str().unwrap();
    assert!(catalog.starts_with("cannot be read for ") && !catalog.contains("driver"), "{catalog}");
}

#[tokio::test]
async fn recipes_that_are_not_valid_are_counted_at_the_readiness_probe() {
    let shop = changeable(Mode::Rejects).await;
    let ready = shop.get("/readyz").send().await;
    assert_eq!((200, &json!("degraded")), (ready.status, &ready.body["status"]));
    let expected = "1 stored recipes are not valid and not on offer";
    assert_eq!(expected, ready.body["catalog"]);
}

async fn put(shop: &Shop, pie: &str, body: &Value) -> Answer {
    shop.call(Method::PUT, &format!("/api/pies/{pie}")).admin().json(body).send().await
}

async fn delete(shop: &Shop, pie: &str) -> Answer {
    shop.call(Method::DELETE, &format!("/api/pies/{pie}")).admin().send().await
}

async fn changeable(mode: Mode) -> Shop {
    Shop::with(Setup { catalog: Arc::new(MemoryCatalog::new(mode)), ..Setup::default() }).await
}

/// How the catalog behaves.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Works,
    Away,
    Rejects,
    Panics,
}

/// A catalog that can be changed, without a database.
pub(crate) struct MemoryCatalog {
    pies: Mutex<Vec<Arc<Recipe>>>,
    mode: Mode,
}

impl MemoryCatalog {
    pub(crate) fn new(mode: Mode) -> Self {
        Self { pies: Mutex::new(EmbeddedCatalog::default().pies().to_vec()), mode }
    }

    fn away(&self) -> Result<(), CatalogError> {
        let url = "mongodb://user@host".into();
        let source = "the driver's words".into();
        if self.mode == Mode::Away {
            Err(CatalogError::Unavailable { url, source })
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Catalog for MemoryCatalog {
    fn pies(&self) -> Arc<[Arc<Recipe>]> {
        assert!(self.mode != Mode::Panics, "the catalog panics");
        self.pies.lock().unwrap().clone().into()
    }

    async fn put(&self, recipe: Recipe) -> Result<(), CatalogError> {
        validate(&recipe)?;
        self.away()?;
        let mut pies = self.pies.lock().unwrap();
        pies.retain(|pie| pie.pie_type != recipe.pie_type);
        pies.push(Arc::new(recipe));
        Ok(())
    }

    async fn delete(&self, pie_type: &str) -> Result<(), CatalogError> {
        self.away()?;
        let mut pies = self.pies.lock().unwrap();
        if !pies.iter().any(|pie| pie.pie_type == pie_type) {
            return Err(CatalogError::NotFound(pie_type.into()));
        }
        if pies.len() == 1 {
            return Err(CatalogError::LastPie(pie_type.into()));
        }
        pies.retain(|pie| pie.pie_type != pie_type);
        Ok(())
    }

    fn health(&self) -> CatalogHealth {
        let since = Instant::now() - Duration::from_secs(3);
        let stale = Stale { since, reason: "the driver's words".into() };
        CatalogHealth {
            stale: (self.mode == Mode::Away).then_some(stale),
            rejected: if self.mode == Mode::Rejects { vec!["x: bad".into()] } else { Vec::new() },
        }
    }
}
