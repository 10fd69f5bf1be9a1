//! Byte ranges: `Range` and `Content-Range` (RFC 9110, section 14).
//!
//! A `Range` with several ranges, or with anything but bytes, is ignored, which a server may always do: the
//! response is the whole object (section 14.2).

use http::header::RANGE;
use http::{HeaderMap, HeaderValue};

use crate::http::field::{parse_digits, single_value};

/// A single byte range of a `Range` field (RFC 9110, section 14.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `bytes=first-` or `bytes=first-last`, both inclusive.
    From {
        /// The offset of the first byte.
        first: u64,
        /// The offset of the last byte; `None` for the end of the object.
        last: Option<u64>,
    },
    /// `bytes=-length`: the last bytes of the object.
    Suffix {
        /// How many bytes.
        length: u64,
    },
}

impl ByteRange {
    /// Parses a `Range` with a single byte range; `None` for any other. Numbers over 64 bits become
    /// [`u64::MAX`].
    #[must_use]
    pub fn parse(range: &HeaderValue) -> Option<Self> {
        let (unit, range) = range.to_str().ok()?.split_once('=')?;
        let (first, last) = range.trim().split_once('-')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        match (first, last) {
            ("", length) => Some(Self::Suffix {
                length: parse_digits(length.as_bytes())?,
            }),
            (first, "") => Some(Self::From {
                first: parse_digits(first.as_bytes())?,
                last: None,
            }),
            (first, last) => {
                let (first, last) = (
                    parse_digits(first.as_bytes())?,
                    parse_digits(last.as_bytes())?,
                );
                (first <= last).then_some(Self::From {
                    first,
                    last: Some(last),
                })
            }
        }
    }

    /// The range that a request asks for; `None` if it has no `Range`, several, or one that [`Self::parse`]
    /// ignores.
    #[must_use]
    pub fn requested(headers: &HeaderMap) -> Option<Self> {
        single_value(headers, &RANGE).and_then(Self::parse)
    }

    /// Whether a 206 with this `Content-Range` carries exactly this range.
    ///
    /// An error document sent as 206 describes its own length, and so another range.
    #[must_use]
    pub fn matches(self, content_range: &HeaderValue) -> bool {
        parse_content_range(content_range)
            .is_some_and(|(part, complete_length)| self.resolve(complete_length) == Some(part))
    }

    /// The bytes that this range selects of an object of `complete_length` bytes; `None` if it is not
    /// satisfiable: 416 (RFC 9110, section 14.1.2).
    #[must_use]
    pub fn resolve(self, complete_length: u64) -> Option<Span> {
        let end = complete_length.checked_sub(1)?;
        match self {
            Self::From { first, last } => (first <= end).then(|| Span {
                first,
                last: last.map_or(end, |last| last.min(end)),
            }),
            Self::Suffix { length } => (length > 0).then(|| Span {
                first: complete_length.saturating_sub(length),
                last: end,
            }),
        }
    }
}

/// A contiguous, non-empty part of an object, both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The offset of the first byte.
    pub first: u64,
    /// The offset of the last byte, at least `first`.
    pub last: u64,
}

impl Span {
    /// The length in bytes; [`u64::MAX`] also for a span of 2^64 bytes.
    #[must_use]
    pub const fn length(self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// Splits off the last `bytes` bytes (at least one): what precedes them, and they themselves. The first
    /// half is `None` if the span is no longer than `bytes`.
    #[must_use]
    pub fn split_before_last(self, bytes: u64) -> (Option<Self>, Option<Self>) {
        let second = self.last - (bytes.max(1) - 1).min(self.last);
        if second <= self.first {
            return (None, Some(self));
        }
        let front = Self {
            first: self.first,
            last: second - 1,
        };
        let tail = Self {
            first: second,
            last: self.last,
        };
        (Some(front), Some(tail))
    }

    /// The `Content-Range` of this span in an object of `complete_length` bytes (RFC 9110, section 14.4).
    #[must_use]
    pub fn content_range(self, complete_length: u64) -> String {
        format!("bytes {}-{}/{complete_length}", self.first, self.last)
    }
}

/// The `Content-Range` of a 416 for an object of `complete_length` bytes (RFC 9110, section 15.5.17).
#[must_use]
pub fn unsatisfied_range(complete_length: u64) -> String {
    format!("bytes */{complete_length}")
}

/// Parses a `Content-Range` with a known complete length (RFC 9110, section 14.4): the span and that length
/// in bytes. `None` for any other, and for a span outside its object.
#[must_use]
pub fn parse_content_range(value: &HeaderValue) -> Option<(Span, u64)> {
    let (range, length) = value
        .to_str()
        .ok()?
        .strip_prefix("bytes ")?
        .split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let span = Span {
        first: parse_digits(first.as_bytes())?,
        last: parse_digits(last.as_bytes())?,
    };
    let complete_length = parse_digits(length.as_bytes())?;
    (span.first <= span.last && span.last < complete_length).then_some((span, complete_length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Option<ByteRange> {
        ByteRange::parse(&HeaderValue::from_str(text).expect("a value"))
    }

    #[test]
    fn a_single_byte_range_is_read() {
        for (text, first, last) in [
            ("bytes=0-0", 0, Some(0)),
            ("bytes=2-9", 2, Some(9)),
            ("bytes=7-", 7, None),
            ("Bytes= 7-", 7, None),
            ("bytes=99999999999999999999-", u64::MAX, None),
        ] {
            assert_eq!(range(text), Some(ByteRange::From { first, last }), "{text}");
        }
        assert_eq!(range("bytes=-5"), Some(ByteRange::Suffix { length: 5 }));
    }

    #[test]
    fn any_other_range_is_ignored() {
        for text in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-2",
            "bytes=0-1,4-5",
            "bytes=+1-2",
            "bytes=1--2",
            "lines=1-2",
            "bytes 0-1/2",
            "bytes=0x1-2",
        ] {
            assert_eq!(range(text), None, "{text}");
        }
        let bytes = HeaderValue::from_bytes(b"bytes=0-\xff").expect("a value");
        assert_eq!(ByteRange::parse(&bytes), None);
    }

    #[test]
    fn a_part_answers_the_range_that_it_is() {
        for (requested, part) in [
            ("bytes=0-0", "bytes 0-0/10"),
            ("bytes=2-4", "bytes 2-4/10"),
            ("bytes=8-99", "bytes 8-9/10"),
            ("bytes=7-", "bytes 7-9/10"),
            ("bytes=-3", "bytes 7-9/10"),
            ("bytes=-99", "bytes 0-9/10"),
        ] {
            let part = HeaderValue::from_str(part).expect("a value");
            assert!(
                range(requested).expect(requested).matches(&part),
                "{requested} by {part:?}"
            );
        }
    }

    #[test]
    fn a_part_does_not_answer_another_range() {
        for (requested, part) in [
            ("bytes=10-19", "bytes 0-151/152"),
            ("bytes=0-99", "bytes 0-50/249"),
            ("bytes=2-4", "bytes 2-5/10"),
            ("bytes=2-4", "bytes 1-4/10"),
            ("bytes=7-", "bytes 7-8/10"),
            ("bytes=-3", "bytes 6-8/10"),
            ("bytes=0-0", "bytes 0-0/0"),
            ("bytes=0-1", "bytes 0-1/*"),
            ("bytes=0-1", "bytes */10"),
            ("bytes=0-1", "bytes 1-0/10"),
            ("bytes=0-1", "0-1/10"),
            ("bytes=0-1", ""),
        ] {
            let part = HeaderValue::from_str(part).expect("a value");
            assert!(
                !range(requested).expect(requested).matches(&part),
                "{requested} by {part:?}"
            );
        }
    }

    #[test]
    fn only_a_request_with_one_range_asks_for_one() {
        for (lines, expected) in [
            (&[][..], None),
            (&["bytes=2-9"], range("bytes=2-9")),
            (&["bytes=2-9", "bytes=2-9"], None),
            (&["bytes=0-1,4-5"], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(RANGE, HeaderValue::from_static(line));
            }
            assert_eq!(ByteRange::requested(&headers), expected, "{lines:?}");
        }
    }

    /// RFC 9110, section 14.1.2.
    #[test]
    fn a_range_means_the_bytes_that_there_are() {
        for (text, length, expected) in [
            ("bytes=0-0", 10, Some((0, 0))),
            ("bytes=2-4", 10, Some((2, 4))),
            ("bytes=8-99", 10, Some((8, 9))),
            ("bytes=9-", 10, Some((9, 9))),
            ("bytes=10-", 10, None),
            ("bytes=10-12", 10, None),
            ("bytes=-3", 10, Some((7, 9))),
            ("bytes=-10", 10, Some((0, 9))),
            ("bytes=-99", 10, Some((0, 9))),
            ("bytes=-0", 10, None),
            ("bytes=0-", 0, None),
            ("bytes=-5", 0, None),
            ("bytes=0-", u64::MAX, Some((0, u64::MAX - 1))),
            ("bytes=18446744073709551615-", u64::MAX, None),
        ] {
            let expected = expected.map(|(first, last)| Span { first, last });
            let found = range(text).expect(text).resolve(length);
            assert_eq!(found, expected, "{text} of {length}");
        }
    }

    #[test]
    fn a_part_is_described_as_it_is_read() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..10_000 {
            let bits = random.u32(0..64);
            let length = random.u64(1..=u64::MAX >> bits);
            let first = random.u64(0..length);
            let last = random.u64(first..length);
            let span = Span { first, last };
            let text = span.content_range(length);
            let value = HeaderValue::from_str(&text).expect("a value");
            assert_eq!(parse_content_range(&value), Some((span, length)), "{text}");
            assert_eq!(span.length(), last - first + 1, "{text}");
            for requested in [
                ByteRange::From {
                    first,
                    last: Some(last),
                },
                ByteRange::From { first, last: None },
                ByteRange::Suffix {
                    length: length - first,
                },
            ] {
                let part = requested.resolve(length).expect("it lies in the object");
                let value = part.content_range(length).parse().expect("a value");
                assert!(requested.matches(&value), "{requested:?} of {length}");
            }
        }
    }

    #[test]
    fn a_range_that_cannot_be_answered_gives_the_length() {
        assert_eq!(unsatisfied_range(0), "bytes */0");
        assert_eq!(unsatisfied_range(u64::MAX), "bytes */18446744073709551615");
        let all = Span {
            first: 0,
            last: u64::MAX,
        };
        assert_eq!(all.length(), u64::MAX);
    }

    #[test]
    fn a_part_is_split_before_its_last_bytes() {
        let span = |first, last| Some(Span { first, last });
        for (first, last, bytes, parts) in [
            (0, 99, 10, (span(0, 89), span(90, 99))),
            (50, 99, 10, (span(50, 89), span(90, 99))),
            (90, 99, 10, (None, span(90, 99))),
            (95, 99, 10, (None, span(95, 99))),
            (0, 99, 0, (span(0, 98), span(99, 99))),
            (0, 99, u64::MAX, (None, span(0, 99))),
        ] {
            let part = Span { first, last };
            assert_eq!(part.split_before_last(bytes), parts, "{part:?}, {bytes}");
        }
    }
}
