//! The mistakes in a configuration: all of them at once, each with the name of its field.

use std::ops::RangeInclusive;

use serde_json::Value;

/// How much of a field's name is repeated in a mistake, in characters: the operator chose the name, and
/// the page that shows it is public.
const MAX_FIELD_SHOWN: usize = 80;

/// One mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The field, such as `origins[1].region`; empty for the whole item.
    pub field: String,
    /// What is wrong with it, as the end of a sentence that begins with the field.
    pub problem: String,
}

/// The mistakes found so far.
#[derive(Default)]
pub(super) struct Errors(pub(super) Vec<ConfigError>);

impl Errors {
    /// Adds a mistake. `problem` must not contain the value of the field.
    pub(super) fn add(&mut self, field: &str, problem: &str) {
        let shown: String = field.chars().take(MAX_FIELD_SHOWN).collect();
        self.0.push(ConfigError {
            field: shown.escape_debug().to_string(),
            problem: problem.to_owned(),
        });
    }

    /// Whether no mistake was found in this very field.
    pub(super) fn none_at(&self, field: &str) -> bool {
        !self.0.iter().any(|error| error.field == field)
    }

    /// Whether no mistake was found in a field, below it, or in a name that begins like it, which may be
    /// a typing error of it.
    pub(super) fn none_in(&self, field: &str) -> bool {
        !self.0.iter().any(|error| error.field.starts_with(field))
    }

    /// Adds that a field does not have the value that it must have.
    pub(super) fn must_be(&mut self, field: &str, expected: &str) {
        self.add(field, &format!("must be {expected}"));
    }

    /// Adds that a field is not a whole number in a range.
    pub(super) fn not_whole_number(
        &mut self,
        field: &str,
        unit: &str,
        range: &RangeInclusive<u64>,
        value: &Value,
    ) {
        let (least, most) = (range.start(), range.end());
        let expected = format!("a whole number of {unit} from {least} to {most}");
        if value.is_number() {
            self.must_be(field, &expected);
        } else {
            self.wrong_type(field, &expected, value);
        }
    }

    /// Adds that a list is too short or too long.
    pub(super) fn wrong_length(
        &mut self,
        field: &str,
        range: &RangeInclusive<usize>,
        length: usize,
    ) {
        let range = match (range.start(), range.end()) {
            (0, most) => format!("at most {most}"),
            (least, most) => format!("{least} to {most}"),
        };
        self.add(field, &format!("must have {range} entries, has {length}"));
    }

    /// Adds a mistake about the type of `value`.
    pub(super) fn wrong_type(&mut self, field: &str, expected: &str, value: &Value) {
        let problem = format!("must be {expected}, is {}", type_of(value));
        self.add(field, &problem);
    }

    /// Passes on what was `found` in `value`; a mistake about its type where nothing was.
    pub(super) fn expect<T>(
        &mut self,
        found: Option<T>,
        field: &str,
        expected: &str,
        value: &Value,
    ) -> Option<T> {
        if found.is_none() {
            self.wrong_type(field, expected, value);
        }
        found
    }
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
