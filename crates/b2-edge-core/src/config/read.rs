//! The reader: it takes JSON through the declarations into the settings, and reports every mistake.

use serde_json::{Map, Value};

use super::errors::Errors;
use super::field::{Field, Fields, Kind, alternatives, header_value};
use super::place;

impl<T: Default> Fields<T> {
    /// Reads the object at `path`, which is empty for the whole configuration. A field that is missing or
    /// wrong stays as it is in `target`.
    pub(super) fn read(
        &self,
        object: &Map<String, Value>,
        path: &str,
        target: &mut T,
        errors: &mut Errors,
    ) {
        self.read_present(object, path, target, errors);
        for field in self.required {
            if !object.contains_key(field.name) {
                errors.add(&place::field(path, field.name), "is missing");
            }
        }
    }

    /// The same without a mistake for a required field that is missing.
    pub(super) fn read_present(
        &self,
        object: &Map<String, Value>,
        path: &str,
        target: &mut T,
        errors: &mut Errors,
    ) {
        self.read_nested(object, path, "", target, errors);
    }

    /// Reads an entry of a list into the default of `T`; `None` if it is not an object.
    pub(super) fn read_entry(&self, value: &Value, path: &str, errors: &mut Errors) -> Option<T> {
        let object = errors.expect(value.as_object(), path, "an object", value)?;
        let mut entry = T::default();
        self.read(object, path, &mut entry, errors);
        Some(entry)
    }

    /// Reads the object that holds the fields whose names begin with `outer` and a dot.
    fn read_nested(
        &self,
        object: &Map<String, Value>,
        path: &str,
        outer: &str,
        target: &mut T,
        errors: &mut Errors,
    ) {
        for (key, value) in object {
            let name = place::field(outer, key);
            let shown = place::field(path, &name);
            // In a name a dot means nesting, in a key it means nothing.
            let is_key = !key.contains('.');
            if let Some(field) = self.find(&name).filter(|_| is_key) {
                let is_twice = field.name != name && object.contains_key(last(field.name));
                if is_twice {
                    let problem = format!("is another name of {}, which is set", field.name);
                    errors.add(&shown, &problem);
                } else {
                    field.kind.read(value, &shown, target, errors);
                }
            } else if is_key && self.nests(&name) {
                if let Some(inner) = errors.expect(value.as_object(), &shown, "an object", value) {
                    self.read_nested(inner, path, &name, target, errors);
                }
            } else {
                errors.add(&shown, "is not a field of the configuration");
            }
        }
    }

    fn find(&self, name: &str) -> Option<&'static Field<T>> {
        let alias = self.aliases.iter().find(|(alias, _)| *alias == name);
        let declared = alias.map_or(name, |(_, declared)| declared);
        self.all().find(|field| field.name == declared)
    }

    /// Whether `name` is an object with fields in it.
    fn nests(&self, name: &str) -> bool {
        let is_inside = |field: &str| {
            field
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        self.all().any(|field| is_inside(field.name))
    }
}

impl<T: Default> Kind<T> {
    fn read(&self, value: &Value, path: &str, target: &mut T, errors: &mut Errors) {
        match self {
            Self::Boolean { set } => {
                if let Some(flag) = errors.expect(value.as_bool(), path, "true or false", value) {
                    set(target, flag);
                }
            }
            Self::Integer { unit, range, set } => {
                match value.as_u64().filter(|number| range.contains(number)) {
                    Some(number) => set(target, number),
                    None => errors.not_whole_number(path, unit, range, value),
                }
            }
            Self::Number { choices, set } => {
                let is_value = |number: &u16| value.as_u64() == Some(u64::from(*number));
                if let Some(number) = choices.iter().copied().find(is_value) {
                    set(target, number);
                } else {
                    let numbers = alternatives(choices.iter().map(u16::to_string).collect());
                    errors.must_be(path, &numbers);
                }
            }
            Self::Choice(choices) => {
                if let Some((_, set)) = choices.iter().find(|(text, _)| value == *text) {
                    set(target);
                } else {
                    let texts = choices
                        .iter()
                        .map(|(text, _)| format!("\"{text}\""))
                        .collect();
                    errors.must_be(path, &alternatives(texts));
                }
            }
            Self::Text { expected, set, .. } => {
                let text = errors.expect(value.as_str(), path, "a string", value);
                if text.is_some_and(|text| set(target, text).is_none()) {
                    errors.must_be(path, expected);
                }
            }
            Self::Header { set } => {
                if value.is_null() || value == "" {
                    set(target, None);
                } else if let Some(text) = errors.expect(value.as_str(), path, "a string", value) {
                    match header_value(text) {
                        Some(header) => set(target, Some(header)),
                        None => errors.add(path, "must be the value of a header, in ASCII"),
                    }
                }
            }
            Self::List { entries, read, .. } => {
                let Some(list) = errors.expect(value.as_array(), path, "a list", value) else {
                    return;
                };
                if entries.contains(&list.len()) {
                    read(target, list, path, errors);
                } else {
                    errors.wrong_length(path, entries, list.len());
                    // The list stays at its default, and the mistakes in its entries are reported.
                    read(&mut T::default(), list, path, errors);
                }
            }
            Self::TextOrList { entries, read } => {
                if value.is_string() {
                    read(target, &[(path.to_owned(), value)], errors);
                    return;
                }
                let list = errors.expect(value.as_array(), path, "a string or a list", value);
                let Some(list) = list else {
                    return;
                };
                let is_length = entries.contains(&list.len());
                if !is_length {
                    errors.wrong_length(path, entries, list.len());
                }
                let listed = list.iter().enumerate();
                let listed = listed.map(|(index, value)| (place::entry(path, index), value));
                let listed: Vec<_> = listed.collect();
                let default = &mut T::default();
                read(if is_length { target } else { default }, &listed, errors);
            }
            Self::Map { read } => {
                if let Some(map) = errors.expect(value.as_object(), path, "an object", value) {
                    read(target, map, path, errors);
                }
            }
        }
    }
}

/// The last part of a name: `ttl_s` of `cache.ttl_s`.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use crate::config::tests::mistakes;
    use crate::config::{Config, FIELDS};

    #[test]
    fn a_field_with_a_mistake_keeps_its_default_and_the_rest_is_read() {
        for field in FIELDS.all() {
            // Neither a boolean, a whole number, a string, a list nor an object.
            let wrong = 0.5;
            let names = field.name.rsplit('.');
            let json = names.fold(wrong.to_string(), |inner, name| {
                format!(r#"{{"{name}": {inner}}}"#)
            });
            let (config, errors) = Config::parse_lenient(&json);
            assert_eq!(config, Config::default(), "{json}");
            let names: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
            assert_eq!(names, [field.name], "{json}");
        }
        let (config, errors) = Config::parse_lenient(
            r#"{"cache": {"ttl_s": 77, "segment_bytes": 1}, "routing": 1, "pop_parameter": false}"#,
        );
        assert_eq!(
            (config.cache.ttl.as_secs(), config.pop_parameter),
            (77, false)
        );
        assert_eq!(errors.len(), 2, "{errors:?}");
    }

    #[test]
    fn an_unknown_field_is_reported_at_each_depth() {
        for (json, unknown) in [
            (r#"{"ttl_s": 1}"#, "ttl_s"),
            (r#"{"": 1}"#, ""),
            (r#"{"cache.ttl_s": 1}"#, "cache.ttl_s"),
            (r#"{"cache": {"ttl": 1}}"#, "cache.ttl"),
            (r#"{"cache": {"cache": {"ttl_s": 1}}}"#, "cache.cache"),
            (
                r#"{"cache": {"rules": [{"path": "/a"}, {"path": "/b", "ttl": 1}]}}"#,
                "cache.rules[1].ttl",
            ),
            (
                r#"{"redirects": [{"from": "/a", "to": "/b", "code": 301}]}"#,
                "redirects[0].code",
            ),
            (
                r#"{"origins": [{"backend": "a", "key": "b"}]}"#,
                "origins[0].key",
            ),
        ] {
            let expected = format!("{unknown} is not a field of the configuration");
            assert_eq!(mistakes(json), [expected], "{json}");
        }
    }
}
