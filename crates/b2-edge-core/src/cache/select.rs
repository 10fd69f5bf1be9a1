//! Selects the response that a cached object gives to a request: 200, 206, 304, 412 or 416.
//!
//! Preconditions come first, then the range (RFC 9110, section 13.2.2).

use http::HeaderMap;

use crate::cache::entry::Entry;
use crate::http::conditional::{Precondition, Validators, evaluate, range_applies};
use crate::http::method::ReadMethod;
use crate::http::range::ByteRange;
use crate::http::selection::Selection;

/// The response to a client that sent these headers, given the entry of the object.
#[must_use]
pub fn select(method: ReadMethod, client: &HeaderMap, entry: &Entry) -> Selection {
    if client.is_empty() {
        return Selection::Whole;
    }
    let validators = Validators {
        etag: entry.etag(),
        last_modified: entry.last_modified(),
    };
    match evaluate(client, &validators) {
        Precondition::NotModified => return Selection::NotModified,
        Precondition::Failed => return Selection::PreconditionFailed,
        Precondition::Proceed => {}
    }
    // `HEAD` has no range semantics (RFC 9110, section 14.2).
    let range = match method {
        // An empty object has no part. Many clients always request one, and servers send all of it.
        ReadMethod::Get if entry.length == 0 => None,
        ReadMethod::Get => ByteRange::requested(client),
        ReadMethod::Head => None,
    };
    match range.filter(|_| range_applies(client, &validators)) {
        None => Selection::Whole,
        Some(range) => range
            .resolve(entry.length)
            .map_or(Selection::RangeNotSatisfiable, Selection::Part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::lifetime::Lifetime;
    use crate::http::field::header_map;
    use crate::http::range::Span;

    #[test]
    fn conditions_come_before_the_range() {
        let lifetime = Lifetime {
            fresh_s: 1,
            stale_while_revalidate_s: 0,
            stale_if_error_s: 0,
        };
        let entry = Entry::of_object(10, &header_map(&[("etag", "\"a\"")]), lifetime);
        let part = Selection::Part(Span { first: 2, last: 3 });
        for (client, get, head) in [
            (vec![], Selection::Whole, Selection::Whole),
            (vec![("range", "bytes=2-3")], part, Selection::Whole),
            (
                vec![("range", "bytes=10-")],
                Selection::RangeNotSatisfiable,
                Selection::Whole,
            ),
            (
                vec![("range", "bytes=0-1,4-5")],
                Selection::Whole,
                Selection::Whole,
            ),
            (
                vec![("range", "bytes=2-3"), ("if-none-match", "\"a\"")],
                Selection::NotModified,
                Selection::NotModified,
            ),
            (
                vec![("range", "bytes=10-"), ("if-match", "\"b\"")],
                Selection::PreconditionFailed,
                Selection::PreconditionFailed,
            ),
            (
                vec![("range", "bytes=2-3"), ("if-range", "\"a\"")],
                part,
                Selection::Whole,
            ),
            (
                vec![("range", "bytes=10-"), ("if-range", "\"b\"")],
                Selection::Whole,
                Selection::Whole,
            ),
        ] {
            let headers = header_map(&client);
            let select = |method| select(method, &headers, &entry);
            assert_eq!(select(ReadMethod::Get), get, "GET {client:?}");
            assert_eq!(select(ReadMethod::Head), head, "HEAD {client:?}");
        }
    }

    #[test]
    fn all_of_an_empty_object_answers_any_range() {
        let entry = Entry::of_object(0, &header_map(&[("etag", "\"a\"")]), Lifetime::BRIEF);
        for range in ["bytes=0-", "bytes=0-9", "bytes=-5", "bytes=7-"] {
            let headers = header_map(&[("range", range)]);
            let selection = select(ReadMethod::Get, &headers, &entry);
            assert_eq!(selection, Selection::Whole, "{range}");
        }
    }
}
