//! Says of a request everything that is wrong with it, at once.

use order_core::{Address, Customer};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// The states that drones deliver to, and the District of Columbia.
pub(crate) const STATES: &str = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO \
                      MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY";

/// One thing that is wrong with a request.
#[derive(Clone, Debug, Serialize, ToSchema)]
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

/// A JSON object under its path; `None` where it is missing or none, which is reported already.
pub(crate) struct Object<'v> {
    path: &'static str,
    fields: Option<&'v Map<String, Value>>,
}

/// What a text must be: the rule, and what it takes in words.
pub(crate) type Rule = (fn(&str) -> bool, &'static str);

/// Any text will do.
pub(crate) const ANY: Rule = (|_| true, "");

impl Check {
    /// Reports a field; its name may be the client's own.
    pub(crate) fn fail(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        let field = field.chars().filter(|c| !c.is_control()).take(64).collect();
        self.0.push(FieldError { field, code, message: message.into() });
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
        self.fields_of("", Some(value), known)
    }

    /// The object under `key`, with no other fields than `known`.
    pub(crate) fn object<'v>(
        &mut self,
        parent: &Object<'v>,
        key: &'static str,
        known: &[&str],
    ) -> Object<'v> {
        if parent.fields.is_none() {
            return Object { path: key, fields: None };
        }
        self.fields_of(key, parent.get(key), known)
    }

    fn fields_of<'v>(
        &mut self,
        path: &'static str,
        value: Option<&'v Value>,
        known: &[&str],
    ) -> Object<'v> {
        let fields = match value {
            Some(Value::Object(fields)) => fields,
            None | Some(Value::Null) if !path.is_empty() => {
                self.fail(path, "REQUIRED", "is required");
                return Object { path, fields: None };
            }
            _ => {
                let field = if path.is_empty() { "body" } else { path };
                self.fail(field, "INVALID_TYPE", "takes a JSON object");
                return Object { path, fields: None };
            }
        };
        let object = Object { path, fields: Some(fields) };
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.unknown(&object.path_of(name));
        }
        object
    }

    /// A text that must be there, trimmed. `longest` counts characters.
    pub(crate) fn text(
        &mut self,
        object: &Object<'_>,
        key: &str,
        longest: usize,
        rule: Rule,
    ) -> String {
        if object.fields.is_none() {
            return String::new();
        }
        self.optional_text(object, key, longest, rule).unwrap_or_else(|| {
            self.fail(&object.path_of(key), "REQUIRED", "is required");
            String::new()
        })
    }

    /// A text that may be missing, null or blank; then it is `None`.
    pub(crate) fn optional_text(
        &mut self,
        object: &Object<'_>,
        key: &str,
        longest: usize,
        rule: Rule,
    ) -> Option<String> {
        let text = match object.get(key)? {
            Value::Null => return None,
            Value::String(text) => trimmed(text),
            _ => {
                self.fail(&object.path_of(key), "INVALID_TYPE", "takes a text");
                return Some(String::new());
            }
        };
        if text.is_empty() {
            return None;
        }
        self.text_is(&object.path_of(key), text, longest, rule);
        Some(text.to_owned())
    }

    /// Holds a text against its rule.
    pub(crate) fn text_is(&mut self, field: &str, text: &str, longest: usize, rule: Rule) -> bool {
        let (code, message) = if text.contains(char::is_control) {
            ("CONTROL_CHARACTERS", "takes no control characters".into())
        } else if text.len() > longest && text.chars().count() > longest {
            ("TOO_LONG", format!("takes at most {longest} characters"))
        } else if !rule.0(text) {
            ("INVALID", rule.1.into())
        } else {
            return true;
        };
        self.fail(field, code, message);
        false
    }

    /// A customer's contact.
    pub(crate) fn customer(&mut self, parent: &Object<'_>) -> Customer {
        let object = self.object(parent, "customer", &["name", "email", "phone"]);
        Customer {
            name: self.text(&object, "name", 255, ANY),
            email: self.text(&object, "email", 255, (is_email, "takes an e-mail address")),
            phone: self.text(
                &object,
                "phone",
                20,
                (is_phone, "takes 7 to 15 digits, with + - ( ) . and blanks between them"),
            ),
        }
    }

    /// A delivery address.
    pub(crate) fn address(&mut self, parent: &Object<'_>) -> Address {
        let object = self.object(parent, "deliveryAddress", &["street", "city", "state", "zip"]);
        Address {
            street: self.text(&object, "street", 255, ANY),
            city: self.text(&object, "city", 100, ANY),
            state: self.text(
                &object,
                "state",
                2,
                (is_state, "takes a US state as two capital letters, such as IL"),
            ),
            zip: self.text(&object, "zip", 10, (is_zip, "takes 12345 or 12345-6789")),
        }
    }
}

impl<'v> Object<'v> {
    /// The value under `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&'v Value> {
        self.fields?.get(key)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Without blanks around it, among them the byte order mark, as ECMAScript has it. A control
/// character is no blank: it stays, to be refused.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\u{feff}' || c.is_whitespace() && !c.is_control())
}

/// What a request for a pie asks for, whatever its spelling: fields in a fixed order, each with its length.
pub(crate) fn order_digest(pie_type: &str, customer: &Customer, address: &Address) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in [
        pie_type,
        &customer.name,
        &customer.email,
        &customer.phone,
        &address.street,
        &address.city,
        &address.state,
        &address.zip,
    ] {
        hash.update(field.len().to_le_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// What nearly every real address fulfils; whether it exists only a message to it could tell.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let dotted = |part: &str| !part.split('.').any(str::is_empty);
    let odd = |c: char| c.is_whitespace() || "\"(),:;<>@[\\]".contains(c);
    let label = |label: &str| {
        label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    dotted(local)
        && local.len() <= 64
        && !local.contains(odd)
        && dotted(domain)
        && domain.contains('.')
        && domain.split('.').all(label)
        && domain.rsplit('.').next().is_some_and(|top| top.chars().any(char::is_alphabetic))
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(text);
    (7..=15).contains(&digits) && rest.chars().all(|c| c.is_ascii_digit() || "-(). ".contains(c))
}

fn is_state(text: &str) -> bool {
    STATES.split_ascii_whitespace().any(|state| state == text)
}

fn is_zip(text: &str) -> bool {
    let digits =
        |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('-') {
        Some((zip, plus)) => digits(zip, 5) && digits(plus, 4),
        None => digits(text, 5),
    }
}
