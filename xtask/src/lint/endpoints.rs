//! The HTTP endpoints that there are.

use anyhow::{Context as _, Result};
use regex_lite::Regex;
use yaml_serde::Value;

use super::tree::Tree;

pub(super) struct Endpoints {
    /// Method (in lower case) and path of each operation of the contracts.
    operations: Vec<(String, String)>,
    /// Paths that stand in the code only, such as those of the pages and of the documentation.
    routes: Vec<String>,
}

impl Endpoints {
    pub(super) fn of(tree: &Tree) -> Result<Self> {
        let mut operations = Vec::new();
        for (file, text) in tree.texts() {
            let contract =
                file.strip_prefix("contracts/").and_then(|name| name.strip_suffix(".yaml"));
            if contract.is_some() {
                let contract: Value =
                    yaml_serde::from_str(text).with_context(|| format!("cannot read {file}"))?;
                operations.extend(operations_of(&contract));
            }
        }
        let literal = Regex::new(r#""(/[^"\s]*)""#)?;
        let sources = tree.rust().filter(|(file, _)| file.contains("/src/"));
        let routes = sources
            .filter(|(file, _)| file.starts_with("crates/"))
            .flat_map(|(_, text)| literal.captures_iter(text).map(|found| found[1].to_owned()))
            .collect();
        Ok(Self { operations, routes })
    }

    /// Whether there is such an endpoint. A path of the contracts must have the method there; one
    /// that only the code knows may have any. `…` or `*` at the end stands for any continuation.
    pub(super) fn has(&self, method: Option<&str>, path: &str) -> bool {
        let path = path.split(['?', '#']).next().unwrap_or(path);
        if let Some(beginning) = path.strip_suffix(['…', '*']) {
            let mut known = self.operations.iter().map(|(_, path)| path).chain(&self.routes);
            return known.any(|known| known.starts_with(beginning));
        }
        let mut methods = self
            .operations
            .iter()
            .filter(|(_, known)| same(known, path))
            .map(|(m, _)| m)
            .peekable();
        if methods.peek().is_none() {
            return self.routes.iter().any(|known| same(known, path));
        }
        method.is_none_or(|method| methods.any(|known| known.eq_ignore_ascii_case(method)))
    }
}

fn operations_of(contract: &Value) -> Vec<(String, String)> {
    let paths = contract.get("paths").and_then(Value::as_mapping).into_iter().flatten();
    let operations = paths.filter_map(|(path, item)| Some((path.as_str()?, item.as_mapping()?)));
    operations
        .flat_map(|(path, item)| {
            let methods = item.keys().filter_map(Value::as_str);
            methods.map(move |method| (method.to_owned(), path.to_owned()))
        })
        .collect()
}

/// Whether a named path is the known one; a parameter stands for any name or value.
fn same(known: &str, named: &str) -> bool {
    let segments = |path: &str| -> Vec<String> {
        path.trim_end_matches('/').split('/').map(str::to_owned).collect()
    };
    let (known, named) = (segments(known), segments(named));
    known.len() == named.len()
        && known.iter().zip(&named).all(|(known, named)| known.starts_with('{') || known == named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> Endpoints {
        let contract = "paths:\n  /api/orders:\n    post: {}\n    get: {}\n  \
                        /api/orders/{orderId}:\n    parameters: []\n    get: {}\n";
        let router = "fn f() { route(\"/api/docs\"); route(\"/admin/{page}\"); say(\"a /word\") }";
        Endpoints::of(&Tree::from([
            ("contracts/order-api.yaml", contract),
            ("crates/pieshop/src/http/router.rs", router),
        ]))
        .unwrap()
    }

    #[test]
    fn operations_of_the_contracts_and_routes_of_the_code_exist() {
        for (method, path) in [
            (Some("POST"), "/api/orders"),
            (None, "/api/orders/{id}"),
            (Some("GET"), "/api/orders/ord_01h"),
            (None, "/api/orders?limit=10"),
            (None, "/api/…"),
            (Some("GET"), "/api/docs"),
            (None, "/admin/orders"),
        ] {
            assert!(endpoints().has(method, path), "{method:?} {path}");
        }
    }

    #[test]
    fn other_methods_and_paths_do_not_exist() {
        for (method, path) in [
            (Some("DELETE"), "/api/orders"),
            (Some("POST"), "/api/orders/{orderId}"),
            (None, "/api/order"),
            (None, "/api/orders/{id}/events"),
            (None, "/word"),
            (None, "/apis/…"),
        ] {
            assert!(!endpoints().has(method, path), "{method:?} {path}");
        }
    }
}
