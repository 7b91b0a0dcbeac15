//! The service's own insert without its group commit.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use order_core::{Address, Customer, Order, Policy, Recipe};
use pieshop::clock::{Entropy, system_time};
use pieshop::store::{self, NewOrder, SharedStore};
use pieshop::{app, order_id};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::orders;

/// As many as `pgbench` has clients.
const CONNECTIONS: u32 = 32;

struct Shop {
    store: SharedStore,
    entropy: Entropy,
    policy: Policy,
    recipe: Arc<Recipe>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    customer: Customer,
    delivery_address: Address,
}

pub(super) async fn router(database: &str) -> Result<Router> {
    let shop = Shop {
        store: store::open(database, CONNECTIONS, Duration::from_secs(10)).await?,
        entropy: Entropy::from_system()?,
        policy: app::policy(&orders::config(&[])?),
        recipe: orders::apple()?,
    };
    Ok(Router::new().route("/api/orders", post(create)).with_state(Arc::new(shop)))
}

async fn create(
    State(shop): State<Arc<Shop>>,
    Json(body): Json<Body>,
) -> Result<(StatusCode, Json<Value>), (StatusCode, String)> {
    let created = shop.create(body).await;
    let failed = |error: anyhow::Error| (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}"));
    Ok((StatusCode::CREATED, Json(created.map_err(failed)?)))
}

impl Shop {
    async fn create(&self, body: Body) -> Result<Value> {
        let now = system_time();
        let id = self.entropy.order_id(now);
        let recipe = self.recipe.clone();
        let (customer, address) = (body.customer, body.delivery_address);
        let placed = Order::place(id, customer, address, recipe, now, &self.policy);
        let (order, entry) = (placed.order, placed.entry.context("no entry")?);
        let answer = json!({
            "orderId": order_id::public(id),
            "status": "ORDERED",
            "estimatedDelivery": order.promised_delivery,
            "createdAt": order.created_at,
        });
        self.store.place(&[NewOrder { order, entry, key: None }]).await?;
        Ok(answer)
    }
}
