//! Parses JSON, and finds fields that are given twice in one object. A parser of JSON keeps the last and says nothing.
//!
//! A sandbox parses the configuration before its first request, so this does it once, and writes down the path of a
//! field only where there is something to say about it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::place::Place;

/// What a text contains.
pub(super) struct Parsed {
    /// The value. Of a field that is given twice, it has the last.
    pub(super) value: Value,
    /// The names of fields that are given twice, such as `cache.ttl_s`, in the order of the text.
    pub(super) duplicates: Vec<String>,
}

/// Parses a text.
///
/// # Errors
///
/// That of `serde_json`, if it is no JSON.
pub(super) fn parse(json: &str) -> Result<Parsed, serde_json::Error> {
    let mut duplicates = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let node = Node {
        place: Place::Top,
        duplicates: &mut duplicates,
    };
    let value = node.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(Parsed { value, duplicates })
}

/// A value of the text.
struct Node<'p, 'd> {
    place: Place<'p>,
    duplicates: &'d mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let place = Place::Field(&self.place, &name);
            if map.contains_key(&name) {
                self.duplicates.push(place.to_text());
            }
            let value = entries.next_value_seed(Node {
                place,
                duplicates: self.duplicates,
            })?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let entry = entries.next_element_seed(Node {
                place: Place::Entry(&self.place, list.len()),
                duplicates: self.duplicates,
            })?;
            match entry {
                Some(value) => list.push(value),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::mistakes;

    #[test]
    fn a_field_that_is_given_twice_is_a_mistake_at_each_depth() {
        for (json, field) in [
            (r#"{"routing": "nearest", "routing": "nearest"}"#, "routing"),
            (r#"{"cache": {"ttl_s": 1, "ttl_s": 2}}"#, "cache.ttl_s"),
            (r#"{"cache": {"ttl_s": 1}, "cache": {}}"#, "cache"),
            (
                r#"{"cache": {"rules": [{"path": "/a"}, {"path": "/b", "path": "/c"}]}}"#,
                "cache.rules[1].path",
            ),
        ] {
            assert_eq!(
                mistakes(json),
                [format!("{field} is given twice")],
                "{json}"
            );
        }
    }

    #[test]
    fn a_value_and_an_error_are_those_of_serde_json() {
        for json in [
            r#"{"a": [null, true, -1, 18446744073709551615, 0.5, 1e3, "\u00e4\n"], "": {}, "b": {"c": [[]]}}"#,
            r#"{"a": 1, "a": {"b": 2}}"#,
            " [1 ] ",
            "7",
            "",
            "{}{}",
            "[1] x",
            "{\"a\": tru}",
            r#"{"a" 1}"#,
            r#"{"a": 1e999}"#,
            r#"["\ud800"]"#,
            "[1,]",
            &"[".repeat(1000),
        ] {
            let expected = serde_json::from_str::<Value>(json).map_err(|error| error.to_string());
            let parsed = parse(json).map(|parsed| parsed.value);
            assert_eq!(
                parsed.map_err(|error| error.to_string()),
                expected,
                "{json}"
            );
        }
    }
}
