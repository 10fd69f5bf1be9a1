//! The parameters of a query string, decoded once.
//!
//! In a form (<https://url.spec.whatwg.org/#concept-urlencoded-parser>) a `+` is a space; in a URI (RFC 3986) it is
//! itself. Which one a client means shows in its signature only, so the caller says which.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::http::path::has_bad_escape;

/// What is escaped: everything except RFC 3986's unreserved characters.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a `+` in a query string means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plus {
    /// A plus sign.
    Itself,
    /// A space.
    Space,
}

/// A parameter, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What is before the first `=`.
    pub name: String,
    /// What is after it; `None` without an `=`.
    pub value: Option<String>,
}

/// Why a query string is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// A `%` is not followed by two hexadecimal digits.
    BadEscape,
    /// A name or a value is not UTF-8 once decoded.
    NotUtf8,
    /// Two parameters have the same name.
    Duplicate,
}

/// The parameters of a query string, in its order. No two have the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<Parameter>);

impl Query {
    /// Parses a query string, without its `?`.
    ///
    /// # Errors
    ///
    /// A [`QueryError`].
    pub fn parse(query: &str, plus: Plus) -> Result<Self, QueryError> {
        if has_bad_escape(query.as_bytes()) {
            return Err(QueryError::BadEscape);
        }
        let mut parameters: Vec<Parameter> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.split_once('=') {
                Some((name, value)) => (name, Some(decode(value, plus)?)),
                None => (pair, None),
            };
            let name = decode(name, plus)?;
            if parameters.iter().any(|known| known.name == name) {
                return Err(QueryError::Duplicate);
            }
            parameters.push(Parameter { name, value });
        }
        Ok(Self(parameters))
    }

    /// The parameters.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.0.iter()
    }

    /// The value of a parameter, empty if it is there without one; `None` if it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let parameter = self.0.iter().find(|parameter| parameter.name == name)?;
        Some(parameter.value.as_deref().unwrap_or_default())
    }

    /// Whether there is a parameter of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The parameters for which `keep` returns true.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Parameter) -> bool) -> Self {
        let kept = self.0.iter().filter(|parameter| keep(parameter));
        Self(kept.cloned().collect())
    }

    /// The query string: names and values percent-encoded as RFC 3986 and AWS do, sorted. Empty for no parameter.
    #[must_use]
    pub fn encode(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, ESCAPED).to_string();
        let mut pairs: Vec<_> = self
            .0
            .iter()
            .map(|parameter| {
                (
                    encode(&parameter.name),
                    parameter.value.as_deref().map(encode),
                )
            })
            .collect();
        pairs.sort();
        let pairs: Vec<_> = pairs
            .into_iter()
            .map(|(name, value)| match value {
                Some(value) => format!("{name}={value}"),
                None => name,
            })
            .collect();
        pairs.join("&")
    }
}

fn decode(text: &str, plus: Plus) -> Result<String, QueryError> {
    let text = match plus {
        Plus::Space => Cow::from(text.replace('+', " ")),
        Plus::Itself => Cow::from(text),
    };
    let decoded = percent_decode_str(&text).decode_utf8();
    Ok(decoded.map_err(|_| QueryError::NotUtf8)?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once_and_encoded_as_aws_does() {
        for (query, plus, encoded) in [
            ("", Plus::Itself, ""),
            ("uploads", Plus::Itself, "uploads"),
            ("b=2&a=1&&", Plus::Itself, "a=1&b=2"),
            ("a=x+y", Plus::Itself, "a=x%2By"),
            ("a=x+y", Plus::Space, "a=x%20y"),
            ("a=%2b%20", Plus::Space, "a=%2B%20"),
            ("prefix=a/b=c~*", Plus::Itself, "prefix=a%2Fb%3Dc~%2A"),
            ("a=%25%32%30", Plus::Itself, "a=%2520"),
            ("%c3%a4=", Plus::Itself, "%C3%A4="),
        ] {
            let parsed = Query::parse(query, plus).expect(query);
            assert_eq!(parsed.encode(), encoded, "{query}");
        }
    }

    #[test]
    fn a_query_that_can_be_read_in_two_ways_is_refused() {
        for (query, error) in [
            ("a=%", QueryError::BadEscape),
            ("a=%4", QueryError::BadEscape),
            ("%zz", QueryError::BadEscape),
            ("a=%ff", QueryError::NotUtf8),
            ("a=1&a=1", QueryError::Duplicate),
            ("a&b&%61=2", QueryError::Duplicate),
        ] {
            assert_eq!(Query::parse(query, Plus::Itself), Err(error), "{query}");
        }
    }

    #[test]
    fn a_parameter_without_a_value_has_an_empty_one() {
        let query = Query::parse("acl&list-type=2", Plus::Itself).expect("valid");
        assert_eq!(
            (query.get("acl"), query.get("list-type"), query.get("x")),
            (Some(""), Some("2"), None)
        );
        assert!(!query.filtered(|one| one.name != "acl").has("acl"));
    }
}
