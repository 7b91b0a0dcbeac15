//! Puts an order in ERROR right.

use axum::extract::State;
use axum::response::Response;
use order_core::Command;
use utoipa::ToSchema;

use super::auth::Administrator;
use super::body::JsonBody;
use super::error::ApiError;
use super::orders::show;
use super::path::Id;
use super::views::OrderView;
use super::{Api, openapi};
use crate::recovery::recovery;
use crate::validate::Check;

/// How an order in ERROR is put right.
#[derive(ToSchema)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
#[expect(dead_code, reason = "describes what `recovery` takes apart field by field")]
pub(super) enum Recovery {
    /// The failed stage is tried again.
    Retry {
        /// Why; kept in the history.
        #[schema(max_length = 500, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
        note: Option<String>,
    },
    /// The failed stage counts as done.
    Skip {
        /// Why; kept in the history.
        #[schema(min_length = 1, max_length = 500)]
        note: String,
    },
    /// The order ends in CANCELLED.
    Close {
        /// Why; kept in the history.
        #[schema(min_length = 1, max_length = 500)]
        note: String,
    },
}

/// Put an order in ERROR right
#[utoipa::path(
    post, path = "/api/orders/{orderId}/recovery", operation_id = "recoverOrder",
    tag = "Administration", params(openapi::OrderIdParam),
    request_body = Recovery,
    responses((status = 200, description = "The order goes on.",
        body = OrderView)),
    security(("administrator" = [])),
)]
pub(super) async fn one(
    _: Administrator,
    State(api): State<Api>,
    Id(id): Id,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let mut check = Check::default();
    let root = check.root(&body, &["action", "note"]);
    let (action, note) = recovery(&root, &mut check);
    check.end()?;
    let command = Command::Recover { action, note };
    api.orders.command(id, command).await?;
    show(&api, id).await
}
