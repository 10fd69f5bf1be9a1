//! Caching headers of an object can only restrict caching, in any order, and an entry's freshness only decreases
//! with its age.
//!
//! The input is lines of `Cache-Control`; a line with the prefix `!` is `Surrogate-Control`, with `@` it is
//! `Expires`, and with `#` it is `Age`.

#![no_main]

use std::time::{Duration, SystemTime};

use b2_edge_core::cache::lifetime::Freshness;
use b2_edge_core::cache::policy::{Cacheability, initial_age, object_cacheability};
use b2_edge_core::cache::settings::CacheSettings;
use b2_edge_core::http::cache_control::CacheControl;
use http::header::{AGE, CACHE_CONTROL, EXPIRES};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

/// RFC 9111, section 1.2.2.
const LARGEST_S: u64 = 1 << 31;

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|&byte| byte == b'\n') {
        let (name, value) = match line.split_first() {
            Some((b'!', value)) => (HeaderName::from_static("surrogate-control"), value),
            Some((b'@', value)) => (EXPIRES, value),
            Some((b'#', value)) => (AGE, value),
            _ => (CACHE_CONTROL, line),
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }

    let lines: Vec<&HeaderValue> = headers.get_all(CACHE_CONTROL).iter().collect();
    let said = CacheControl::parse(lines.iter().copied());
    assert_eq!(said, CacheControl::parse(lines.iter().rev().copied()));
    let more = HeaderValue::from_static("no-store, max-age=7");
    let restricted = CacheControl::parse(lines.iter().copied().chain([&more]));
    assert!(restricted.no_store && restricted.max_age <= Some(Duration::from_secs(7)));
    assert_eq!(restricted.private, said.private);

    assert!(initial_age(&headers) <= Duration::from_secs(LARGEST_S));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let settings = CacheSettings::default();
    headers.insert(CACHE_CONTROL, more);
    let is_targeted = headers.contains_key("surrogate-control");
    let storage = object_cacheability(&headers, now, &settings);
    assert!(
        is_targeted || matches!(storage, Cacheability::Uncacheable(_)),
        "no-store is obeyed"
    );
    headers.remove(CACHE_CONTROL);
    for line in data.split(|&byte| byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(CACHE_CONTROL, value);
        }
    }

    let Cacheability::Cacheable(lifetime) = object_cacheability(&headers, now, &settings) else {
        return;
    };
    assert!(lifetime.fresh_s > 0);
    assert!(lifetime.stale_window() <= Duration::from_secs(LARGEST_S));
    assert_eq!(
        lifetime.freshness_at(Duration::ZERO, false),
        Freshness::Fresh
    );
    let ends = [
        Duration::ZERO,
        lifetime.fresh(),
        lifetime.fresh() + lifetime.stale_while_revalidate(),
        lifetime.fresh() + lifetime.stale_if_error(),
    ];
    for soft_purged in [false, true] {
        let mut last = 0;
        let mut ages = ends;
        ages.sort_unstable();
        for age in ages {
            let usefulness = match lifetime.freshness_at(age, soft_purged) {
                Freshness::Fresh => 0,
                Freshness::StaleWhileRevalidate => 1,
                Freshness::StaleIfError => 2,
                Freshness::Expired => 3,
            };
            assert!(usefulness >= last, "{lifetime:?} at {age:?}");
            assert!(usefulness > 0 || !soft_purged, "{lifetime:?} at {age:?}");
            last = usefulness;
        }
        assert_eq!(last, 3, "in the end it is expired: {lifetime:?}");
    }
});
