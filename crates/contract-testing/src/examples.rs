//! Where a contract gives examples: beside a `schema` (bodies, parameters, headers) and within
//! schemas.

use serde_json::{Map, Value};

/// An example, the schema that it illustrates and its place in the contract.
pub(crate) struct Example<'a> {
    pub(crate) place: String,
    pub(crate) schema: &'a Value,
    pub(crate) value: &'a Value,
    /// An Example Object, with the example in its field `value`, or a reference to one.
    pub(crate) wrapped: bool,
}

pub(crate) fn collect(document: &Value) -> Vec<Example<'_>> {
    let mut found = Vec::new();
    walk(document, "#", false, &mut found);
    found
}

/// `names` says that the keys of this object are names that the contract's author chose.
fn walk<'a>(node: &'a Value, place: &str, names: bool, found: &mut Vec<Example<'a>>) {
    match node {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{place}/{index}"), false, found);
            }
        }
        Value::Object(object) => {
            if !names {
                own_examples(node, object, place, found);
            }
            for (key, child) in object {
                if names || !["example", "examples", "default", "enum", "const"].contains(&&**key) {
                    let child_names = !names && ["properties", "schemas"].contains(&&**key);
                    walk(child, &format!("{place}/{key}"), child_names, found);
                }
            }
        }
        _ => {}
    }
}

fn own_examples<'a>(
    node: &'a Value,
    object: &'a Map<String, Value>,
    place: &str,
    found: &mut Vec<Example<'a>>,
) {
    let schema = object.get("schema").unwrap_or(node);
    let mut add = |place, value, wrapped| found.push(Example { place, schema, value, wrapped });
    if let Some(value) = object.get("example") {
        add(format!("{place}/example"), value, false);
    }
    match object.get("examples") {
        Some(Value::Object(named)) if object.contains_key("schema") => {
            for (name, value) in named {
                add(format!("{place}/examples/{name}"), value, true);
            }
        }
        Some(Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                add(format!("{place}/examples/{index}"), value, false);
            }
        }
        _ => {}
    }
}
