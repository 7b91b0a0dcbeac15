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

/// A JSON object under its path; without fields where it is missing.
pub(crate) struct Object<'v> {
    path: &'static str,
    value: &'v Value,
}

/// What a text must be: the rule, and what it takes in words.
pub(crate) type Rule = (fn(&str) -> bool, &'static str);

/// Any text will do.
pub(crate) const ANY: Rule = (|_| true, "");

impl Check {
    /// Reports a field.
    pub(crate) fn fail(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), code, message: message.into() });
    }

    /// Reports a field that was not asked for.
    pub(crate) fn unknown(&mut self, field: &str) {
        self.fail(field, "UNKNOWN_FIELD", "is not known here");
    }

    /// Everything that is wrong.
    pub(crate) fn into_errors(self) -> Vec<FieldError> {
        self.0
    }

    /// Whether nothing was found wrong.
    pub(crate) fn passes(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything that is wrong, as an error.
    pub(crate) fn end(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    /// The body itself, with no other fields than `known`.
    pub(crate) fn root<'v>(&mut self, value: &'v Value, known: &[&str]) -> Object<'v> {
        let names = value.as_object().into_iter().flat_map(|fields| fields.keys());
        for name in names.filter(|name| !known.contains(&name.as_str())) {
            self.unknown(name);
        }
        Object { path: "", value }
    }

    /// A text that must be there, trimmed. `longest` counts characters.
    pub(crate) fn text(
        &mut self,
        object: &Object<'_>,
        key: &str,
        longest: usize,
        rule: Rule,
    ) -> String {
        let text = trimmed(object.value[key].as_str().unwrap_or_default());
        let field = format!("{}{key}", object.path);
        if text.is_empty() {
            self.fail(&field, "REQUIRED", "is required");
        } else {
            self.text_is(&field, text, longest, rule);
        }
        text.to_owned()
    }

    /// Holds a text against its rule.
    pub(crate) fn text_is(&mut self, field: &str, text: &str, longest: usize, rule: Rule) -> bool {
        let (fits, takes) = rule;
        if text.contains(char::is_control) {
            self.fail(field, "CONTROL_CHARACTERS", "takes no control characters");
        } else if text.chars().count() > longest {
            self.fail(field, "TOO_LONG", format!("takes at most {longest} characters"));
        } else if !fits(text) {
            self.fail(field, "INVALID", takes);
        } else {
            return true;
        }
        false
    }

    /// A customer's contact.
    pub(crate) fn customer(&mut self, parent: &Object<'_>) -> Customer {
        let object = Object { path: "customer.", value: &parent.value["customer"] };
        let phone: Rule =
            (is_phone, "takes 7 to 15 digits, with + - ( ) . and blanks between them");
        Customer {
            name: self.text(&object, "name", 255, ANY),
            email: self.text(&object, "email", 255, (is_email, "takes an e-mail address")),
            phone: self.text(&object, "phone", 20, phone),
        }
    }

    /// A delivery address.
    pub(crate) fn address(&mut self, parent: &Object<'_>) -> Address {
        let object = Object { path: "deliveryAddress.", value: &parent.value["deliveryAddress"] };
        let state: Rule = (is_state, "takes a US state as two capital letters, such as IL");
        Address {
            street: self.text(&object, "street", 255, ANY),
            city: self.text(&object, "city", 100, ANY),
            state: self.text(&object, "state", 2, state),
            zip: self.text(&object, "zip", 10, (is_zip, "takes 12345 or 12345-6789")),
        }
    }
}

impl<'v> Object<'v> {
    /// The value under `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&'v Value> {
        self.value.get(key)
    }
}

/// Without blanks around it.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim()
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
