//! The description of the API, made from the routes.

use utoipa::IntoParams;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Info, OpenApi, OpenApiBuilder};

use super::router;

/// The description of the API (`OpenAPI` 3.1).
pub fn openapi() -> OpenApi {
    router::documented().1
}

/// What stands at the head of the description.
pub(super) fn head() -> OpenApi {
    let mut info = Info::new("Pie Shop", env!("CARGO_PKG_VERSION"));
    info.description = Some("Orders pies and follows them to the doorstep.".into());
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The administrator's token."))
        .build();
    let components =
        ComponentsBuilder::new().security_scheme("administrator", SecurityScheme::Http(token));
    OpenApiBuilder::new().info(info).components(Some(components.build())).build()
}

/// The order that a path names.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what `orders::Id` reads")]
pub(super) struct OrderIdParam {
    /// An order's id, as its creation answered it.
    #[param(
        rename = "orderId",
        pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$",
        example = "ord_01kcq8k0g0e8gs1x5yv8m3n7qf"
    )]
    order_id: String,
}
