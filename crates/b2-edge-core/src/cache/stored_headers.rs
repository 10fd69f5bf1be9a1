//! The headers of an object as they are stored in its entry: lines that are ready to be sent.
//!
//! A line is the code of its name, and its value. The code 0 is for a name that has none, which follows it. A value that
//! is read shares the memory of the entry.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::http::selection::Selection;
use crate::origins::headers::{OBJECT_HEADERS, passes_to_client, stored_headers};

/// The code of a name that follows.
const NAMED: u8 = 0;

/// The code of the first of [`OBJECT_HEADERS`].
const FIRST_CODE: u8 = 1;

/// The stored headers of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StoredHeaders(Bytes);

/// One of them, as it is stored.
struct Line<'l> {
    code: u8,
    /// Empty for a name with a code.
    name: &'l [u8],
    value: &'l [u8],
}

impl StoredHeaders {
    pub(super) const fn new() -> Self {
        Self(Bytes::new())
    }

    /// Those of an origin's response that are stored.
    pub(super) fn of_map(headers: &HeaderMap) -> Self {
        let mut lines = Vec::new();
        for (name, value) in stored_headers(headers) {
            let code = OBJECT_HEADERS.iter().position(|known| known == name);
            let code = code.and_then(|index| u8::try_from(index).ok());
            if let Some(code) = code {
                lines.push(FIRST_CODE + code);
            } else {
                lines.push(NAMED);
                push(&mut lines, name.as_str().as_bytes());
            }
            push(&mut lines, value.as_bytes());
        }
        Self(Bytes::from(lines))
    }

    /// The stored bytes; `None` if they are not lines.
    pub(super) fn from_bytes(bytes: Bytes) -> Option<Self> {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            Line::take(&mut rest)?;
        }
        Some(Self(bytes))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        self.lines()
            .filter_map(|line| Some((line.name()?, self.value(&line)?)))
    }

    /// Those to send to the client, given what the response carries.
    pub(super) fn for_client(
        &self,
        selection: Selection,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        self.lines().filter_map(move |line| {
            let name = line.name()?;
            let passes = match selection {
                // All that have a code are sent.
                Selection::Whole | Selection::Part(_) if line.code != NAMED => true,
                _ => passes_to_client(selection, &name),
            };
            Some((name, self.value(&line).filter(|_| passes)?))
        })
    }

    /// The value of the first line of this name.
    pub(super) fn get(&self, wanted: &HeaderName) -> Option<&[u8]> {
        let mut lines = self.lines();
        let line = lines
            .find(|line| line.known() == Some(wanted) || line.name == wanted.as_str().as_bytes())?;
        Some(line.value)
    }

    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || Line::take(&mut rest))
    }

    fn value(&self, line: &Line<'_>) -> Option<HeaderValue> {
        HeaderValue::from_maybe_shared(self.0.slice_ref(line.value)).ok()
    }
}

impl<'l> Line<'l> {
    fn take(rest: &mut &'l [u8]) -> Option<Self> {
        let (&code, after) = rest.split_first()?;
        *rest = after;
        let name = if code == NAMED { take(rest)? } else { b"" };
        let line = Self {
            code,
            name,
            value: take(rest)?,
        };
        (code == NAMED || line.known().is_some()).then_some(line)
    }

    /// The name, if it has a code.
    fn known(&self) -> Option<&'static HeaderName> {
        OBJECT_HEADERS.get(usize::from(self.code.checked_sub(FIRST_CODE)?))
    }

    fn name(&self) -> Option<HeaderName> {
        match self.known() {
            Some(name) => Some(name.clone()),
            None => HeaderName::from_bytes(self.name).ok(),
        }
    }
}

/// Appends a byte string after its length. The platform's limit for a header is 128 KB
/// (<https://docs.fastly.com/products/compute-resource-limits>).
fn push(lines: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(0);
    lines.extend_from_slice(&length.to_le_bytes());
    lines.extend_from_slice(bytes.get(..length as usize).unwrap_or_default());
}

fn take<'l>(rest: &mut &'l [u8]) -> Option<&'l [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (bytes, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};

    use super::*;
    use crate::http::field::header_map;
    use crate::http::range::Span;

    fn stored() -> StoredHeaders {
        StoredHeaders::of_map(&header_map::<&[u8]>(&[
            ("cache-control", b"max-age=1"),
            ("content-type", b"text/plain"),
            ("etag", b"\"a\""),
            ("surrogate-control", b"max-age=600"),
            ("x-amz-meta-name", b"gr\xf6\xdfe"),
            ("x-amz-meta-name", b""),
            ("x-amz-request-id", b"1"),
        ]))
    }

    #[test]
    fn a_line_is_stored_whether_its_name_has_a_code_or_not() {
        let headers = stored();
        let names: Vec<_> = headers.iter().map(|(name, _)| name.to_string()).collect();
        let expected = [
            "cache-control",
            "content-type",
            "etag",
            "surrogate-control",
            "x-amz-meta-name",
            "x-amz-meta-name",
        ];
        assert_eq!(names, expected);
        assert_eq!(headers.get(&ETAG), Some(&b"\"a\""[..]));
        let name = HeaderName::from_static("x-amz-meta-name");
        assert_eq!(headers.get(&name), Some(&b"gr\xf6\xdfe"[..]));
        assert_eq!(headers.get(&HeaderName::from_static("x-b2")), None);
    }

    #[test]
    fn the_client_gets_the_same_lines_as_from_the_origin() {
        let headers = stored();
        let all: HeaderMap = headers.iter().collect();
        for selection in [
            Selection::Whole,
            Selection::Part(Span { first: 0, last: 1 }),
            Selection::NotModified,
            Selection::PreconditionFailed,
            Selection::RangeNotSatisfiable,
        ] {
            let sent: HeaderMap = headers.for_client(selection).collect();
            let expected = crate::origins::headers::for_client(selection, &all);
            assert_eq!(sent, expected, "{selection:?}");
        }
        let sent: HeaderMap = headers.for_client(Selection::NotModified).collect();
        assert!(sent.contains_key(CACHE_CONTROL) && !sent.contains_key(CONTENT_TYPE));
    }

    #[test]
    fn bytes_that_are_no_lines_are_none() {
        let whole = stored();
        let bytes = whole.as_bytes();
        let again = StoredHeaders::from_bytes(Bytes::copy_from_slice(bytes));
        assert_eq!(again.as_ref(), Some(&whole));
        for end in 1..bytes.len() {
            // What is cut off between two lines is a shorter list.
            let cut = StoredHeaders::from_bytes(Bytes::copy_from_slice(&bytes[..end]));
            let is_list = cut.is_some_and(|cut| cut.iter().count() < whole.iter().count());
            let is_at_a_line = whole.lines().any(|line| {
                let value = line.value.as_ptr() as usize - bytes.as_ptr() as usize;
                value + line.value.len() == end
            });
            assert_eq!(is_list, is_at_a_line, "{end} bytes");
        }
        let unknown = Bytes::from_static(&[200, 0, 0, 0, 0]);
        assert_eq!(StoredHeaders::from_bytes(unknown), None);
    }
}
