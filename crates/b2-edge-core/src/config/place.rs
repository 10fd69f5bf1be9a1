//! The place of a value in the configuration, as mistakes name it: `cache.rules[1].path`.

use std::fmt::Write as _;

/// How much longer than its list the place of an entry is, in bytes: `[99]`, and some for a name after it.
const ENTRY_BYTES: usize = 16;

/// The place of a value, which is written down only where it is needed.
#[derive(Clone, Copy)]
pub(super) enum Place<'p> {
    /// The whole configuration.
    Top,
    /// A field of the object at a place.
    Field(&'p Place<'p>, &'p str),
    /// An entry of the list at a place.
    Entry(&'p Place<'p>, usize),
}

impl Place<'_> {
    pub(super) fn to_text(self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Field(outer, name) => field(&outer.to_text(), name),
            Self::Entry(list, index) => entry(&list.to_text(), index),
        }
    }
}

/// The place of a field of the object at `outer`, which is empty for the whole configuration.
pub(super) fn field(outer: &str, name: &str) -> String {
    if outer.is_empty() {
        name.to_owned()
    } else {
        [outer, ".", name].concat()
    }
}

/// The place of an entry of a list. Unlike with `format!`, its memory is allocated once.
pub(super) fn entry(list: &str, index: usize) -> String {
    let mut text = String::with_capacity(list.len() + ENTRY_BYTES);
    text.push_str(list);
    let _ = write!(text, "[{index}]");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_the_names_and_numbers_that_lead_to_it() {
        let cache = Place::Field(&Place::Top, "cache");
        let rules = Place::Field(&cache, "rules");
        let rule = Place::Entry(&rules, 12);
        let path = Place::Field(&rule, "path").to_text();
        assert_eq!(path, "cache.rules[12].path");
        assert_eq!(path, field(&entry(&field("cache", "rules"), 12), "path"));
        assert_eq!(Place::Top.to_text(), "");
        assert_eq!(Place::Entry(&Place::Top, 0).to_text(), "[0]");
    }
}
