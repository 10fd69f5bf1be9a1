//! Parsing that header fields share (RFC 9110, section 5.5).

use http::{HeaderMap, HeaderName, HeaderValue};

/// The value of a field that occurs exactly once. A field that must not be repeated counts as absent when it
/// is.
#[must_use]
pub fn single_value<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    lines.next().is_none().then_some(first)
}

/// Parses a decimal number: ASCII digits only, at least one. A number over 64 bits becomes [`u64::MAX`].
#[must_use]
pub fn parse_digits(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        text.iter().fold(0, |number: u64, digit| {
            number
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        })
    })
}

/// Parses a field value as a decimal number: ASCII digits only. `None` for a number over 64 bits.
#[must_use]
pub fn whole_number(value: &HeaderValue) -> Option<u64> {
    parse_digits(value.as_bytes())?;
    value.to_str().ok()?.parse().ok()
}

/// A header section of these lines, in their order; a name may be repeated.
#[cfg(test)]
pub(crate) fn header_map<V: AsRef<[u8]>>(lines: &[(&str, V)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.append(
            name,
            HeaderValue::from_bytes(value.as_ref()).expect("a value"),
        );
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_there_twice_has_no_only_line() {
        let headers = header_map(&[("age", "1"), ("date", "a"), ("date", "b")]);
        for (name, value) in [("age", Some("1")), ("date", None), ("range", None)] {
            let line = single_value(&headers, &HeaderName::from_static(name));
            assert_eq!(line.and_then(|line| line.to_str().ok()), value, "{name}");
        }
    }

    #[test]
    fn a_whole_number_is_digits_alone() {
        for (value, number) in [
            (&b"0"[..], Some(0)),
            (b"8589934592", Some(8_589_934_592)),
            (b"18446744073709551615", Some(u64::MAX)),
            (b"18446744073709551616", None),
            (b"", None),
            (b"+1", None),
            (b"-1", None),
            (b"1.5", None),
            (b"Wed, 21 Oct 2026 07:28:00 GMT", None),
            (b"1\xff", None),
        ] {
            let value = HeaderValue::from_bytes(value).expect("a value");
            assert_eq!(whole_number(&value), number, "{value:?}");
        }
    }
}
