//! Points in time as RFC 3339 writes them, in UTC.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The longest text, in bytes.
const MAX_BYTES: usize = "2026-11-21T04:53:20.250Z".len();

/// A point in time, without an allocation for its text.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp {
    text: [u8; MAX_BYTES],
    length: usize,
}

impl Timestamp {
    /// Truncated to milliseconds; zeros at the end of the fraction are left out.
    #[must_use]
    pub fn to_millisecond(time: SystemTime) -> Self {
        Self::of(OffsetDateTime::from(time).truncate_to_millisecond())
    }

    /// Truncated to seconds.
    #[must_use]
    pub fn to_second(time: SystemTime) -> Self {
        Self::of(OffsetDateTime::from(time).truncate_to_second())
    }

    fn of(time: OffsetDateTime) -> Self {
        let mut text = [0; MAX_BYTES];
        let mut unused = text.as_mut_slice();
        let written = time.format_into(&mut unused, &Rfc3339);
        // Not the count that is returned, which lacks the end of the fraction (time 0.3.55).
        let length = written.map_or(0, |_| MAX_BYTES - unused.len());
        Self { text, length }
    }

    /// The text; empty for a year that RFC 3339 cannot write.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..self.length).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_timestamp_has_the_precision_that_is_asked_for() {
        let time = datetime!(2026-11-21 04:53:20.007_9 UTC).into();
        let whole = datetime!(2026-11-21 04:53:20 UTC).into();
        for (timestamp, text) in [
            (Timestamp::to_millisecond(time), "2026-11-21T04:53:20.007Z"),
            (Timestamp::to_millisecond(whole), "2026-11-21T04:53:20Z"),
            (Timestamp::to_second(time), "2026-11-21T04:53:20Z"),
        ] {
            assert_eq!(timestamp.as_str(), text);
        }
    }
}
