//! The mistakes of a configuration: found all at once, each with the name of its field.

use std::ops::RangeInclusive;

use serde_json::Value;

/// How much of a field's name is repeated in a mistake, in characters: the name is the operator's, the
/// page that shows it is everybody's.
const MAX_FIELD_SHOWN: usize = 80;

/// One mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The field, such as `origins[1].region`; empty for the whole item.
    pub field: String,
    /// What is wrong with it, as the end of a sentence that begins with the field.
    pub problem: String,
}

/// The mistakes found so far, and the ways of finding one.
#[derive(Default)]
pub(super) struct Errors(pub(super) Vec<ConfigError>);

impl Errors {
    pub(super) fn add(&mut self, field: &str, problem: &str) {
        let shown: String = field.chars().take(MAX_FIELD_SHOWN).collect();
        self.0.push(ConfigError {
            field: shown.escape_debug().to_string(),
            problem: problem.to_owned(),
        });
    }

    /// Whether no mistake was found in a field or below it.
    pub(super) fn none_in(&self, field: &str) -> bool {
        !self.0.iter().any(|error| error.field.starts_with(field))
    }

    pub(super) fn unknown_field(&mut self, field: &str) {
        self.add(field, "is not a field of the configuration");
    }

    pub(super) fn expect_some<T>(
        &mut self,
        found: Option<T>,
        field: &str,
        problem: &str,
    ) -> Option<T> {
        if found.is_none() {
            self.add(field, problem);
        }
        found
    }

    pub(super) fn expect<T>(
        &mut self,
        found: Option<T>,
        field: &str,
        wanted: &str,
        value: &Value,
    ) -> Option<T> {
        self.expect_some(
            found,
            field,
            &format!("must be {wanted}, is {}", kind(value)),
        )
    }

    pub(super) fn boolean(&mut self, value: &Value, field: &str) -> bool {
        self.expect(value.as_bool(), field, "true or false", value)
            .unwrap_or_default()
    }

    /// A whole number of `unit` within `range`. A JSON number with a fraction or an exponent is none,
    /// even where its value is whole.
    pub(super) fn whole_number(
        &mut self,
        value: &Value,
        field: &str,
        range: RangeInclusive<u64>,
        unit: &str,
    ) -> Option<u64> {
        let (least, most) = (range.start(), range.end());
        let wanted = format!("a whole number of {unit} from {least} to {most}");
        if value.is_number() {
            let found = value.as_u64().filter(|number| range.contains(number));
            self.expect_some(found, field, &format!("must be {wanted}"))
        } else {
            self.expect(None, field, &wanted, value)
        }
    }

    /// A list of at most so many entries.
    pub(super) fn list<'v>(
        &mut self,
        value: &'v Value,
        field: &str,
        most: usize,
    ) -> Option<&'v Vec<Value>> {
        let list = self.expect(value.as_array(), field, "a list", value)?;
        if list.len() > most {
            let problem = format!("must have at most {most} entries, has {}", list.len());
            self.add(field, &problem);
            return None;
        }
        Some(list)
    }

    pub(super) fn string<'v>(&mut self, value: &'v Value, field: &str) -> Option<&'v str> {
        self.expect(value.as_str(), field, "a string", value)
    }

    pub(super) fn checked(
        &mut self,
        value: &Value,
        field: &str,
        holds: fn(&str) -> bool,
        wanted: &str,
    ) -> Option<String> {
        let text = self.string(value, field)?;
        let found = holds(text).then(|| text.to_owned());
        self.expect_some(found, field, &format!("must be {wanted}"))
    }
}

pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
