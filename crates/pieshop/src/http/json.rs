//! JSON of which every reader makes the same: no key twice in an object (RFC 8259, section 4).

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error::ApiError;

/// Up to here a floating-point number tells every whole number from the next: 2⁵³.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Reads a whole text.
pub(super) fn read(text: &[u8]) -> Result<Value, ApiError> {
    let repeated = RefCell::default();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = Unique(&repeated).deserialize(&mut reader);
    let read = read.and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| match repeated.take() {
        Some(key) => ApiError::RepeatedKey(key),
        None => ApiError::MalformedJson { line: error.line(), column: error.column() },
    })
}

/// Makes a value, or ends with the key that an object has twice.
#[derive(Clone, Copy)]
struct Unique<'r>(&'r RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// A number without a fraction is whole, as in JSON Schema, also where it is written 6.0.
    #[expect(clippy::cast_possible_truncation, reason = "below the limit nothing is lost")]
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0 && value.abs() < LARGEST_WHOLE {
            return Ok((value as i64).into());
        }
        Ok(Number::from_f64(value).into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            array.push(element);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self)?;
            if object.contains_key(&key) {
                self.0.replace(Some(key));
                return Err(A::Error::custom("a key is there twice"));
            }
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2000,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(62_701),
            ..ProptestConfig::default()
        })]

        #[test]
        fn reads_what_everybody_reads_but_for_keys_that_are_there_twice(
            text in prop_oneof![
                any::<Vec<u8>>(),
                r#"[\[\]{}:,"0-9eE.+ -]{0,24}"#.prop_map(String::into_bytes),
                r#"(\{"[ab]":[0-9]{1,3}(\.[05])?(,"[ab]":(true|\[\{"[ab]":null,"[ab]":"x"\}\]))?\})"#
                    .prop_map(String::into_bytes),
            ],
        ) {
            let usual: Result<Value, _> = serde_json::from_slice(&text);
            match (read(&text), usual) {
                (Ok(ours), Ok(usual)) => prop_assert_eq!(whole(ours), whole(usual)),
                (Err(ApiError::RepeatedKey(key)), _) => {
                    let quoted = format!("\"{key}\"");
                    prop_assert!(String::from_utf8_lossy(&text).matches(&quoted).count() > 1);
                }
                (Err(ApiError::MalformedJson { line, column }), Err(usual)) => {
                    prop_assert_eq!((line, column), (usual.line(), usual.column()));
                }
                (ours, usual) => prop_assert!(false, "{ours:?} is not {usual:?}"),
            }
        }
    }

    /// With every number as a floating-point one.
    fn whole(value: Value) -> Value {
        match value {
            Value::Number(number) => number.as_f64().into(),
            Value::Array(items) => items.into_iter().map(whole).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(key, value)| (key, whole(value))).collect()
            }
            other => other,
        }
    }
}
