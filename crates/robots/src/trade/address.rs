//! Which addresses a drone serves: a house in one of the fifty states or DC.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Address {
    street: String,
    city: String,
    state: String,
    zip: String,
}

impl Address {
    /// Why no drone can go there, or `None`.
    pub(super) fn refusal(&self) -> Option<String> {
        let too_long = self.street.chars().count() > 255 || self.city.chars().count() > 100;
        if too_long || self.city.trim().is_empty() {
            return Some("Street or city is missing or too long".to_owned());
        }
        if is_post_office_box(&self.street) {
            return Some("A drone cannot deliver to a P.O. box".to_owned());
        }
        if !has_house_number(&self.street) {
            return Some("The street needs a house number, and first: 123 Main St".to_owned());
        }
        let Some((_, ranges)) = ZIP_PREFIXES.iter().find(|(state, _)| *state == self.state) else {
            return Some(format!("'{}' is not a state that drones serve", self.state));
        };
        let in_state = zip_prefix(&self.zip).is_some_and(|prefix| {
            ranges.iter().any(|(low, high)| (*low..=*high).contains(&prefix))
        });
        (!in_state).then(|| format!("ZIP code '{}' does not belong to {}", self.zip, self.state))
    }

    /// The address without what two people would write differently.
    pub(super) fn normalized(&self) -> String {
        let words = [&*self.street, &self.city, &self.state, self.zip.get(..5).unwrap_or_default()];
        words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
    }
}

fn is_post_office_box(street: &str) -> bool {
    let letters: String = street.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = letters.to_ascii_uppercase();
    letters.starts_with("POBOX") || letters.starts_with("POSTOFFICEBOX")
}

/// A number in front that is not the street's own, as in "5th Avenue".
fn has_house_number(street: &str) -> bool {
    street.split_whitespace().next().is_some_and(|word| {
        let word = word.to_ascii_lowercase();
        let ordinal = ["st", "nd", "rd", "th"].iter().any(|ending| word.ends_with(ending));
        word.contains(|letter: char| letter.is_ascii_digit()) && !ordinal
    })
}

/// The first three digits of a ZIP or ZIP+4 code.
fn zip_prefix(zip: &str) -> Option<u16> {
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let (five, four) = zip.split_once('-').unwrap_or((zip, "0000"));
    (digits(five, 5) && digits(four, 4)).then(|| five[..3].parse().ok()).flatten()
}

/// The three-digit prefixes of each state's ZIP codes.
const ZIP_PREFIXES: [(&str, &[(u16, u16)]); 51] = [
    ("AL", &[(350, 369)]),
    ("AK", &[(995, 999)]),
    ("AZ", &[(850, 865)]),
    ("AR", &[(716, 729)]),
    ("CA", &[(900, 961)]),
    ("CO", &[(800, 816)]),
    ("CT", &[(60, 69)]),
    ("DE", &[(197, 199)]),
    ("DC", &[(200, 200), (202, 205), (569, 569)]),
    ("FL", &[(320, 339), (341, 342), (344, 344), (346, 347), (349, 349)]),
    ("GA", &[(300, 319), (398, 399)]),
    ("HI", &[(967, 968)]),
    ("ID", &[(832, 838)]),
    ("IL", &[(600, 629)]),
    ("IN", &[(460, 479)]),
    ("IA", &[(500, 528)]),
    ("KS", &[(660, 679)]),
    ("KY", &[(400, 427)]),
    ("LA", &[(700, 714)]),
    ("ME", &[(39, 49)]),
    ("MD", &[(206, 219)]),
    ("MA", &[(10, 27), (55, 55)]),
    ("MI", &[(480, 499)]),
    ("MN", &[(550, 567)]),
    ("MS", &[(386, 397)]),
    ("MO", &[(630, 658)]),
    ("MT", &[(590, 599)]),
    ("NE", &[(680, 693)]),
    ("NV", &[(889, 898)]),
    ("NH", &[(30, 38)]),
    ("NJ", &[(70, 89)]),
    ("NM", &[(870, 884)]),
    ("NY", &[(5, 5), (63, 63), (100, 149)]),
    ("NC", &[(270, 289)]),
    ("ND", &[(580, 588)]),
    ("OH", &[(430, 459)]),
    ("OK", &[(730, 731), (734, 749)]),
    ("OR", &[(970, 979)]),
    ("PA", &[(150, 196)]),
    ("RI", &[(28, 29)]),
    ("SC", &[(290, 299)]),
    ("SD", &[(570, 577)]),
    ("TN", &[(370, 385)]),
    ("TX", &[(733, 733), (750, 799), (885, 885)]),
    ("UT", &[(840, 847)]),
    ("VT", &[(50, 54), (56, 59)]),
    ("VA", &[(201, 201), (220, 246)]),
    ("WA", &[(980, 994)]),
    ("WV", &[(247, 268)]),
    ("WI", &[(530, 549)]),
    ("WY", &[(820, 831), (834, 834)]),
];
