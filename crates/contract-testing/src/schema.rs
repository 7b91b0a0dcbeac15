//! One value against one schema of the contract (JSON Schema 2020-12).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::{Contract, ContractError};

/// Schemas that were used before: compiling one takes far longer than checking a value with it.
pub(crate) type Compiled = Mutex<HashMap<String, Arc<Validator>>>;

impl Contract {
    /// Checks a value against a schema whose references point into this contract.
    pub(crate) fn check(
        &self,
        what: &str,
        schema: &Value,
        value: &Value,
    ) -> Result<(), ContractError> {
        let problems: Vec<String> = self
            .compile(what, schema)?
            .iter_errors(value)
            .map(|error| match error.instance_path().to_string() {
                place if place.is_empty() => error.to_string(),
                place => format!("{place}: {error}"),
            })
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(ContractError::Mismatch {
            contract: self.name.clone(),
            what: what.to_owned(),
            problems,
            value: value.clone(),
        })
    }

    /// The schema, ready for use. There is one schema to each `what`.
    fn compile(&self, what: &str, schema: &Value) -> Result<Arc<Validator>, ContractError> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = compiled.get(what) {
            return Ok(Arc::clone(validator));
        }
        // References such as `#/components/schemas/Error` are resolved from the root of what is
        // compiled, so the components come along.
        let root = json!({ "allOf": [schema], "components": self.document["components"] });
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&root)
            .map_err(|error| ContractError::Unusable {
                contract: self.name.clone(),
                reason: format!("the schema of the {what}: {error}"),
            })?;
        let validator = Arc::new(validator);
        compiled.insert(what.to_owned(), Arc::clone(&validator));
        Ok(validator)
    }

    /// Follows a `$ref` into the contract; a dangling one yields `Null`.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => {
                self.document.pointer(pointer).map_or(&Value::Null, |v| self.resolve(v))
            }
            None => value,
        }
    }
}
