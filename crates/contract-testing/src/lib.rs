//! Holds requests and answers against an `OpenAPI` 3.1 contract, for tests on either side of it.
//!
//! ```no_run
//! # fn main() -> Result<(), contract_testing::ContractError> {
//! use contract_testing::Contract;
//! use serde_json::json;
//!
//! let contract = Contract::load("contracts/baker-service.yaml")?;
//! let seen = contract.check_response("GET", "/api/v1/jobs/bake_1", 404, &json!({
//!     "error": "JOB_NOT_FOUND", "message": "Job 'bake_1' does not exist",
//! }))?;
//! assert_eq!("GET /api/v1/jobs/{jobId} 404", seen.to_string());
//! # Ok(()) }
//! ```

mod examples;
mod schema;

use std::{collections::BTreeSet, fmt, fs, path::Path};

use serde_json::Value;

/// A contract, loaded.
pub struct Contract {
    name: String,
    document: Value,
    compiled: schema::Compiled,
}

/// One documented answer: an operation and a status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The method in upper case, a space, and the path as the contract writes it.
    pub operation: String,
    /// The HTTP status, or `default`.
    pub status: String,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.status)
    }
}

/// What does not agree with the contract, in words for whoever reads the failed test.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The contract itself cannot be used.
    #[error("{contract}: {reason}")]
    Unusable {
        /// The contract's file name.
        contract: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The contract has no such operation.
    #[error("{contract} has no operation {method} {path}")]
    UnknownOperation {
        /// The contract's file name.
        contract: String,
        /// The method that was asked for.
        method: String,
        /// The concrete path that was asked for.
        path: String,
    },
    /// The operation has no such answer, or takes no such body.
    #[error("{contract} does not document {what}")]
    Undocumented {
        /// The contract's file name.
        contract: String,
        /// The operation and the status or the body.
        what: String,
    },
    /// A value does not match its schema.
    #[error("{what} breaks {contract}:\n  {}\nin {value}", problems.join("\n  "))]
    Mismatch {
        /// The contract's file name.
        contract: String,
        /// Which request, answer or example it is.
        what: String,
        /// One line for each problem, with the place in the value.
        problems: Vec<String>,
        /// The value.
        value: Value,
    },
}

impl Contract {
    /// Reads a contract from a YAML file.
    ///
    /// # Errors
    /// When the file cannot be read or is not YAML.
    pub fn load(file: impl AsRef<Path>) -> Result<Self, ContractError> {
        let file = file.as_ref();
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        let unusable = |reason| ContractError::Unusable { contract: name.clone(), reason };
        let yaml = fs::read_to_string(file)
            .map_err(|error| unusable(format!("cannot read {}: {error}", file.display())))?;
        Self::parse(&name, &yaml)
    }

    /// Takes a contract from text; `name` is for the messages.
    ///
    /// # Errors
    /// When the text is not YAML.
    pub fn parse(name: &str, yaml: &str) -> Result<Self, ContractError> {
        let document = yaml_serde::from_str(yaml).map_err(|error| ContractError::Unusable {
            contract: name.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self { name: name.to_owned(), document, compiled: schema::Compiled::default() })
    }

    /// Every answer that the contract documents, so that a test can show that it has seen each.
    pub fn pairs(&self) -> BTreeSet<Pair> {
        self.operations()
            .flat_map(|(operation, _, details)| {
                keys(&details["responses"]).map(move |status| Pair {
                    operation: operation.clone(),
                    status: status.clone(),
                })
            })
            .collect()
    }

    /// Checks a request body.
    ///
    /// # Errors
    /// When the contract has no such operation, it takes no JSON body, or the body does not match.
    pub fn check_request(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<(), ContractError> {
        let (operation, details) = self.find(method, path)?;
        let what = format!("request of {operation}");
        let schema =
            &self.resolve(&details["requestBody"])["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Err(self.undocumented(format!("a JSON body in the {what}")));
        }
        self.check(&what, schema, body)
    }

    /// Checks an answer and says which documented one it is. `body` is `Null` where there is none.
    ///
    /// # Errors
    /// When the contract has no such operation, the operation no such status, or the body does not
    /// match.
    pub fn check_response(
        &self,
        method: &str,
        path: &str,
        status: u16,
        body: &Value,
    ) -> Result<Pair, ContractError> {
        let (operation, details) = self.find(method, path)?;
        let pair = Pair { operation, status: status.to_string() };
        let response = details["responses"]
            .get(&pair.status)
            .ok_or_else(|| self.undocumented(pair.to_string()))?;
        let schema = &self.resolve(response)["content"]["application/json"]["schema"];
        match (schema, body) {
            (Value::Null, Value::Null) => {}
            (Value::Null, _) => return Err(self.undocumented(format!("a JSON body in {pair}"))),
            _ => self.check(&format!("answer {pair}"), schema, body)?,
        }
        Ok(pair)
    }

    /// Checks every example in the contract against its schema and returns how many there are.
    ///
    /// # Errors
    /// At the first example that does not match.
    pub fn check_examples(&self) -> Result<usize, ContractError> {
        let examples = examples::collect(&self.document);
        for example in &examples {
            let value = match self.resolve(example.value) {
                wrapped if example.wrapped => &wrapped["value"],
                plain => plain,
            };
            self.check(&format!("example at {}", example.place), example.schema, value)?;
        }
        Ok(examples.len())
    }

    fn operations(&self) -> impl Iterator<Item = (String, &str, &Value)> {
        const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];
        let paths = self.document["paths"].as_object().into_iter().flatten();
        paths.flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let operation = format!("{} {path}", method.to_uppercase());
                item.get(method).map(|details| (operation, path.as_str(), details))
            })
        })
    }

    /// The operation that a concrete path belongs to; a literal segment wins over a parameter.
    fn find(&self, method: &str, path: &str) -> Result<(String, &Value), ContractError> {
        let concrete: Vec<&str> = path.split('?').next().unwrap_or(path).split('/').collect();
        let wanted = format!("{} ", method.to_uppercase());
        self.operations()
            .filter(|(operation, ..)| operation.starts_with(&wanted))
            .filter_map(|(operation, template, details)| {
                Some((literal_segments(template, &concrete)?, operation, details))
            })
            .max_by_key(|(literals, ..)| *literals)
            .map(|(_, operation, details)| (operation, details))
            .ok_or_else(|| ContractError::UnknownOperation {
                contract: self.name.clone(),
                method: method.to_owned(),
                path: path.to_owned(),
            })
    }

    fn undocumented(&self, what: String) -> ContractError {
        ContractError::Undocumented { contract: self.name.clone(), what }
    }
}

/// How many segments agree literally, or `None` where the path does not fit the template.
fn literal_segments(template: &str, concrete: &[&str]) -> Option<usize> {
    let template: Vec<&str> = template.split('/').collect();
    let fits = template.len() == concrete.len()
        && template.iter().zip(concrete).all(|(wanted, found)| {
            wanted == found || (wanted.starts_with('{') && !found.is_empty())
        });
    fits.then(|| template.iter().filter(|segment| !segment.starts_with('{')).count())
}

fn keys(value: &Value) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(|object| object.keys())
}
