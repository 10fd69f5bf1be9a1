//! `Retry-After` (RFC 9110, section 10.2.3).

use std::time::{Duration, SystemTime};

use http::HeaderValue;

use crate::http::date::http_date;
use crate::http::field::parse_digits;

/// The longest time that is believed. An origin is tried again earlier in any case.
const LONGEST: Duration = Duration::from_hours(1);

/// How long to wait, at most an hour: given as seconds, or as a date that is compared with `now`. `None` for anything
/// else.
#[must_use]
pub fn retry_after(value: &HeaderValue, now: SystemTime) -> Option<Duration> {
    let seconds = parse_digits(value.as_bytes().trim_ascii()).map(Duration::from_secs);
    let until = || Some(http_date(value)?.duration_since(now).unwrap_or_default());
    Some(seconds.or_else(until)?.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_number_of_seconds_or_a_date_and_never_more_than_an_hour() {
        // Sun, 06 Nov 1994 08:49:37 GMT.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999", Some(3600)),
            ("99999999999999999999999", Some(3600)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120)),
            ("Sun, 06 Nov 1994 08:49:36 GMT", Some(0)),
            ("Mon, 06 Nov 2034 08:49:37 GMT", Some(3600)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let parsed = retry_after(&HeaderValue::from_static(value), now);
            assert_eq!(parsed, seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
