//! Numbers, as they are written.

/// A number as people write it: `998,411`.
pub(super) fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_written_in_groups() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (998_411, "998,411")];
        for (number, text) in cases.into_iter().chain([(1_000_000, "1,000,000"), (-100, "-100")]) {
            assert_eq!(text, grouped(number));
        }
    }
}
