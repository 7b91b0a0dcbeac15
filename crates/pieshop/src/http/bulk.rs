//! Puts all orders in ERROR right that match a filter.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Api;
use super::auth::Administrator;
use super::body::JsonBody;
use super::error::ApiError;
use super::filter::FilterFields;
use crate::filter::Fields;
use crate::orchestrator::bulk::BulkRecovery;
use crate::recovery::recovery;
use crate::store::OrderFilter;
use crate::validate::{Check, Object};

/// How all matching orders in ERROR are put right.
#[derive(ToSchema)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
#[expect(dead_code, reason = "describes what `recovery` and `Fields` take apart field by field")]
pub(super) enum RecoveryOfMany {
    /// The failed stage is tried again.
    Retry {
        /// Why; kept in the history.
        #[schema(max_length = 500, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
        note: Option<String>,
        filter: FilterFields,
    },
    /// The failed stage counts as done.
    Skip {
        /// Why; kept in the history.
        #[schema(min_length = 1, max_length = 500)]
        note: String,
        filter: FilterFields,
    },
    /// The order ends in CANCELLED.
    Close {
        /// Why; kept in the history.
        #[schema(min_length = 1, max_length = 500)]
        note: String,
        filter: FilterFields,
    },
}

/// What a bulk recovery did.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryResult {
    /// Orders that matched the filter.
    matched: u64,
    /// Orders that were put right.
    changed: u64,
    /// Orders that were not in ERROR, or are being cancelled.
    skipped: u64,
}

/// Put all matching orders in ERROR right
#[utoipa::path(
    post, path = "/api/orders/recovery", operation_id = "recoverOrders", tag = "Administration",
    request_body = RecoveryOfMany,
    responses((status = 200, description = "What was done.",
        body = RecoveryResult)),
    security(("administrator" = [])),
)]
pub(super) async fn recover(
    _: Administrator,
    State(api): State<Api>,
    JsonBody(body): JsonBody,
) -> Result<Json<RecoveryResult>, ApiError> {
    let mut check = Check::default();
    let root = check.root(&body, &["action", "note", "filter"]);
    let (action, note) = recovery(&root, &mut check);
    let filter = filter(&root, api.orders.ambient.clock.now(), &mut check);
    check.end()?;
    let done = api.orders.recover_all(&filter, action, note, u64::MAX).await?;
    let BulkRecovery { matched, changed, skipped } = done;
    Ok(Json(RecoveryResult { matched, changed, skipped }))
}

/// The filter under `filter`, of one field at least.
fn filter(root: &Object<'_>, now: DateTime<Utc>, check: &mut Check) -> OrderFilter {
    let (mut own, mut values) = (Check::default(), BTreeMap::new());
    match root.get("filter") {
        Some(Value::Object(filter)) if !filter.is_empty() => {
            for (name, value) in filter {
                if let Some(text) = value.as_str() {
                    values.insert(name.clone(), text.to_owned());
                } else {
                    own.fail(name, "INVALID_TYPE", "takes a text");
                }
            }
        }
        _ => check.fail("filter", "REQUIRED", "takes an object with at least one field"),
    }
    let mut fields = Fields { values };
    let filter = fields.filter(now, &mut own);
    fields.end(&mut own);
    for error in own.into_errors() {
        check.fail(&format!("filter.{}", error.field), error.code, error.message);
    }
    filter
}
