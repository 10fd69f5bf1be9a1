//! Cacheability and TTL of an origin's response (RFC 9111, sections 3, 4.2 and 4.2.4; RFC 5861).
//!
//! Section 3.5, on requests with `Authorization`, does not apply: the signature is the application's own and
//! the same for every client. `Vary` is ignored: no header by which an object could vary is passed to an
//! origin.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES};
use serde::{Deserialize, Serialize};

use crate::cache::settings::CacheSettings;
use crate::http::cache_control::{CacheControl, delta_seconds};
use crate::http::date::http_date;
use crate::http::field::single_value;
use crate::origins::headers::{SURROGATE_CONTROL, SURROGATE_CONTROL_METADATA};

use crate::cache::lifetime::Lifetime;
/// Whether a response may be cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cacheability {
    /// Cache it with this lifetime.
    Cacheable(Lifetime),
    /// Do not cache it.
    Uncacheable(UncacheableReason),
}

/// Why a response is not cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UncacheableReason {
    /// `no-store`.
    NoStore,
    /// `private`.
    Private,
    /// `no-cache`. It would need revalidation for every request.
    NoCache,
    /// The TTL is zero, by its headers or by configuration.
    NotFresh,
    /// It does not tell the length of the object.
    NoLength,
    /// It is larger than a segment and cannot be fetched in segments: it has no strong `ETag`, or its origin
    /// ignores `Range`.
    NotSegmentable,
    /// The object changed between two requests for it.
    Changed,
    /// The cache failed, or another request held the obligation too long.
    CacheUnavailable,
}

impl UncacheableReason {
    /// The label of log field `cache_reason`.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoStore => "no_store",
            Self::Private => "private",
            Self::NoCache => "no_cache",
            Self::NotFresh => "not_fresh",
            Self::NoLength => "no_length",
            Self::NotSegmentable => "not_segmentable",
            Self::Changed => "changed",
            Self::CacheUnavailable => "cache_unavailable",
        }
    }
}

/// The cacheability of an object, given the headers of an origin's response at `now`.
///
/// The directives are those of `Surrogate-Control` if it sets a TTL or forbids caching; it is for this cache
/// alone, and `Cache-Control` and `Expires` are then left to downstream caches, as with any targeted field
/// (RFC 9213, section 2.1). Otherwise they are those of `Cache-Control`. The TTL is the first of `s-maxage`,
/// `max-age`, `Expires` and the settings (RFC 9111, section 4.2.1; the settings are the heuristic of section
/// 4.2.2). Settings that override the object come before all of it.
#[must_use]
pub fn object_cacheability(
    headers: &HeaderMap,
    now: SystemTime,
    settings: &CacheSettings,
) -> Cacheability {
    if settings.overrides_object {
        return cacheability(
            settings.ttl,
            settings.stale_while_revalidate,
            settings.stale_if_error,
        );
    }
    let surrogate = surrogate_control(headers);
    let directives = if decides_caching(&surrogate) {
        surrogate
    } else {
        let general = CacheControl::parse(headers.get_all(CACHE_CONTROL));
        CacheControl {
            stale_while_revalidate: surrogate
                .stale_while_revalidate
                .or(general.stale_while_revalidate),
            stale_if_error: surrogate.stale_if_error.or(general.stale_if_error),
            must_revalidate: surrogate.must_revalidate || general.must_revalidate,
            ..general
        }
    };
    if directives.no_store {
        return Cacheability::Uncacheable(UncacheableReason::NoStore);
    }
    if directives.private {
        return Cacheability::Uncacheable(UncacheableReason::Private);
    }
    if directives.no_cache {
        return Cacheability::Uncacheable(UncacheableReason::NoCache);
    }
    let fresh = directives
        .s_maxage
        .or(directives.max_age)
        .or_else(|| ttl_by_expires(headers, now))
        .unwrap_or(settings.ttl);
    // `must-revalidate` forbids serving stale (section 5.2.2.2). So does `s-maxage` (section 5.2.2.10), but
    // the operator has configured stale serving, and no CDN reads `s-maxage` that way.
    let window = |explicit: Option<Duration>, default: Duration| {
        if directives.must_revalidate {
            Duration::ZERO
        } else {
            explicit.unwrap_or(default)
        }
    };
    cacheability(
        fresh,
        window(
            directives.stale_while_revalidate,
            settings.stale_while_revalidate,
        ),
        window(directives.stale_if_error, settings.stale_if_error),
    )
}

/// The cacheability of a not-found. It is never served stale, because that would hide an object uploaded
/// since.
#[must_use]
pub fn not_found_cacheability(settings: &CacheSettings) -> Cacheability {
    cacheability(settings.not_found_ttl, Duration::ZERO, Duration::ZERO)
}

/// The age of a response when it arrived: the first member of `Age`, at most 2^31 seconds; zero if it is
/// absent or invalid (RFC 9111, sections 4.2.3 and 5.1).
#[must_use]
pub fn initial_age(headers: &HeaderMap) -> Duration {
    headers
        .get(AGE)
        .and_then(|value| value.as_bytes().split(|&byte| byte == b',').next())
        .and_then(|first| delta_seconds(first.trim_ascii()))
        .unwrap_or_default()
}

fn cacheability(
    fresh: Duration,
    stale_while_revalidate: Duration,
    stale_if_error: Duration,
) -> Cacheability {
    let lifetime = Lifetime {
        fresh_s: fresh.as_secs(),
        stale_while_revalidate_s: stale_while_revalidate.as_secs(),
        stale_if_error_s: stale_if_error.as_secs(),
    };
    if lifetime.fresh_s == 0 {
        Cacheability::Uncacheable(UncacheableReason::NotFresh)
    } else {
        Cacheability::Cacheable(lifetime)
    }
}

fn surrogate_control(headers: &HeaderMap) -> CacheControl {
    let name = if headers.contains_key(SURROGATE_CONTROL) {
        SURROGATE_CONTROL
    } else {
        SURROGATE_CONTROL_METADATA
    };
    CacheControl::parse(headers.get_all(name))
}

const fn decides_caching(directives: &CacheControl) -> bool {
    directives.no_store
        || directives.private
        || directives.no_cache
        || directives.s_maxage.is_some()
        || directives.max_age.is_some()
}

/// The TTL by `Expires`; `None` without it. If it is repeated or not a date, such as `0`, it is in the past:
/// zero (RFC 9111, sections 4.2.1 and 5.3).
fn ttl_by_expires(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if !headers.contains_key(EXPIRES) {
        return None;
    }
    let sent = single_value(headers, &DATE)
        .and_then(http_date)
        .unwrap_or(now);
    let expiry = single_value(headers, &EXPIRES).and_then(http_date);
    let left = expiry.and_then(|expiry| expiry.duration_since(sent).ok());
    Some(left.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::header_map;

    /// Wed, 21 Oct 2015 07:28:00 GMT.
    const NOW: u64 = 1_445_412_480;

    fn decide(lines: &[(&'static str, &str)]) -> Cacheability {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        object_cacheability(&header_map(lines), now, &CacheSettings::default())
    }

    /// A TTL, with the stale windows of the default settings.
    const fn stored(fresh_s: u64) -> Cacheability {
        stored_with(fresh_s, 60, 86_400)
    }

    const fn stored_with(fresh_s: u64, while_s: u64, error_s: u64) -> Cacheability {
        Cacheability::Cacheable(Lifetime {
            fresh_s,
            stale_while_revalidate_s: while_s,
            stale_if_error_s: error_s,
        })
    }

    const CC: &str = "cache-control";
    const SC: &str = "surrogate-control";
    const META: &str = "x-amz-meta-surrogate-control";

    /// RFC 9111, sections 4.2.1, 5.2.2 and 5.3; RFC 9213, section 2.1.
    #[test]
    fn the_first_field_that_says_a_lifetime_decides() {
        const LATER: (&str, &str) = ("expires", "Wed, 21 Oct 2015 07:29:40 GMT");
        for (lines, expected) in [
            (&[][..], stored(3600)),
            (&[(CC, "public")], stored(3600)),
            (&[(CC, "max-age=5")], stored(5)),
            (&[(CC, "max-age=5, s-maxage=7")], stored(7)),
            (&[(CC, "max-age=0, s-maxage=7")], stored(7)),
            (&[LATER], stored(100)),
            (&[LATER, (CC, "public")], stored(100)),
            (&[LATER, (CC, "max-age=5")], stored(5)),
            (
                &[LATER, ("date", "Wed, 21 Oct 2015 07:29:00 GMT")],
                stored(40),
            ),
            (&[LATER, ("date", "yesterday")], stored(100)),
            (
                &[("expires", "Wednesday, 21-Oct-15 07:28:01 GMT")],
                stored(1),
            ),
            (&[(SC, "max-age=9"), LATER, (CC, "max-age=5")], stored(9)),
            (&[(META, "max-age=9"), (CC, "max-age=5")], stored(9)),
            (&[(SC, "max-age=9"), (META, "max-age=5")], stored(9)),
            (
                &[(SC, "max-age=9"), (CC, "no-store, private, no-cache")],
                stored(9),
            ),
            (&[(SC, "content=\"ESI/1.0\""), (CC, "max-age=5")], stored(5)),
        ] {
            assert_eq!(decide(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn what_must_not_be_reused_is_not_stored() {
        for (lines, reason) in [
            (&[(CC, "no-store")][..], UncacheableReason::NoStore),
            (&[(CC, "private, max-age=5")], UncacheableReason::Private),
            (&[(CC, "no-cache, s-maxage=5")], UncacheableReason::NoCache),
            (&[(CC, "no-cache=\"x-a, x-b\"")], UncacheableReason::NoCache),
            (
                &[(CC, "max-age=5"), (CC, "private, no-store")],
                UncacheableReason::NoStore,
            ),
            (
                &[(SC, "no-store"), (CC, "max-age=5")],
                UncacheableReason::NoStore,
            ),
            (&[(META, "no-store, max-age=9")], UncacheableReason::NoStore),
            (
                &[(SC, "max-age=0"), (CC, "max-age=5")],
                UncacheableReason::NotFresh,
            ),
            (&[(CC, "max-age=0")], UncacheableReason::NotFresh),
            (&[(CC, "max-age=soon")], UncacheableReason::NotFresh),
            (
                &[(CC, "max-age=5, s-maxage=0")],
                UncacheableReason::NotFresh,
            ),
            (&[("expires", "0")], UncacheableReason::NotFresh),
            (
                &[("expires", "Wed, 21 Oct 2015 07:28:00 GMT")],
                UncacheableReason::NotFresh,
            ),
            (
                &[("expires", "Wed, 21 Oct 2014 07:28:00 GMT")],
                UncacheableReason::NotFresh,
            ),
            (
                &[
                    ("expires", "Wed, 21 Oct 2020 07:28:00 GMT"),
                    ("expires", "Wed, 21 Oct 2020 07:28:00 GMT"),
                ],
                UncacheableReason::NotFresh,
            ),
        ] {
            assert_eq!(
                decide(lines),
                Cacheability::Uncacheable(reason),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn settings_that_override_an_object_come_before_all_it_says() {
        let settings = CacheSettings {
            overrides_object: true,
            ..CacheSettings::default()
        };
        // What B2 sends for the buckets that were made before 8 September 2021.
        let headers = header_map(&[(CC, "max-age=0, no-cache, no-store"), (SC, "private")]);
        let decided = object_cacheability(&headers, SystemTime::UNIX_EPOCH, &settings);
        assert_eq!(decided, stored(3600));
    }

    /// RFC 5861, sections 3 and 4; RFC 9111, section 5.2.2.2.
    #[test]
    fn an_object_may_say_for_how_long_it_is_served_stale() {
        for (lines, expected) in [
            (
                &[(CC, "max-age=5, stale-while-revalidate=1")][..],
                stored_with(5, 1, 86_400),
            ),
            (
                &[(CC, "max-age=5, stale-if-error=2")],
                stored_with(5, 60, 2),
            ),
            (
                &[(CC, "stale-while-revalidate=0, stale-if-error=0")],
                stored_with(3600, 0, 0),
            ),
            (&[(CC, "max-age=5, must-revalidate")], stored_with(5, 0, 0)),
            (
                &[(CC, "max-age=5, proxy-revalidate, stale-if-error=9")],
                stored_with(5, 0, 0),
            ),
            (&[(CC, "s-maxage=5")], stored(5)),
            (
                &[(SC, "max-age=9, stale-if-error=2"), (CC, "must-revalidate")],
                stored_with(9, 60, 2),
            ),
            (
                &[
                    (META, "stale-if-error=2"),
                    (CC, "max-age=5, stale-if-error=3"),
                ],
                stored_with(5, 60, 2),
            ),
            (
                &[(META, "must-revalidate"), (CC, "max-age=5")],
                stored_with(5, 0, 0),
            ),
            (
                &[(META, "stale-if-error=2"), (CC, "must-revalidate")],
                stored_with(3600, 0, 0),
            ),
        ] {
            assert_eq!(decide(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn that_there_is_no_object_is_remembered_as_configured_and_never_served_stale() {
        let mut settings = CacheSettings::default();
        assert_eq!(not_found_cacheability(&settings), stored_with(10, 0, 0));
        settings.not_found_ttl = Duration::ZERO;
        let expected = Cacheability::Uncacheable(UncacheableReason::NotFresh);
        assert_eq!(not_found_cacheability(&settings), expected);
        settings.ttl = Duration::ZERO;
        let object = object_cacheability(&HeaderMap::new(), SystemTime::UNIX_EPOCH, &settings);
        assert_eq!(object, expected);
    }

    /// RFC 9111, section 5.1.
    #[test]
    fn the_age_of_a_response_is_the_first_number_of_its_field() {
        for (lines, age) in [
            (&[][..], 0),
            (&[("age", "7")], 7),
            (&[("age", "7, 9")], 7),
            (&[("age", "7"), ("age", "9")], 7),
            (&[("age", "-1")], 0),
            (&[("age", "old")], 0),
            (&[("age", "")], 0),
            (&[("age", "99999999999999999999")], 2_147_483_648),
        ] {
            assert_eq!(
                initial_age(&header_map(lines)),
                Duration::from_secs(age),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn each_reason_has_a_label_of_its_own() {
        let labels = [
            UncacheableReason::NoStore.reason(),
            UncacheableReason::Private.reason(),
            UncacheableReason::NoCache.reason(),
            UncacheableReason::NotFresh.reason(),
            UncacheableReason::NoLength.reason(),
            UncacheableReason::NotSegmentable.reason(),
            UncacheableReason::Changed.reason(),
            UncacheableReason::CacheUnavailable.reason(),
        ];
        let distinct: std::collections::BTreeSet<_> = labels.into_iter().collect();
        assert_eq!(distinct.len(), labels.len(), "{labels:?}");
    }
}
