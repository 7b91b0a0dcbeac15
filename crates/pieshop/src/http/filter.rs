//! What the documentation says of filters and pages; `crate::filter` takes them apart.

use utoipa::{IntoParams, ToSchema};

use super::openapi;
use super::views::OrderStatus;

/// Which orders are meant; everything given must match.
#[derive(IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[schema(rename_all = "camelCase", min_properties = 1, as = OrderFilter)]
#[expect(dead_code, reason = "describes what `Fields` takes apart field by field")]
pub(super) struct FilterFields {
    /// The state.
    #[param(inline)]
    #[schema(value_type = OrderStatus, required = false)]
    status: Option<OrderStatus>,
    /// The pie.
    #[param(min_length = 1, max_length = 255, example = "apple")]
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    pie_type: Option<String>,
    /// Created at or after this RFC 3339 time, or this date.
    #[param(schema_with = openapi::moment, required = false, example = "2025-12-17T16:00:00Z")]
    #[schema(schema_with = openapi::moment, required = false)]
    from: Option<String>,
    /// Created before this RFC 3339 time, or on this date at the latest.
    #[param(schema_with = openapi::moment, required = false, example = "2025-12-31")]
    #[schema(schema_with = openapi::moment, required = false)]
    to: Option<String>,
    /// An order's id, or the beginning of an e-mail address.
    #[param(min_length = 1, max_length = 255, example = "jane@")]
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    q: Option<String>,
    /// Only orders that need an administrator's eyes.
    #[param(inline)]
    #[schema(value_type = AttentionKind, required = false)]
    attention: Option<AttentionKind>,
}

/// What needs an administrator's eyes: past the promised time, with failed tries, or in ERROR.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes store::Attention, which knows nothing of the API")]
pub(super) enum AttentionKind {
    Late,
    Retrying,
    Error,
}

/// Which part of a list is shown.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `Fields::page` takes apart")]
pub(super) struct PageFields {
    /// Orders on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `nextCursor` of the page before.
    #[param(pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    cursor: Option<String>,
}
