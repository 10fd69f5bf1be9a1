//! The headers of a response that is being built.

use http::{HeaderName, HeaderValue};

/// How many headers a response has at most in most cases: room for an object's headers and those that are added.
const USUAL: usize = 20;

/// Headers in the order in which they are sent. Of so few, a search finds one faster than a [`http::HeaderMap`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderList(Vec<(HeaderName, HeaderValue)>);

impl Default for HeaderList {
    fn default() -> Self {
        Self(Vec::with_capacity(USUAL))
    }
}

impl HeaderList {
    /// The first value of a header.
    #[must_use]
    pub fn get(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.get_all(name).next()
    }

    /// All values of a header, in order.
    pub fn get_all(&self, name: &HeaderName) -> impl Iterator<Item = &HeaderValue> {
        let lines = self.0.iter();
        lines
            .filter(move |(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// Whether there is a header of this name.
    #[must_use]
    pub fn contains(&self, name: &HeaderName) -> bool {
        self.get(name).is_some()
    }

    /// Adds a line, also if there is one of the same name.
    pub fn append(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.push((name, value));
    }

    /// Replaces all lines of this name by one.
    pub fn set(&mut self, name: HeaderName, value: HeaderValue) {
        let Some(first) = self.0.iter().position(|(other, _)| *other == name) else {
            return self.append(name, value);
        };
        let mut position = 0;
        self.0.retain(|(other, _)| {
            let is_kept = position <= first || *other != name;
            position += 1;
            is_kept
        });
        if let Some(line) = self.0.get_mut(first) {
            line.1 = value;
        }
    }

    /// Removes all lines of this name.
    pub fn remove(&mut self, name: &HeaderName) {
        self.0.retain(|(other, _)| other != name);
    }

    /// The lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl Extend<(HeaderName, HeaderValue)> for HeaderList {
    fn extend<I: IntoIterator<Item = (HeaderName, HeaderValue)>>(&mut self, lines: I) {
        self.0.extend(lines);
    }
}

#[cfg(test)]
mod tests {
    use http::header::{AGE, ETAG, VARY};

    use super::*;

    fn list(lines: &[(HeaderName, &'static str)]) -> HeaderList {
        let mut list = HeaderList::default();
        for (name, value) in lines {
            list.append(name.clone(), HeaderValue::from_static(value));
        }
        list
    }

    #[test]
    fn setting_a_header_replaces_every_line_of_it_in_the_place_of_the_first() {
        let two = [(ETAG, "a"), (VARY, "b"), (AGE, "1"), (VARY, "c")];
        for (before, set, after) in [
            (
                &two[..],
                (VARY, "d"),
                &[(ETAG, "a"), (VARY, "d"), (AGE, "1")][..],
            ),
            (
                &two,
                (ETAG, "d"),
                &[(ETAG, "d"), (VARY, "b"), (AGE, "1"), (VARY, "c")],
            ),
            (&[], (ETAG, "d"), &[(ETAG, "d")]),
            (&[(AGE, "1")], (ETAG, "d"), &[(AGE, "1"), (ETAG, "d")]),
        ] {
            let mut headers = list(before);
            headers.set(set.0.clone(), HeaderValue::from_static(set.1));
            assert_eq!(headers, list(after), "{before:?}, {set:?}");
        }
    }

    #[test]
    fn a_name_may_have_several_lines_until_it_is_removed() {
        let mut headers = list(&[(VARY, "a"), (ETAG, "b"), (VARY, "c")]);
        assert_eq!(headers.get(&VARY), Some(&HeaderValue::from_static("a")));
        let all: Vec<_> = headers.get_all(&VARY).collect();
        assert_eq!(all, ["a", "c"]);
        headers.remove(&VARY);
        assert!(!headers.contains(&VARY));
        assert_eq!(headers, list(&[(ETAG, "b")]));
        assert_eq!(headers.get(&AGE), None);
    }
}
