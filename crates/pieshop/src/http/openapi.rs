//! The description of the API, made from the routes.

use std::collections::BTreeMap;

use order_core::Status;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Info, OpenApi, Ref, ResponseBuilder, example::ExampleBuilder,
};
use utoipa::{IntoParams, OpenApi as _};

use super::error::{ApiError, ErrorBody};
use super::events::Happened;
use super::{examples, router};

/// The description of the API (`OpenAPI` 3.1).
pub fn openapi() -> OpenApi {
    finish(router::documented().1)
}

/// What stands at the head of the description.
pub(super) fn head() -> OpenApi {
    /// What the routes do not mention by type.
    #[derive(utoipa::OpenApi)]
    #[openapi(components(schemas(ErrorBody, Happened)))]
    struct Head;

    let mut head = Head::openapi();
    head.info = Info::new("Pie Shop", env!("CARGO_PKG_VERSION"));
    head.info.description = Some("Orders pies and follows them to the doorstep.".into());
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The administrator's token."))
        .build();
    let components = head.components.get_or_insert_default();
    components.add_security_scheme("administrator", SecurityScheme::Http(token));
    head
}

/// Adds to every operation the errors that it answers with, each with its example.
pub(super) fn finish(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            describe_errors(path, operation);
        }
    }
    document
}

fn describe_errors(path: &str, operation: &mut Operation) {
    let mut by_status: BTreeMap<String, Vec<ApiError>> = BTreeMap::new();
    for error in errors(path, operation) {
        by_status.entry(error.code().0.as_str().to_owned()).or_default().push(error);
    }
    by_status.insert("default".into(), vec![ApiError::Internal]);
    for (status, errors) in by_status {
        let codes: Vec<_> = errors.iter().map(|error| format!("`{}`", error.code().1)).collect();
        let examples = errors.into_iter().map(|error| {
            let name = error.code().1;
            let value = serde_json::to_value(error.body()).ok();
            (name, ExampleBuilder::new().value(value).build())
        });
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Error")))
            .examples_from_iter(examples)
            .build();
        let response = ResponseBuilder::new()
            .description(codes.join(", "))
            .content("application/json", content)
            .build();
        operation.responses.responses.insert(status, response.into());
    }
}

/// The errors of an operation, but for those that are always possible.
fn errors(path: &str, operation: &Operation) -> Vec<ApiError> {
    let required = |field| ApiError::field(field, "REQUIRED", "is required");
    let invalid = |field, message| ApiError::field(field, "INVALID", message);
    let in_state = |reason: &str| ApiError::StateConflict(reason.into());
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let mut errors = match id {
        "healthz" | "readyz" => return Vec::new(),
        "placeOrder" => vec![
            required("customer.email"),
            ApiError::InvalidPieType {
                pie_type: "chocolate".into(),
                available: ["apple", "cherry", "pumpkin", "pecan", "blueberry"]
                    .map(str::to_owned)
                    .into(),
            },
            ApiError::IdempotencyConflict,
            ApiError::OutcomeUnknown,
        ],
        "listOrders" => vec![invalid("limit", "takes a number from 1 to 200")],
        "followOrder" | "followOrders" => {
            vec![invalid("Last-Event-ID", "takes the id of an event")]
        }
        "editOrder" => vec![
            required("deliveryAddress.zip"),
            in_state("An order in DELIVERING cannot be changed any more"),
            ApiError::VersionMismatch,
            ApiError::PreconditionRequired,
            ApiError::OutcomeUnknown,
        ],
        "cancelOrder" => {
            vec![ApiError::NotCancellable(Status::Delivering), ApiError::OutcomeUnknown]
        }
        "recoverOrder" => vec![
            required("note"),
            in_state("An order in BAKING needs no recovery"),
            ApiError::OutcomeUnknown,
        ],
        "recoverOrders" => vec![
            ApiError::field("filter", "REQUIRED", "takes an object with at least one field"),
            ApiError::OutcomeUnknown,
        ],
        "putPie" => vec![
            ApiError::field("bakingTime", "OUT_OF_RANGE", "takes 1 to 240 minutes"),
            ApiError::CatalogReadOnly,
            ApiError::CatalogUnavailable,
        ],
        "deletePie" => vec![
            in_state("This is the last pie of the catalog and stays"),
            ApiError::CatalogReadOnly,
            ApiError::CatalogUnavailable,
        ],
        _ => Vec::new(),
    };
    if path.contains("{orderId}") {
        errors.push(ApiError::OrderNotFound(examples::ORDER_ID.into()));
    }
    if matches!(id, "getPie" | "deletePie") {
        errors.push(ApiError::PieNotFound("chocolate".into()));
    }
    if operation.request_body.is_some() {
        errors.insert(0, ApiError::MalformedJson { line: 1, column: 14 });
        errors.extend([ApiError::TooLarge { limit: 65536 }, ApiError::UnsupportedMediaType]);
    }
    if operation.security.is_some() {
        errors.push(ApiError::Unauthenticated);
    }
    if path.starts_with("/api/orders") {
        errors.extend([ApiError::Unavailable, ApiError::TimedOut]);
    }
    errors
}

/// The order that a path names.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what `path::Id` reads")]
pub(super) struct OrderIdParam {
    /// An order's id, as its creation answered it.
    #[param(
        rename = "orderId",
        pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        example = "ord_01kcq8k0g0e8gs1x5yv8m3n7qf"
    )]
    order_id: String,
}

/// The pie that a path names.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what `path::PieType` reads")]
pub(super) struct PieTypeParam {
    /// A pie's key.
    #[param(rename = "type", example = "apple")]
    pie_type: String,
}

/// The name of a request that may be repeated.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `orders::idempotency_key` reads")]
pub(super) struct IdempotencyKeyParam {
    /// Names this one order: 1 to 255 visible ASCII characters.
    #[param(
        rename = "Idempotency-Key",
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$",
        example = "5f0a2c1e-basket-17"
    )]
    key: Option<String>,
}

/// Where a stream goes on.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `events::last_event_id` reads")]
pub(super) struct LastEventIdParam {
    /// The id of the last event that was seen; the stream begins after it.
    #[param(rename = "Last-Event-ID", nullable = false)]
    last: Option<String>,
}
