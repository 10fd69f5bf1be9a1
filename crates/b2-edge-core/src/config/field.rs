//! The declaration of a field: its name, type, range and description. The reader, the error for an
//! unknown field, the values in force and the documentation all come from it.
//!
//! These tables take the place of serde, which stops at the first error and repeats the value that it
//! found. An operator gets every mistake at once, each with its field and none with a value, and the
//! rest of the configuration is still read.

use std::ops::RangeInclusive;

use http::HeaderValue;
use serde_json::{Map, Value};

use super::errors::Errors;

/// The longest value of a header, in bytes.
pub(super) const MAX_HEADER_BYTES: usize = 4096;

/// One field of `T`, which is the configuration or an entry of one of its lists. A default is not
/// declared: it is what `get` returns for the default of `T`.
pub(super) struct Field<T: 'static> {
    /// The full name, such as `cache.ttl_s`. A dot means nesting.
    pub(super) name: &'static str,
    /// The first paragraph of the documentation, or for an entry of a list the cell of its table.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the tests hold the documentation to it")
    )]
    pub(super) description: &'static str,
    /// The type, the range and how a value gets into `T`.
    pub(super) kind: Kind<T>,
    /// The value in force, as it is written in the configuration; `null` where there is none.
    pub(super) get: fn(&T) -> Value,
}

/// The type of a field. `set` and `read` are called for a value of the right type and within its range;
/// otherwise the field keeps its default.
pub(super) enum Kind<T: 'static> {
    /// `true` or `false`.
    Boolean { set: fn(&mut T, bool) },
    /// A whole number, written without a fraction and without an exponent.
    Integer {
        unit: &'static str,
        range: RangeInclusive<u64>,
        set: fn(&mut T, u64),
    },
    /// One of a few numbers.
    Number {
        choices: &'static [u16],
        set: fn(&mut T, u16),
    },
    /// One of a few strings.
    Choice(&'static [Choice<T>]),
    /// A string.
    Text {
        /// What the string must be, as the end of the sentence "must be …".
        expected: &'static str,
        /// The lengths that `set` accepts, where they are documented.
        #[cfg_attr(
            not(test),
            expect(dead_code, reason = "the tests hold the documentation to it")
        )]
        bytes: Option<RangeInclusive<usize>>,
        /// Returns `None` for a string that is not what is expected.
        set: fn(&mut T, &str) -> Option<()>,
    },
    /// The value of a response header. An empty string and `null` remove the header.
    Header {
        set: fn(&mut T, Option<HeaderValue>),
    },
    /// A list. `read` gets the path of the field, to which it appends an entry's index.
    List {
        entries: RangeInclusive<usize>,
        read: fn(&mut T, &[Value], &str, &mut Errors),
    },
    /// A string, or a list: for a field that has one entry in most configurations.
    TextOrList {
        entries: RangeInclusive<usize>,
        /// Gets the entries, of any type, each with its path. A string is the only entry.
        read: fn(&mut T, &[(String, &Value)], &mut Errors),
    },
    /// An object whose names are not fields but the operator's own. `read` gets the path of the field.
    Map {
        read: fn(&mut T, &Map<String, Value>, &str, &mut Errors),
    },
}

/// A string that a field may have, and what it sets.
pub(super) type Choice<T> = (&'static str, fn(&mut T));

/// All fields of `T`.
pub(super) struct Fields<T: 'static> {
    pub(super) required: &'static [Field<T>],
    /// A list for each file that declares some, in the order of the documentation.
    pub(super) optional: &'static [&'static [Field<T>]],
    /// Other names of fields: the other name, and the declared one, which is in the same object.
    pub(super) aliases: &'static [(&'static str, &'static str)],
}

impl<T> Fields<T> {
    /// Every field in the order of the documentation.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static Field<T>> {
        let optional = self.optional.iter().copied().flatten();
        self.required.iter().chain(optional)
    }

    /// An entry as it is written in the configuration, without the fields that have no value.
    pub(super) fn to_object(&self, entry: &T) -> Map<String, Value> {
        let mut object = Map::new();
        for field in self.all() {
            let value = (field.get)(entry);
            if !value.is_null() {
                object.insert(field.name.to_owned(), value);
            }
        }
        object
    }
}

/// A header's value in visible ASCII and spaces; `None` for other text.
pub(super) fn header_value(text: &str) -> Option<HeaderValue> {
    let is_visible = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    let is_value = is_visible && !text.trim().is_empty() && text.len() <= MAX_HEADER_BYTES;
    let value = HeaderValue::try_from(text.trim()).ok();
    value.filter(|_| is_value)
}

/// The items as an enumeration: `a, b or c`.
pub(super) fn alternatives(mut items: Vec<String>) -> String {
    match (items.pop(), items.as_slice()) {
        (Some(last), [_, ..]) => format!("{} or {last}", items.join(", ")),
        (last, _) => last.unwrap_or_default(),
    }
}
