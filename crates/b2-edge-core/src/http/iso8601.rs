//! Points in time in ISO 8601, in UTC and whole seconds: the basic form, `20130524T000000Z`, which AWS signs, and the
//! extended one, `2013-05-24T00:00:00Z`, which is RFC 3339's too.

use std::time::SystemTime;

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// Parses the basic form; `None` for another one, and for a year before 1970.
#[must_use]
pub fn parse_basic(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let is_all_digits = date.bytes().chain(time.bytes()).all(|b| b.is_ascii_digit());
    if date.len() != 8 || time.len() != 6 || !is_all_digits {
        return None;
    }
    let number = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
    let year = date.get(..4)?.parse().ok()?;
    let month = Month::try_from(number(date, 4, 6)?).ok()?;
    let date = Date::from_calendar_date(year, month, number(date, 6, 8)?).ok()?;
    let time = Time::from_hms(
        number(time, 0, 2)?,
        number(time, 2, 4)?,
        number(time, 4, 6)?,
    );
    let time = PrimitiveDateTime::new(date, time.ok()?).assume_utc();
    (time.year() >= 1970).then(|| time.into())
}

/// Parses the extended form.
#[must_use]
pub fn parse_extended(text: &str) -> Option<SystemTime> {
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let bytes = text.as_bytes();
    let has_marks = marks.iter().all(|(at, mark)| bytes.get(*at) == Some(mark));
    let is_long_enough = bytes.len() == "2013-05-24T00:00:00Z".len();
    (has_marks && is_long_enough).then(|| parse_basic(&text.replace(['-', ':'], "")))?
}

/// Writes the extended form; empty for a year that it cannot write.
#[must_use]
pub fn to_extended(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time).truncate_to_second();
    time.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn both_forms_are_the_same_time() {
        let time = Some(datetime!(2024-02-29 23:59:58 UTC).into());
        assert_eq!(parse_basic("20240229T235958Z"), time);
        assert_eq!(parse_extended("2024-02-29T23:59:58Z"), time);
        assert_eq!(
            time.map(to_extended).as_deref(),
            Some("2024-02-29T23:59:58Z")
        );
    }

    #[test]
    fn other_forms_are_no_time() {
        for text in [
            "",
            "20230229T000000Z",
            "20240101T240000Z",
            "20240101T000000",
            "20240101 000000Z",
            "2024010+T000000Z",
            "19691231T000000Z",
            "2024-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_basic(text), None, "{text}");
        }
        for text in [
            "",
            "20240101T000000Z",
            "2024-01-01",
            "2024-01-01T00:00:00+01:00",
            "2024-01-01T00:00:00.5Z",
            "2024:01:01T00-00-00Z",
            "2024-13-01T00:00:00Z",
        ] {
            assert_eq!(parse_extended(text), None, "{text}");
        }
    }
}
