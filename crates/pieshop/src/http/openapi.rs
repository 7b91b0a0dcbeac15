//! The description of the API, made from the routes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use order_core::Status;
use serde_json::Value;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ArrayItems, KnownFormat, Object, ObjectBuilder,
    OneOfBuilder, Schema, SchemaFormat, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Content, ContentBuilder, Info, OpenApi, Ref, RefOr, ResponseBuilder, example::ExampleBuilder,
};
use utoipa::{IntoParams, OpenApi as _};

use super::error::{ApiError, ErrorBody};
use crate::validate::STATES;

const JSON: &str = "application/json";
/// Without control characters, and not only blanks.
const ONE_LINE: &str = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$";

/// The description of the API (`OpenAPI` 3.1).
pub fn openapi() -> OpenApi {
    finish(head())
}

/// The description as JSON.
pub(super) async fn json() -> impl IntoResponse {
    // Written once; a text cannot fail to be written.
    static WRITTEN: LazyLock<Bytes> =
        LazyLock::new(|| openapi().to_json().unwrap_or_default().into());
    ([(CONTENT_TYPE, JSON)], WRITTEN.clone())
}

/// The operations, and what stands at the head of the description.
fn head() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(
        paths(
            super::orders::place,
            super::orders::list,
            super::orders::get,
            super::changes::edit,
            super::cancel::cancel,
            super::recovery::one,
            super::bulk::recover,
            super::events::of_order,
            super::events::of_all,
            super::pies::list,
            super::pies::get,
            super::pie_changes::put,
            super::pie_changes::delete,
            super::stats::stats,
            super::health::healthz,
            super::readiness::readyz,
        ),
        // What the operations do not mention by type.
        components(schemas(ErrorBody, super::events::Happened)),
        tags(
            (name = "Orders", description = "What customers do."),
            (name = "Pies", description = "What there is to order."),
            (name = "Administration", description = "With the administrator's token."),
            (name = "Operation", description = "For whoever runs the service."),
        )
    )]
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

/// Adds to every operation its examples, and the errors that it answers with.
fn finish(mut document: OpenApi) -> OpenApi {
    let examples: Value = serde_json::from_str(include_str!("examples.json")).unwrap_or_default();
    let examples = super::cancel::with_examples(examples);
    for (path, item) in &mut document.paths.paths {
        let writing = [&mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        let writing = writing.into_iter().flatten().map(|operation| (operation, true));
        let reading = item.get.iter_mut().map(|operation| (operation, false));
        for (operation, writes) in reading.chain(writing) {
            add_examples(operation, &examples);
            add_errors(path, operation, writes);
            let parameters = operation.parameters.iter_mut().flatten();
            for parameter in parameters {
                if let RefOr::T(Parameter { schema: Some(schema), .. }) = parameter {
                    one_line(schema);
                }
            }
        }
    }
    let schemas = document.components.iter_mut().flat_map(|it| it.schemas.values_mut());
    schemas.for_each(one_line);
    document
}

/// The examples have the name of the operation with the status, or else that of the schema.
fn add_examples(operation: &mut Operation, examples: &Value) {
    let id = operation.operation_id.clone().unwrap_or_default();
    let add = |content: &mut RefOr<Content>, place: &str| {
        let RefOr::T(content) = content else { return };
        let schema = match &content.schema {
            Some(RefOr::Ref(schema)) => schema.ref_location.rsplit('/').next(),
            _ => None,
        };
        let example = examples.get(format!("{id} {place}"));
        if let Some(example) = example.or_else(|| examples.get(schema?)) {
            content.example = Some(example.clone());
        }
    };
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(|content| add(content, "request"));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            response.content.values_mut().for_each(|content| add(content, status));
        }
    }
}

fn add_errors(path: &str, operation: &mut Operation, writes: bool) {
    let mut by_status: BTreeMap<String, Vec<ApiError>> = BTreeMap::new();
    for error in errors(path, operation, writes) {
        by_status.entry(error.code().0.to_string()).or_default().push(error);
    }
    by_status.insert("default".into(), vec![ApiError::Internal]);
    for (status, errors) in by_status {
        let codes: Vec<_> = errors.iter().map(|error| format!("`{}`", error.code().1)).collect();
        let examples = errors.into_iter().map(|error| {
            let code = error.code().1;
            let body = serde_json::to_value(error.body()).ok();
            (code, ExampleBuilder::new().value(body).build())
        });
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Error")))
            .examples_from_iter(examples)
            .build();
        let response =
            ResponseBuilder::new().description(codes.join(", ")).content(JSON, content).build();
        operation.responses.responses.insert(status, response.into());
    }
}

/// The errors of an operation, but for those that are always possible.
fn errors(path: &str, operation: &Operation, writes: bool) -> Vec<ApiError> {
    let field = |field| vec![ApiError::field(field, "REQUIRED", "is required")];
    let conflict = |reason: &str| ApiError::StateConflict(reason.into());
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let mut errors = match id {
        "placeOrder" => {
            let available = ["apple", "cherry", "pumpkin", "pecan", "blueberry"];
            let available = available.map(str::to_owned).into();
            let pie_type = "chocolate".into();
            let unknown = ApiError::InvalidPieType { pie_type, available };
            [field("customer.email"), vec![unknown, ApiError::IdempotencyConflict]].concat()
        }
        "listOrders" => vec![ApiError::field("status", "INVALID", "takes a state, such as BAKING")],
        "followOrder" | "followOrders" => {
            vec![ApiError::field("Last-Event-ID", "INVALID", "takes the id of an event")]
        }
        "editOrder" => {
            let late = conflict("an order in DELIVERING cannot be changed any more");
            let seen = [late, ApiError::VersionMismatch, ApiError::PreconditionRequired];
            [field("deliveryAddress.zip"), seen.into()].concat()
        }
        "cancelOrder" => vec![ApiError::NotCancellable(Status::Delivering)],
        "recoverOrder" => {
            [field("note"), vec![conflict("an order in BAKING needs no recovery")]].concat()
        }
        "recoverOrders" => field("filter"),
        "getPie" => vec![ApiError::PieNotFound("chocolate".into())],
        "putPie" | "deletePie" => super::pie_changes::errors(id),
        _ => Vec::new(),
    };
    if path.contains("{orderId}") {
        errors.push(ApiError::OrderNotFound("ord_01kcq8k0g0e8gs1x5yv8m3n7qf".into()));
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
        if writes {
            errors.push(ApiError::OutcomeUnknown);
        }
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

/// The version of an order that a change is meant for.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes what `if_match::IfMatch` reads")]
pub(super) struct IfMatchParam {
    /// The `ETag` of the order as you read it.
    #[param(rename = "If-Match", pattern = "^\"(0|[1-9][0-9]{0,8})\"$", example = "\"0\"")]
    seen: String,
}

/// The pie that a path names.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what `path::PieType` reads")]
pub(super) struct PieTypeParam {
    /// A pie's key.
    #[param(rename = "type", pattern = "^[a-z0-9-]{1,50}$", example = "apple")]
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

/// An RFC 3339 time or a date.
pub(super) fn moment() -> Schema {
    let of = |format| ObjectBuilder::new().schema_type(Type::String).format(Some(format));
    OneOfBuilder::new()
        .item(of(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .item(of(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .build()
        .into()
}

/// The steps of a recipe.
pub(super) fn prep_steps() -> utoipa::openapi::schema::Array {
    let step = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    ArrayBuilder::new().items(step.max_length(Some(50))).min_items(Some(1)).build()
}

/// One of the states that drones deliver to.
pub(super) fn us_state() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("A US state, or DC."))
        .enum_values(Some(STATES.split_ascii_whitespace()))
        .examples(["IL"])
        .build()
}

/// A text with a length is one line with more than blanks in it, unless it says otherwise.
fn one_line(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            if object.max_length.is_some() && object.pattern.is_none() && object.format.is_none() {
                object.pattern = Some(ONE_LINE.into());
            }
            object.properties.values_mut().for_each(one_line);
        }
        RefOr::T(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                one_line(items);
            }
        }
        RefOr::T(Schema::OneOf(variants)) => {
            for variant in &mut variants.items {
                one_line(variant);
                // What the attribute says of a struct, the derive does not hear of an enum.
                if let RefOr::T(Schema::Object(object)) = variant
                    && !object.properties.is_empty()
                {
                    let no = AdditionalProperties::FreeForm(false);
                    object.additional_properties = Some(Box::new(no));
                }
            }
        }
        _ => {}
    }
}
