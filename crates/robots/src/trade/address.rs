//! Which addresses a drone serves: a house in one of the fifty states or DC.

use serde_json::{Value, json};

use super::take;
use crate::http::{Checked, Refusal};

/// Lines of a state and one range of the first three digits of its ZIP codes.
const ZIP_PREFIXES: &str = include_str!("zip_prefixes.txt");

/// Checks an address and keeps its documented fields.
pub(super) fn read(address: &Value) -> Checked<Value> {
    let field = |name, limit| {
        let fine = |text: &&str| !text.trim().is_empty() && text.chars().count() <= limit;
        take(name, address[name].as_str(), "given and not too long", fine)
    };
    let (street, city) = (field("street", 255)?, field("city", 100)?);
    let (state, zip) = (field("state", 2)?, field("zip", 10)?);
    let letters = street.to_lowercase().replace(|letter: char| !letter.is_alphanumeric(), "");
    let reason = if letters.starts_with("pobox") || letters.starts_with("postofficebox") {
        "A drone cannot deliver to a P.O. box".to_owned()
    } else if !has_house_number(street) {
        "The street must begin with a house number: 123 Main St".to_owned()
    } else if prefixes(state).next().is_none() {
        format!("'{state}' is not a state that drones serve")
    } else if !is_in_state(zip, state) {
        format!("ZIP code '{zip}' does not belong to {state}")
    } else {
        return Ok(json!({ "street": street, "city": city, "state": state, "zip": zip }));
    };
    Err(Refusal::AddressRefused(reason))
}

/// The address without what two people would write differently.
pub(super) fn normalized(address: &Value) -> String {
    address.to_string().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A number in front that is not the street's own, as in "5th Avenue".
fn has_house_number(street: &str) -> bool {
    let word = street.split_whitespace().next().unwrap_or_default().to_lowercase();
    let ordinal = ["st", "nd", "rd", "th"].iter().any(|ending| word.ends_with(ending));
    word.contains(|letter: char| letter.is_ascii_digit()) && !ordinal
}

/// Whether a ZIP or ZIP+4 code can belong to the state.
fn is_in_state(zip: &str, state: &str) -> bool {
    let (five, four) = zip.split_once('-').unwrap_or((zip, "0000"));
    let digits = [five, four].concat();
    let formed = five.len() == 5 && four.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    formed && prefixes(state).any(|(low, high)| (low..=high).contains(&&digits[..3]))
}

fn prefixes(state: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = ZIP_PREFIXES.lines().filter_map(|line| line.split_once(' '));
    lines.filter(move |(name, _)| *name == state).filter_map(|(_, range)| range.split_once('-'))
}
