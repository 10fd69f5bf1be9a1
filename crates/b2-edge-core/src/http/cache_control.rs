//! `Cache-Control` in a response, as far as a shared cache obeys it (RFC 9111, section 5.2.2; RFC 5861).
//! `Surrogate-Control` has the same syntax and is parsed by the same code.
//!
//! Where a value is unclear, less is cached: of two values for one directive the smaller applies, and a value
//! that is not a number counts as 0, because a response with invalid freshness information is to be treated
//! as stale (RFC 9111, section 4.2.1).

use std::time::Duration;

use http::HeaderValue;

use crate::http::field::parse_digits;

/// The cap in seconds for larger values (RFC 9111, section 1.2.2).
const MAX_DELTA_SECONDS: u64 = 1 << 31;

/// The directives of a response that a shared cache obeys.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a directive of its own, in any combination"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheControl {
    /// `no-store`.
    pub no_store: bool,
    /// `no-cache`. With field names it counts as without.
    pub no_cache: bool,
    /// `private`. With field names it counts as without.
    pub private: bool,
    /// `must-revalidate` or `proxy-revalidate`: equivalent for a shared cache.
    pub must_revalidate: bool,
    /// `max-age`.
    pub max_age: Option<Duration>,
    /// `s-maxage`.
    pub s_maxage: Option<Duration>,
    /// `stale-while-revalidate` (RFC 5861, section 3).
    pub stale_while_revalidate: Option<Duration>,
    /// `stale-if-error` (RFC 5861, section 4).
    pub stale_if_error: Option<Duration>,
}

impl CacheControl {
    /// Parses all lines of the field as one list. Unknown directives are ignored.
    #[must_use]
    pub fn parse<'v>(values: impl IntoIterator<Item = &'v HeaderValue>) -> Self {
        let mut directives = Self::default();
        for value in values {
            let mut rest = value.as_bytes();
            while !rest.is_empty() {
                let (member, after) = split_member(rest);
                directives.apply(member);
                rest = after;
            }
        }
        directives
    }

    fn apply(&mut self, directive: &[u8]) {
        let mut parts = directive.splitn(2, |&byte| byte == b'=');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let argument = parts.next().map(<[u8]>::trim_ascii);
        match name.to_ascii_lowercase().as_slice() {
            b"no-store" => self.no_store = true,
            b"no-cache" => self.no_cache = true,
            b"private" => self.private = true,
            b"must-revalidate" | b"proxy-revalidate" => self.must_revalidate = true,
            b"max-age" => set_smaller(&mut self.max_age, argument),
            b"s-maxage" => set_smaller(&mut self.s_maxage, argument),
            b"stale-while-revalidate" => set_smaller(&mut self.stale_while_revalidate, argument),
            b"stale-if-error" => set_smaller(&mut self.stale_if_error, argument),
            _ => {}
        }
    }
}

/// Splits a list at its first comma outside quotes: the first member and the rest. An unterminated quote is
/// an ordinary character, so that it cannot hide a `no-store` that follows.
fn split_member(list: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(&byte) = list.get(at) {
        match byte {
            b',' => {
                let (member, rest) = list.split_at(at);
                return (member, rest.get(1..).unwrap_or_default());
            }
            b'"' => at += quoted_length(list.get(at..).unwrap_or_default()).unwrap_or(1),
            _ => at += 1,
        }
    }
    (list, &[])
}

/// The length in bytes of the quoted string at the start of `text`, both quotes included (RFC 9110, section
/// 5.6.4); `None` if it is not terminated.
fn quoted_length(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let closing = text.iter().skip(1).position(|&byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })?;
    Some(closing + 2)
}

fn set_smaller(lowest: &mut Option<Duration>, argument: Option<&[u8]>) {
    // Senders must not quote the number, but recipients ought to accept it quoted (RFC 9111, section 5.2).
    let number = argument.map(|text| {
        text.strip_prefix(b"\"")
            .and_then(|text| text.strip_suffix(b"\""))
            .unwrap_or(text)
    });
    let seconds = number.and_then(delta_seconds).unwrap_or_default();
    *lowest = Some(lowest.map_or(seconds, |lowest| lowest.min(seconds)));
}

/// Parses a number of seconds: decimal digits only, capped at 2^31 (RFC 9111, section 1.2.2). The cap also
/// keeps sums of such durations from overflowing.
pub(crate) fn delta_seconds(text: &[u8]) -> Option<Duration> {
    parse_digits(text).map(|seconds| Duration::from_secs(seconds.min(MAX_DELTA_SECONDS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> CacheControl {
        let values: Vec<HeaderValue> = lines
            .iter()
            .map(|line| HeaderValue::from_bytes(line.as_bytes()).expect(line))
            .collect();
        CacheControl::parse(&values)
    }

    const fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    const NONE: CacheControl = CacheControl {
        no_store: false,
        no_cache: false,
        private: false,
        must_revalidate: false,
        max_age: None,
        s_maxage: None,
        stale_while_revalidate: None,
        stale_if_error: None,
    };

    #[test]
    fn each_directive_is_read_in_any_case() {
        for (line, expected) in [
            (
                "no-store",
                CacheControl {
                    no_store: true,
                    ..NONE
                },
            ),
            (
                "No-Store",
                CacheControl {
                    no_store: true,
                    ..NONE
                },
            ),
            (
                "NO-CACHE",
                CacheControl {
                    no_cache: true,
                    ..NONE
                },
            ),
            (
                "private",
                CacheControl {
                    private: true,
                    ..NONE
                },
            ),
            (
                "must-revalidate",
                CacheControl {
                    must_revalidate: true,
                    ..NONE
                },
            ),
            (
                "Proxy-Revalidate",
                CacheControl {
                    must_revalidate: true,
                    ..NONE
                },
            ),
            (
                "max-age=60",
                CacheControl {
                    max_age: Some(seconds(60)),
                    ..NONE
                },
            ),
            (
                "S-MaxAge=60",
                CacheControl {
                    s_maxage: Some(seconds(60)),
                    ..NONE
                },
            ),
            (
                "stale-while-revalidate=60",
                CacheControl {
                    stale_while_revalidate: Some(seconds(60)),
                    ..NONE
                },
            ),
            (
                "stale-if-error=60",
                CacheControl {
                    stale_if_error: Some(seconds(60)),
                    ..NONE
                },
            ),
            ("", NONE),
            (", ,", NONE),
            ("public, immutable, no-transform, only-if-cached", NONE),
            ("no-stored, xno-store, max-ages=1", NONE),
        ] {
            assert_eq!(parse(&[line]), expected, "{line}");
        }
    }

    #[test]
    fn several_directives_and_lines_are_one_list() {
        let all = CacheControl {
            no_store: false,
            no_cache: true,
            private: false,
            must_revalidate: true,
            max_age: Some(seconds(1)),
            s_maxage: Some(seconds(2)),
            stale_while_revalidate: Some(seconds(3)),
            stale_if_error: Some(seconds(4)),
        };
        for lines in [
            &[
                "no-cache,must-revalidate,max-age=1,s-maxage=2,stale-while-revalidate=3,stale-if-error=4",
            ][..],
            &[
                " no-cache ,\tmust-revalidate ,, max-age=1",
                "s-maxage=2, stale-while-revalidate=3",
                "stale-if-error=4",
            ],
        ] {
            assert_eq!(parse(lines), all, "{lines:?}");
        }
    }

    #[test]
    fn of_two_numbers_the_smaller_counts() {
        for lines in [
            &["max-age=60, max-age=5"][..],
            &["max-age=5", "max-age=60"],
            &["max-age=5, MAX-AGE=9"],
        ] {
            assert_eq!(parse(lines).max_age, Some(seconds(5)), "{lines:?}");
        }
        assert_eq!(parse(&["max-age=9, max-age=x"]).max_age, Some(seconds(0)));
    }

    /// RFC 9111, sections 1.2.2 and 4.2.1.
    #[test]
    fn what_is_no_number_is_zero_and_what_is_too_large_is_the_largest() {
        for (line, number) in [
            ("max-age", 0),
            ("max-age=", 0),
            ("max-age=-1", 0),
            ("max-age=+1", 0),
            ("max-age=1.5", 0),
            ("max-age=1e3", 0),
            ("max-age=ten", 0),
            ("max-age=60;x", 0),
            ("max-age=\"60", 0),
            ("max-age=00060", 60),
            ("max-age=\"60\"", 60),
            ("max-age = 60", 60),
            ("max-age=2147483648", 2_147_483_648),
            ("max-age=2147483649", 2_147_483_648),
            ("max-age=99999999999999999999999999", 2_147_483_648),
        ] {
            assert_eq!(parse(&[line]).max_age, Some(seconds(number)), "{line}");
        }
    }

    /// RFC 9110, section 5.6.4; RFC 9111, sections 5.2.2.4 and 5.2.2.7.
    #[test]
    fn a_comma_within_quotes_separates_nothing() {
        for (line, expected) in [
            (
                r#"no-cache="set-cookie, x""#,
                CacheControl {
                    no_cache: true,
                    ..NONE
                },
            ),
            (
                r#"private="x", no-cache"#,
                CacheControl {
                    private: true,
                    no_cache: true,
                    ..NONE
                },
            ),
            (r#"ext="no-store, private""#, NONE),
            (
                r#"ext="a\", no-store", max-age=7"#,
                CacheControl {
                    max_age: Some(seconds(7)),
                    ..NONE
                },
            ),
            (
                r#"ext="a\\", no-store, x="y""#,
                CacheControl {
                    no_store: true,
                    ..NONE
                },
            ),
            (
                r#"ext="open, no-store"#,
                CacheControl {
                    no_store: true,
                    ..NONE
                },
            ),
            (r#""no-store""#, NONE),
        ] {
            assert_eq!(parse(&[line]), expected, "{line}");
        }
    }

    #[test]
    fn bytes_that_are_not_ascii_hide_nothing() {
        let value = HeaderValue::from_bytes(b"\xff, no-store, max-age=\xe4").expect("a value");
        let expected = CacheControl {
            no_store: true,
            max_age: Some(seconds(0)),
            ..NONE
        };
        assert_eq!(CacheControl::parse([&value]), expected);
    }

    /// Whatever precedes or follows it, a directive is obeyed: more text only restricts caching.
    #[test]
    fn no_other_directive_loosens_what_one_says() {
        const LIKELY: &[&str] = &[
            "max-age",
            "s-maxage",
            "no-store",
            "private",
            "stale-if-error",
            "=",
            ",",
            "\"",
            "\\",
            "0",
            "7",
            "99999999999",
            " ",
            "\t",
            "ü",
            ";",
        ];
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..50_000 {
            let any: String = (0..random.usize(0..10))
                .map(|_| LIKELY[random.usize(0..LIKELY.len())])
                .collect();
            let directives = parse(&[&any, "no-store, max-age=5"]);
            assert!(directives.no_store, "{any}");
            assert!(directives.max_age <= Some(seconds(5)), "{any}");
        }
    }
}
