//! Finds fields that are given twice in one object. A JSON parser keeps the last and says nothing.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The names of fields that an object of `json` has more than once, such as `cache.ttl_s`. Whatever else is wrong with
/// the text is for the parser to say.
pub(super) fn duplicate_fields(json: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let node = Node {
        path: String::new(),
        found: &mut found,
    };
    let _ = node.deserialize(&mut deserializer);
    found
}

/// A value of the text, at its path.
struct Node<'f> {
    path: String,
    found: &'f mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let path = if self.path.is_empty() {
                name.clone()
            } else {
                format!("{}.{name}", self.path)
            };
            if !names.insert(name) {
                self.found.push(path.clone());
            }
            map.next_value_seed(Node {
                path,
                found: self.found,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let entry = Node {
                path: format!("{}[{index}]", self.path),
                found: self.found,
            };
            if list.next_element_seed(entry)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
}
