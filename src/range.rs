//! Byte ranges: what a client asks for, and whether a part is what it asked for.
//!
//! A `Range` of several ranges, or one that is no byte range, is ignored, which is always allowed: the
//! answer is the whole object (RFC 9110, section 14.2).

use http::HeaderValue;

/// One range of a `Range` field (RFC 9110, section 14.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `bytes=first-` or `bytes=first-last`, both ends included.
    From {
        /// The offset of the first byte.
        first: u64,
        /// The offset of the last byte; `None` for the end of the object.
        last: Option<u64>,
    },
    /// `bytes=-length`: the last bytes of the object.
    Suffix {
        /// How many.
        length: u64,
    },
}

impl ByteRange {
    /// Reads a `Range` with one byte range; `None` for any other. A number that is too large for any
    /// object is the largest there is.
    #[must_use]
    pub fn parse(range: &HeaderValue) -> Option<Self> {
        let (unit, range) = range.to_str().ok()?.split_once('=')?;
        let (first, last) = range.trim().split_once('-')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        match (first, last) {
            ("", length) => Some(Self::Suffix {
                length: number(length)?,
            }),
            (first, "") => Some(Self::From {
                first: number(first)?,
                last: None,
            }),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From {
                    first,
                    last: Some(last),
                })
            }
        }
    }

    /// Whether a part with this `Content-Range` is exactly what was asked for.
    ///
    /// An error document under a 206 describes itself, and so another range.
    #[must_use]
    pub fn is_answered_by(self, content_range: &HeaderValue) -> bool {
        let Some(part) = Part::parse(content_range) else {
            return false;
        };
        let end = part.complete_length - 1;
        match self {
            Self::From { first, last } => {
                part.first == first && part.last == last.map_or(end, |last| last.min(end))
            }
            Self::Suffix { length } => {
                part.first == part.complete_length.saturating_sub(length) && part.last == end
            }
        }
    }
}

/// A `Content-Range` of a part whose object's length is known (RFC 9110, section 14.4).
struct Part {
    first: u64,
    last: u64,
    complete_length: u64,
}

impl Part {
    fn parse(content_range: &HeaderValue) -> Option<Self> {
        let (range, length) = content_range
            .to_str()
            .ok()?
            .strip_prefix("bytes ")?
            .split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let part = Self {
            first: number(first)?,
            last: number(last)?,
            complete_length: number(length)?,
        };
        (part.first <= part.last && part.last < part.complete_length).then_some(part)
    }
}

/// Digits as a number, [`u64::MAX`] when it is larger than that.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
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
        for (asked, part) in [
            ("bytes=0-0", "bytes 0-0/10"),
            ("bytes=2-4", "bytes 2-4/10"),
            ("bytes=8-99", "bytes 8-9/10"),
            ("bytes=7-", "bytes 7-9/10"),
            ("bytes=-3", "bytes 7-9/10"),
            ("bytes=-99", "bytes 0-9/10"),
        ] {
            let part = HeaderValue::from_str(part).expect("a value");
            assert!(
                range(asked).expect(asked).is_answered_by(&part),
                "{asked} by {part:?}"
            );
        }
    }

    #[test]
    fn a_part_does_not_answer_another_range() {
        for (asked, part) in [
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
                !range(asked).expect(asked).is_answered_by(&part),
                "{asked} by {part:?}"
            );
        }
    }
}
