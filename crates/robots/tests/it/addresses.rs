//! Which addresses a drone serves.

use axum::http::StatusCode;
use pie_robots::Kind;
use serde_json::{Value, json};

use crate::bench::{Bench, request};

fn to(street: &str, state: &str, zip: &str) -> Value {
    let mut body = request(Kind::Delivery);
    body["destination"] =
        json!({ "street": street, "city": "Springfield", "state": state, "zip": zip });
    body
}

async fn refusal(body: &Value) -> Option<String> {
    let reply = Bench::new(Kind::Delivery).submit_body("k", body).await;
    if reply.status == StatusCode::CREATED {
        return None;
    }
    assert_eq!(StatusCode::UNPROCESSABLE_ENTITY, reply.status);
    assert_eq!("ADDRESS_REFUSED", reply.body["error"]);
    Some(reply.body["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_capital_of_every_state_is_served_and_no_state_has_the_next_ones_code() {
    let capitals = [
        ("AL", "36104"),
        ("AK", "99801"),
        ("AZ", "85001"),
        ("AR", "72201"),
        ("CA", "95814"),
        ("CO", "80202"),
        ("CT", "06103"),
        ("DE", "19901"),
        ("DC", "20001"),
        ("FL", "32301"),
        ("GA", "30303"),
        ("HI", "96813"),
        ("ID", "83702"),
        ("IL", "62701"),
        ("IN", "46225"),
        ("IA", "50309"),
        ("KS", "66603"),
        ("KY", "40601"),
        ("LA", "70802"),
        ("ME", "04330"),
        ("MD", "21401"),
        ("MA", "02201"),
        ("MI", "48933"),
        ("MN", "55102"),
        ("MS", "39205"),
        ("MO", "65101"),
        ("MT", "59623"),
        ("NE", "68502"),
        ("NV", "89701"),
        ("NH", "03301"),
        ("NJ", "08608"),
        ("NM", "87501"),
        ("NY", "12207"),
        ("NC", "27601"),
        ("ND", "58501"),
        ("OH", "43215"),
        ("OK", "73102"),
        ("OR", "97301"),
        ("PA", "17101"),
        ("RI", "02903"),
        ("SC", "29217"),
        ("SD", "57501"),
        ("TN", "37219"),
        ("TX", "78701"),
        ("UT", "84111"),
        ("VT", "05602"),
        ("VA", "23219"),
        ("WA", "98507"),
        ("WV", "25301"),
        ("WI", "53703"),
        ("WY", "82001"),
    ];
    for (index, (state, zip)) in capitals.into_iter().enumerate() {
        assert_eq!(None, refusal(&to("1 Capitol Sq", state, zip)).await, "{state} {zip}");
        let (_, other) = capitals[(index + 1) % capitals.len()];
        let reason = refusal(&to("1 Capitol Sq", state, other)).await;
        assert_eq!(Some(format!("ZIP code '{other}' does not belong to {state}")), reason);
    }
}

#[tokio::test]
async fn a_place_where_no_drone_can_land_is_refused_with_the_reason() {
    for (street, state, zip, reason) in [
        ("P.O. Box 12", "IL", "62701", "P.O. box"),
        ("PO Box 12", "IL", "62701", "P.O. box"),
        ("p o box 12", "IL", "62701", "P.O. box"),
        ("Post Office Box 12", "IL", "62701", "P.O. box"),
        ("Main St", "IL", "62701", "house number"),
        ("5th Avenue", "NY", "10001", "house number"),
        ("22nd St", "NY", "10001", "house number"),
        ("Apt 5, Main St", "IL", "62701", "house number"),
        ("1 Main St", "ZZ", "62701", "'ZZ' is not a state"),
        ("1 Main St", "il", "62701", "'il' is not a state"),
        ("1 Main St", "AE", "09012", "'AE' is not a state"),
        ("1 Main St", "PR", "00901", "'PR' is not a state"),
        ("1 Main St", "IL", "10001", "does not belong to IL"),
        ("1 Main St", "VA", "20001", "does not belong to VA"),
        ("1 Main St", "DC", "20101", "does not belong to DC"),
        ("1 Main St", "IL", "6270", "does not belong to IL"),
        ("1 Main St", "IL", "6270a", "does not belong to IL"),
        ("1 Main St", "IL", "62701-12", "does not belong to IL"),
        ("1 Main St", "IL", "62701-12a4", "does not belong to IL"),
    ] {
        let found = refusal(&to(street, state, zip)).await;
        assert!(found.as_ref().is_some_and(|found| found.contains(reason)), "{street}: {found:?}");
    }
}

#[tokio::test]
async fn ordinary_and_odd_but_real_addresses_are_served() {
    for (street, state, zip) in [
        ("123 Main St", "IL", "62701-1234"),
        ("221B Baker St", "IL", "62701"),
        ("12-34 5th Avenue", "NY", "10001"),
        ("N6W23001 Bluemound Rd", "WI", "53188"),
        ("1 Boxwood Ln", "VA", "20101"),
    ] {
        assert_eq!(None, refusal(&to(street, state, zip)).await, "{street}");
    }
}

#[tokio::test]
async fn a_field_that_is_missing_is_malformed_and_one_that_is_blank_or_too_long_is_invalid() {
    for (field, value, status) in [
        ("street", Value::Null, 400),
        ("city", json!(7), 400),
        ("city", json!(" "), 422),
        ("city", json!("x".repeat(101)), 422),
        ("street", json!(format!("1 {}", "x".repeat(254))), 422),
        ("state", json!("Illinois"), 422),
        ("zip", json!("62701-12345"), 422),
    ] {
        let mut body = request(Kind::Delivery);
        body["destination"][field] = value;
        let reply = Bench::new(Kind::Delivery).submit_body("k", &body).await;
        assert_eq!(status, reply.status.as_u16(), "{field}");
    }
}
