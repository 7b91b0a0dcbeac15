//! Forms: what was typed is kept, and what is wrong with it stands beside it.

use order_core::{Address, Customer, Order};
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

/// What a customer types to order a pie.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct OrderForm {
    /// Made with the form, so that sending it twice orders one pie.
    pub(super) key: String,
    pub(super) pie_type: String,
    #[serde(flatten)]
    contact: ContactForm,
}

/// Who gets the pie, and where.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContactForm {
    name: String,
    email: String,
    phone: String,
    street: String,
    city: String,
    state: String,
    zip: String,
}

/// The fields as they are shown.
#[derive(Clone, Default)]
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
const FIELDS: [(&str, &str, &str); 9] = [
    ("pieType", "pieType", "Pie"),
    ("customer.name", "name", "Full name"),
    ("customer.email", "email", "E-mail"),
    ("customer.phone", "phone", "Phone"),
    ("deliveryAddress.street", "street", "Street and number"),
    ("deliveryAddress.city", "city", "City"),
    ("deliveryAddress.state", "state", "State"),
    ("deliveryAddress.zip", "zip", "ZIP code"),
    ("note", "note", "Note"),
];

impl OrderForm {
    /// An empty form.
    pub(super) fn new(key: String, pie_type: String) -> Self {
        Self { key, pie_type, ..Self::default() }
    }

    /// The same as the body of `POST /api/orders`.
    pub(super) fn body(&self) -> Value {
        let mut body = self.contact.body();
        body["pieType"] = self.pie_type.clone().into();
        body
    }

    /// The form as it was sent, with what is wrong.
    pub(super) fn fields(&self, errors: &[FieldError]) -> OrderFields {
        let pie_type = Field::of(&self.pie_type, "pieType", errors);
        OrderFields { pie_type, ..self.contact.fields(errors) }
    }
}

impl ContactForm {
    /// An order's contact and address.
    pub(super) fn of(order: &Order) -> Self {
        let (customer, address) = (order.customer.clone(), order.address.clone());
        let Customer { name, email, phone } = customer;
        let Address { street, city, state, zip } = address;
        Self { name, email, phone, street, city, state, zip }
    }

    /// The same as the body of `PATCH /api/orders/{orderId}`.
    pub(super) fn body(&self) -> Value {
        json!({
            "customer": { "name": self.name, "email": self.email, "phone": self.phone },
            "deliveryAddress": {
                "street": self.street,
                "city": self.city,
                "state": self.state.trim().to_uppercase(),
                "zip": self.zip,
            },
        })
    }

    /// The form as it was sent, with what is wrong.
    pub(super) fn fields(&self, errors: &[FieldError]) -> OrderFields {
        let field = |value: &str, path: &str| Field::of(value, path, errors);
        OrderFields {
            pie_type: Field::default(),
            name: field(&self.name, "customer.name"),
            email: field(&self.email, "customer.email"),
            phone: field(&self.phone, "customer.phone"),
            street: field(&self.street, "deliveryAddress.street"),
            city: field(&self.city, "deliveryAddress.city"),
            state: field(&self.state, "deliveryAddress.state"),
            zip: field(&self.zip, "deliveryAddress.zip"),
        }
    }
}

/// The error summary, in the order of the fields.
pub(super) fn problems(errors: &[FieldError]) -> Vec<Problem> {
    let known = FIELDS.iter().flat_map(|(path, id, name)| {
        let of_field = errors.iter().filter(move |error| error.field == *path);
        of_field
            .map(move |error| Problem { field: id, message: format!("{name} {}", error.message) })
    });
    known.collect()
}

fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
