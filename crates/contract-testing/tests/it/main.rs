//! The checks must let through what agrees with a contract and nothing else.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

use contract_testing::{Contract, ContractError};
use serde_json::{Value, json};

const CONTRACT: &str = r"
paths:
  /things:
    post:
      requestBody: {$ref: '#/components/requestBodies/Thing'}
      responses:
        '201':
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Thing'}
              examples:
                good: {$ref: '#/components/examples/Thing'}
        '400': {$ref: '#/components/responses/Error'}
  /things/{id}:
    delete: {responses: {'204': {description: Gone.}}}
    get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}}
  /things/newest:
    get: {responses: {'400': {$ref: '#/components/responses/Error'}}}
components:
  requestBodies:
    Thing: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
  responses:
    Error: {content: {application/json: {schema: {type: object, required: [error]}}}}
  examples:
    Thing: {value: {name: pie, born: '2025-12-17T16:00:00Z', example: plain}}
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string, example: pie}
        born: {type: string, format: date-time}
        example: {type: string, examples: [plain]}
";

fn contract() -> Contract {
    Contract::parse("things.yaml", CONTRACT).unwrap()
}

fn refusal<T>(result: Result<T, ContractError>) -> String {
    result.err().expect("the check should have refused this").to_string()
}

#[test]
fn a_request_that_matches_its_schema_passes() {
    contract().check_request("POST", "/things", &json!({"name": "pie", "more": 1})).unwrap();
}

#[test]
fn a_request_that_does_not_match_is_refused_with_place_and_reason() {
    let message = refusal(contract().check_request("post", "/things", &json!({"name": 7})));
    assert!(message.contains("request of POST /things breaks things.yaml"), "{message}");
    assert!(message.contains(r#"/name: 7 is not of type "string""#), "{message}");
}

#[test]
fn every_problem_of_a_body_is_listed() {
    let message = refusal(contract().check_request("POST", "/things", &json!({"born": "noon"})));
    assert!(message.contains(r#""name" is a required property"#), "{message}");
    assert!(message.contains(r#"/born: "noon" is not a "date-time""#), "{message}");
}

#[test]
fn a_body_that_no_contract_asks_for_is_refused() {
    let message = refusal(contract().check_request("GET", "/things/1", &json!({})));
    assert!(message.contains("does not document a JSON body"), "{message}");
}

#[test]
fn an_answer_names_the_documented_pair_that_it_is() {
    let pair = contract().check_response("GET", "/things/7?all=1", 200, &json!({"name": "pie"}));
    assert_eq!("GET /things/{id} 200", pair.unwrap().to_string());
}

#[test]
fn a_literal_path_wins_over_a_parameter() {
    let pair = contract().check_response("GET", "/things/newest", 400, &json!({"error": "NO"}));
    assert_eq!("GET /things/newest", pair.unwrap().operation);
}

#[test]
fn an_undocumented_status_path_or_method_is_refused() {
    let contract = contract();
    let status = contract.check_response("GET", "/things/7", 500, &json!({"error": "NO"}));
    assert_eq!("things.yaml does not document GET /things/{id} 500", refusal(status));
    for (method, path) in [("GET", "/nothing"), ("PUT", "/things"), ("GET", "/things/")] {
        let message = refusal(contract.check_response(method, path, 200, &Value::Null));
        assert_eq!(format!("things.yaml has no operation {method} {path}"), message);
    }
}

#[test]
fn an_answer_without_a_documented_body_must_have_none() {
    contract().check_response("DELETE", "/things/1", 204, &Value::Null).unwrap();
    refusal(contract().check_response("DELETE", "/things/1", 204, &json!({})));
    refusal(contract().check_response("GET", "/things/1", 200, &Value::Null));
}

#[test]
fn all_documented_answers_are_listed() {
    let pairs: Vec<String> = contract().pairs().iter().map(ToString::to_string).collect();
    let expected = [
        "DELETE /things/{id} 204",
        "GET /things/newest 400",
        "GET /things/{id} 200",
        "POST /things 201",
        "POST /things 400",
    ];
    assert_eq!(expected.as_slice(), pairs);
}

#[test]
fn examples_are_found_beside_and_within_schemas() {
    assert_eq!(3, contract().check_examples().unwrap());
}

#[test]
fn an_example_that_breaks_its_schema_is_refused_wherever_it_stands() {
    for (good, bad) in [
        ("name: pie, born", "name: [], born"),
        ("example: pie", "example: 7"),
        ("examples: [plain]", "examples: [plain, 7]"),
        ("examples/Thing'", "examples/Nothing'"),
    ] {
        assert!(CONTRACT.contains(good));
        let broken = Contract::parse("broken.yaml", &CONTRACT.replace(good, bad)).unwrap();
        assert!(refusal(broken.check_examples()).contains("example at #/"), "{bad}");
    }
}

#[test]
fn a_contract_that_is_missing_or_no_yaml_is_named() {
    let message = refusal(Contract::load("no/such.yaml"));
    assert!(message.contains("such.yaml: cannot read no/such.yaml"), "{message}");
    assert!(refusal(Contract::parse("odd.yaml", "a: [")).starts_with("odd.yaml: "));
}
