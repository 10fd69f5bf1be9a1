//! The ID of a request, which connects the client's records, the response and the log line.
//!
//! A valid ID of the client is used as it is, so that one ID follows a request through all systems. Otherwise
//! the ID is the platform's.
//!
//! Invariant: an ID is 1 to 128 of the characters `A-Z a-z 0-9 . _ ~ + / = : @ -`. Anything else that a
//! client sends is never repeated in a header or in the log.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Serialize, Serializer};

/// Carries the ID in requests and responses. Not standardised.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The trace of a request (<https://www.w3.org/TR/trace-context/#traceparent-header>).
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The request headers that may carry an ID, in order of precedence.
pub const REQUEST_ID_HEADERS: [HeaderName; 2] = [X_REQUEST_ID, TRACEPARENT];

/// The longest ID in bytes: twice the longest in common use, 64 hexadecimal digits.
const MAX_BYTES: usize = 128;

/// The length in bytes of `version "-" trace-id "-" parent-id "-" trace-flags`, the whole value in version
/// `00`.
const TRACEPARENT_BYTES: usize = 2 + 1 + 32 + 1 + 16 + 1 + 2;

/// The ID of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Checks an ID; `None` if it is invalid.
    #[must_use]
    pub fn parse(text: HeaderValue) -> Option<Self> {
        let bytes = text.as_bytes();
        let is_valid =
            (1..=MAX_BYTES).contains(&bytes.len()) && bytes.iter().all(|byte| is_allowed(*byte));
        is_valid.then_some(Self(text))
    }

    /// Removes the ID headers from a request and returns the ID: that of a valid `X-Request-Id`, else the
    /// trace-id of a valid `traceparent`. A header with several lines is invalid.
    #[must_use]
    pub fn take(client: &mut HeaderMap) -> Option<Self> {
        let client_id = one_line(client, &X_REQUEST_ID).and_then(Self::parse);
        let traced = one_line(client, &TRACEPARENT);
        client_id.or_else(|| {
            let trace_id = HeaderValue::from_bytes(trace_id(traced?.as_bytes())?);
            trace_id.ok().and_then(Self::parse)
        })
    }

    /// The ID with these bits, as 32 hexadecimal digits.
    #[must_use]
    pub fn of_bits([high, low]: [u64; 2]) -> Self {
        let digits = HeaderValue::from_str(&format!("{high:016x}{low:016x}"));
        // Cannot fail: digits are valid in a header value.
        Self(digits.unwrap_or(HeaderValue::from_static("0")))
    }

    /// The ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // An ID is ASCII.
        self.0.to_str().unwrap_or_default()
    }

    /// The ID as the value of `X-Request-Id`.
    #[must_use]
    pub fn into_header(self) -> HeaderValue {
        self.0
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

const fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b':' | b'@' | b'-'
        )
}

/// Removes a header; returns its value if it had exactly one line.
fn one_line(headers: &mut HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let lines = headers.get_all(name).iter().count();
    headers.remove(name).filter(|_| lines == 1)
}

/// The trace-id of a `traceparent`. In unknown versions only the fields of `00` are read, and what follows
/// them after a `-` is ignored (<https://www.w3.org/TR/trace-context/#versioning-of-traceparent>).
fn trace_id(traceparent: &[u8]) -> Option<&[u8]> {
    let (known, more) = traceparent.split_at_checked(TRACEPARENT_BYTES)?;
    let mut fields = known.split(|byte| *byte == b'-');
    let mut hex = |digits| {
        let field = fields.next()?;
        let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (field.len() == digits && field.iter().all(is_hex)).then_some(field)
    };
    let (version, trace_id, parent_id, _flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let is_zero = |field: &[u8]| field.iter().all(|digit| *digit == b'0');
    let is_whole = match version {
        b"00" => more.is_empty(),
        b"ff" => false,
        _ => more.is_empty() || more.starts_with(b"-"),
    };
    (is_whole && !is_zero(trace_id) && !is_zero(parent_id)).then_some(trace_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    fn client(lines: &[(&HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            headers.append(*name, value);
        }
        headers
    }

    fn taken(lines: &[(&HeaderName, &str)]) -> Option<String> {
        RequestId::take(&mut client(lines)).map(|id| id.as_str().to_owned())
    }

    #[test]
    fn a_valid_id_of_the_client_is_its_own() {
        let long = "x".repeat(MAX_BYTES);
        for id in [
            "a",
            "7f3a2b",
            "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
            "Root=1-67891233-abcdef012345678912345678",
            "AZaz09._~+/=:@-",
            long.as_str(),
        ] {
            assert_eq!(taken(&[(&X_REQUEST_ID, id)]).as_deref(), Some(id));
        }
    }

    #[test]
    fn an_id_with_anything_else_in_it_is_as_if_it_were_not_there() {
        let too_long = "x".repeat(MAX_BYTES + 1);
        for id in [
            "",
            "a b",
            "a\tb",
            "a,b",
            "<script>",
            "a\"b",
            "a%0Ab",
            "ä",
            "a;b",
            "{}",
            "$(id)",
            "a\\b",
            too_long.as_str(),
        ] {
            assert_eq!(taken(&[(&X_REQUEST_ID, id)]), None, "{id}");
            let parsed = HeaderValue::from_bytes(id.as_bytes()).map(RequestId::parse);
            assert_eq!(parsed.expect("a value"), None, "{id}");
        }
        assert_eq!(
            taken(&[(&X_REQUEST_ID, "one"), (&X_REQUEST_ID, "two")]),
            None
        );
        assert_eq!(taken(&[]), None);
    }

    #[test]
    fn the_trace_stands_in_for_an_id_that_is_not_there_or_not_valid() {
        let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
        let trace = (&TRACEPARENT, parent.as_str());
        assert_eq!(taken(&[trace]).as_deref(), Some(TRACE));
        assert_eq!(
            taken(&[(&X_REQUEST_ID, "mine"), trace]).as_deref(),
            Some("mine")
        );
        assert_eq!(
            taken(&[(&X_REQUEST_ID, "not mine"), trace]).as_deref(),
            Some(TRACE)
        );
        assert_eq!(taken(&[trace, trace]), None);
    }

    #[test]
    fn a_traceparent_is_valid_by_its_standard_or_not_at_all() {
        let zero = "0".repeat(32);
        for (parent, is_valid) in [
            (format!("00-{TRACE}-b7ad6b7169203331-00"), true),
            (format!("cc-{TRACE}-b7ad6b7169203331-01"), true),
            (format!("cc-{TRACE}-b7ad6b7169203331-01-what-follows"), true),
            (
                format!("cc-{TRACE}-b7ad6b7169203331-01.what-follows"),
                false,
            ),
            (format!("00-{TRACE}-b7ad6b7169203331-01-more"), false),
            (format!("ff-{TRACE}-b7ad6b7169203331-01"), false),
            (format!("00-{zero}-b7ad6b7169203331-01"), false),
            (format!("00-{TRACE}-0000000000000000-01"), false),
            (
                format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()),
                false,
            ),
            (format!("00-{TRACE}-b7ad6b7169203331-0"), false),
            (format!("00-{TRACE}-b7ad6b7169203331-0-"), false),
            (format!("00{TRACE}--b7ad6b7169203331-01"), false),
            (format!("0-{TRACE}0-b7ad6b7169203331-01"), false),
            (format!("00-{TRACE}_b7ad6b7169203331-01"), false),
            (format!("00-{TRACE}"), false),
            (String::new(), false),
        ] {
            let expected = is_valid.then(|| TRACE.to_owned());
            assert_eq!(taken(&[(&TRACEPARENT, &parent)]), expected, "{parent}");
        }
    }

    #[test]
    fn bits_make_a_valid_id_of_32_digits() {
        let id = RequestId::of_bits([0xab, u64::MAX]);
        assert_eq!(id.as_str(), "00000000000000abffffffffffffffff");
        assert_eq!(RequestId::parse(id.clone().into_header()), Some(id));
    }

    #[test]
    fn what_says_an_id_does_not_stay_among_the_headers_of_a_read() {
        let mut headers = client(&[
            (&X_REQUEST_ID, "one"),
            (&X_REQUEST_ID, "two"),
            (&TRACEPARENT, "none"),
        ]);
        assert_eq!(RequestId::take(&mut headers), None);
        assert!(headers.is_empty());
    }
}
