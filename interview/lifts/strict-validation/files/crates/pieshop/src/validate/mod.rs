//! Says of a request everything that is wrong with it, at once.

use order_core::{Address, Customer};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The states that drones deliver to, and the District of Columbia.
const STATES: &str = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO \
                      MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY";

/// One thing that is wrong with a request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FieldError {
    /// Where it is: a path into the body, a query parameter or a header.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) code: &'static str,
    /// What the field takes.
    pub(crate) message: String,
}

/// What was found wrong so far.
#[derive(Default)]
pub(crate) struct Check(Vec<FieldError>);

/// What a text must be: the rule, and what it takes in words.
pub(crate) type Rule = (fn(&str) -> bool, &'static str);

/// Any text will do.
pub(crate) const ANY: Rule = (|_| true, "");

impl Check {
    /// Reports a field.
    pub(crate) fn fail(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), code, message: message.into() });
    }

    /// Everything that is wrong.
    pub(crate) fn into_errors(self) -> Vec<FieldError> {
        self.0
    }

    /// Everything that is wrong, as an error.
    pub(crate) fn end(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    /// The body itself, with no other fields than `known`.
    pub(crate) fn root<'v>(&mut self, body: &'v Value, known: &[&str]) -> &'v Value {
        let names = body.as_object().into_iter().flat_map(|fields| fields.keys());
        for name in names.filter(|name| !known.contains(&name.as_str())) {
            self.fail(name, "UNKNOWN_FIELD", "is not known here");
        }
        body
    }

    /// A text that must be there, trimmed, at a path into the body. `longest` counts characters.
    pub(crate) fn text(
        &mut self,
        body: &Value,
        path: &str,
        longest: usize,
        (fits, takes): Rule,
    ) -> String {
        let value = path.split('.').fold(body, |object, key| &object[key]);
        let text = value.as_str().unwrap_or_default().trim();
        if text.is_empty() {
            self.fail(path, "REQUIRED", "is required");
        } else if text.contains(char::is_control) {
            self.fail(path, "CONTROL_CHARACTERS", "takes no control characters");
        } else if text.chars().count() > longest {
            self.fail(path, "TOO_LONG", format!("takes at most {longest} characters"));
        } else if !fits(text) {
            self.fail(path, "INVALID", takes);
        }
        text.to_owned()
    }

    /// A customer's contact.
    pub(crate) fn customer(&mut self, body: &Value) -> Customer {
        let phone: Rule =
            (is_phone, "takes 7 to 15 digits, with + - ( ) . and blanks between them");
        Customer {
            name: self.text(body, "customer.name", 255, ANY),
            email: self.text(body, "customer.email", 255, (is_email, "takes an e-mail address")),
            phone: self.text(body, "customer.phone", 20, phone),
        }
    }

    /// A delivery address.
    pub(crate) fn address(&mut self, body: &Value) -> Address {
        let state: Rule = (is_state, "takes a US state as two capital letters, such as IL");
        let zip: Rule = (is_zip, "takes 12345 or 12345-6789");
        Address {
            street: self.text(body, "deliveryAddress.street", 255, ANY),
            city: self.text(body, "deliveryAddress.city", 100, ANY),
            state: self.text(body, "deliveryAddress.state", 2, state),
            zip: self.text(body, "deliveryAddress.zip", 10, zip),
        }
    }
}

/// What a request for a pie asks for, whatever its spelling.
pub(crate) fn order_digest(pie_type: &str, customer: &Customer, address: &Address) -> [u8; 32] {
    Sha256::digest(json!([pie_type, customer, address]).to_string()).into()
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@').filter(|_| !text.contains(char::is_whitespace));
    parts.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || "+-(). ".contains(c))
}

fn is_state(text: &str) -> bool {
    STATES.split(' ').any(|state| state == text)
}

fn is_zip(text: &str) -> bool {
    let shape = text.replace(|c: char| c.is_ascii_digit(), "0");
    shape == "00000" || shape == "00000-0000"
}
