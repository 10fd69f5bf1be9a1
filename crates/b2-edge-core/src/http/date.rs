//! HTTP dates (RFC 9110, section 5.6.7).

use std::time::SystemTime;

use http::HeaderValue;

/// The days of the week, as in a date.
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Parses a date in any of the three formats that a recipient must accept. `None` for anything else and for
/// dates before 1970. The day of the week may be wrong in the preferred format: it follows from the date.
#[must_use]
pub fn http_date(value: &HeaderValue) -> Option<SystemTime> {
    let text = value.to_str().ok()?.trim();
    let parse = |text: &str| httpdate::parse_http_date(text).ok();
    parse(text).or_else(|| {
        let (day, rest) = text.split_once(", ")?;
        let is_day = DAYS.contains(&day);
        let mut days = DAYS.iter().filter(|_| is_day);
        days.find_map(|day| parse(&format!("{day}, {rest}")))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(text: &[u8]) -> Option<u64> {
        let date = http_date(&HeaderValue::from_bytes(text).expect("a value"))?;
        let since_1970 = date.duration_since(SystemTime::UNIX_EPOCH);
        since_1970.ok().as_ref().map(Duration::as_secs)
    }

    /// The example of RFC 9110, section 5.6.7, in its three formats.
    #[test]
    fn a_date_is_read_in_each_of_its_forms() {
        for text in [
            &b"Sun, 06 Nov 1994 08:49:37 GMT"[..],
            b"Sunday, 06-Nov-94 08:49:37 GMT",
            b"Sun Nov  6 08:49:37 1994",
            b" Sun, 06 Nov 1994 08:49:37 GMT ",
        ] {
            assert_eq!(read(text), Some(784_111_777), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn the_day_of_the_week_follows_from_the_date() {
        assert_eq!(read(b"Mon, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(read(b"Xyz, 06 Nov 1994 08:49:37 GMT"), None);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            &b""[..],
            b"0",
            b"-1",
            b"784111777",
            b"Sun, 06 Nov 1994 08:49:37 CET",
            b"Sun, 06 Nov 1994 08:49:37",
            b"Sun, 06 Nov 1994 25:00:00 GMT",
            b"1994-11-06T08:49:37Z",
            b"Thu, 31 Dec 1969 23:59:59 GMT",
            b"Sun, 06 Nov 1994 08:49:37 GMT\xff",
        ] {
            assert_eq!(read(text), None, "{}", text.escape_ascii());
        }
    }
}
