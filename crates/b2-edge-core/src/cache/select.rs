//! What a client gets of an object that is at hand: all of it, a part, or that it has it already.
//!
//! The order is that of RFC 9110, section 13.2.2: the conditions first, then the range.

use http::HeaderMap;

use crate::cache::entry::Entry;
use crate::http::conditional::{Precondition, Validators, evaluate, range_applies};
use crate::http::range::{ByteRange, Span};
use crate::origins::outcome::Served;
use crate::request::intent::ReadMethod;

/// An answer from an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200 with the whole object.
    Whole,
    /// 206 with a part of it.
    Part(Span),
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
    /// 416.
    RangeNotSatisfiable,
}

impl Answer {
    /// Chooses the answer for a client's request.
    #[must_use]
    pub fn select(method: ReadMethod, client: &HeaderMap, entry: &Entry) -> Self {
        if client.is_empty() {
            return Self::Whole;
        }
        let validators = Validators {
            etag: entry.etag(),
            last_modified: entry.last_modified(),
        };
        match evaluate(client, &validators) {
            Precondition::NotModified => return Self::NotModified,
            Precondition::Failed => return Self::PreconditionFailed,
            Precondition::Proceed => {}
        }
        // `HEAD` has no range semantics (RFC 9110, section 14.2).
        let range = match method {
            ReadMethod::Get => ByteRange::requested(client),
            ReadMethod::Head => None,
        };
        match range.filter(|_| range_applies(client, &validators)) {
            None => Self::Whole,
            Some(range) => range
                .within(entry.length)
                .map_or(Self::RangeNotSatisfiable, Self::Part),
        }
    }

    /// The same as what is served.
    #[must_use]
    pub const fn served(self) -> Served {
        match self {
            Self::Whole => Served::Whole,
            Self::Part(_) => Served::Part,
            Self::NotModified => Served::NotModified,
            Self::PreconditionFailed => Served::PreconditionFailed,
            Self::RangeNotSatisfiable => Served::RangeNotSatisfiable,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::cache::policy::Lifetime;

    fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn conditions_come_before_the_range() {
        let lifetime = Lifetime {
            fresh_s: 1,
            stale_while_revalidate_s: 0,
            stale_if_error_s: 0,
        };
        let entry = Entry::of_object(10, &map(&[("etag", "\"a\"")]), lifetime);
        let part = Answer::Part(Span { first: 2, last: 3 });
        for (client, get, head) in [
            (vec![], Answer::Whole, Answer::Whole),
            (vec![("range", "bytes=2-3")], part, Answer::Whole),
            (
                vec![("range", "bytes=10-")],
                Answer::RangeNotSatisfiable,
                Answer::Whole,
            ),
            (
                vec![("range", "bytes=0-1,4-5")],
                Answer::Whole,
                Answer::Whole,
            ),
            (
                vec![("range", "bytes=2-3"), ("if-none-match", "\"a\"")],
                Answer::NotModified,
                Answer::NotModified,
            ),
            (
                vec![("range", "bytes=10-"), ("if-match", "\"b\"")],
                Answer::PreconditionFailed,
                Answer::PreconditionFailed,
            ),
            (
                vec![("range", "bytes=2-3"), ("if-range", "\"a\"")],
                part,
                Answer::Whole,
            ),
            (
                vec![("range", "bytes=10-"), ("if-range", "\"b\"")],
                Answer::Whole,
                Answer::Whole,
            ),
        ] {
            let headers = map(&client);
            let select = |method| Answer::select(method, &headers, &entry);
            assert_eq!(select(ReadMethod::Get), get, "GET {client:?}");
            assert_eq!(select(ReadMethod::Head), head, "HEAD {client:?}");
        }
    }
}
