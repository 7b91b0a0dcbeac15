//! Forms: what was typed is kept, and what is wrong with it stands beside it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::validate::FieldError;

/// One field of a form.
#[derive(Clone, Default)]
pub(super) struct Field {
    pub(super) value: String,
    /// Empty where nothing is wrong.
    pub(super) error: String,
}

impl Field {
    pub(super) fn of(value: &str, path: &str, errors: &[FieldError]) -> Self {
        let error = errors.iter().find(|error| error.field == path);
        let error = error.map(|error| sentence(&error.message)).unwrap_or_default();
        Self { value: value.to_owned(), error }
    }
}

/// What was typed to order a pie, or to change who gets it and where, by the fields' names.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct OrderForm(pub(super) BTreeMap<String, String>);

/// The fields as they are shown.
pub(super) struct OrderFields {
    pub(super) pie_type: Field,
    pub(super) name: Field,
    pub(super) email: Field,
    pub(super) phone: Field,
    pub(super) street: Field,
    pub(super) city: Field,
    pub(super) state: Field,
    pub(super) zip: Field,
}

/// One line of the error summary.
pub(super) struct Problem {
    /// The id of the field that it leads to; empty where it is none.
    pub(super) field: &'static str,
    pub(super) message: String,
}

/// The path of each field in a request, its id on the page, and its name.
pub(super) const FIELDS: &[(&str, &str, &str)] = &[
    ("pieType", "pieType", "Pie"),
    ("customer.name", "name", "Full name"),
    ("customer.email", "email", "E-mail"),
    ("customer.phone", "phone", "Phone"),
    ("deliveryAddress.street", "street", "Street and number"),
    ("deliveryAddress.city", "city", "City"),
    ("deliveryAddress.state", "state", "State"),
    ("deliveryAddress.zip", "zip", "ZIP code"),
    ("note", "note", "Note"),
    ("status", "status", "Status"),
    ("attention", "attention", "Needs attention"),
    ("from", "from", "Created from"),
    ("to", "to", "Created until"),
    ("q", "q", "Order, or start of e-mail"),
];

impl OrderForm {
    /// What was typed into a field.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The same as the body of `PATCH /api/orders/{orderId}`.
    pub(super) fn body(&self) -> Value {
        let text = |name| self.text(name);
        json!({
            "customer": { "name": text("name"), "email": text("email"), "phone": text("phone") },
            "deliveryAddress": {
                "street": text("street"),
                "city": text("city"),
                "state": text("state").trim().to_uppercase(),
                "zip": text("zip"),
            },
        })
    }

    /// The form as it was sent, with what is wrong.
    pub(super) fn fields(&self, errors: &[FieldError]) -> OrderFields {
        let field = |path: &str, name| Field::of(self.text(name), path, errors);
        OrderFields {
            pie_type: field("pieType", "pieType"),
            name: field("customer.name", "name"),
            email: field("customer.email", "email"),
            phone: field("customer.phone", "phone"),
            street: field("deliveryAddress.street", "street"),
            city: field("deliveryAddress.city", "city"),
            state: field("deliveryAddress.state", "state"),
            zip: field("deliveryAddress.zip", "zip"),
        }
    }
}

/// The error summary.
pub(super) fn problems(errors: &[FieldError]) -> Vec<Problem> {
    let problem = |error: &FieldError| {
        let known = FIELDS.iter().find(|(path, ..)| *path == error.field);
        let (field, name) = known.map_or(("", error.field.as_str()), |it| (it.1, it.2));
        Problem { field, message: format!("{name} {}", error.message) }
    };
    errors.iter().map(problem).collect()
}

fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
