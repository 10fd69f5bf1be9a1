//! For how long a variant may be cached: as long as its own headers say, and no longer than its source is fresh.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use super::lifetime::Lifetime;
use super::policy::{Cacheability, object_cacheability};
use super::settings::CacheSettings;

/// What is known of the source of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceFreshness {
    /// Whether the source may be cached.
    pub cacheability: Cacheability,
    /// How old the response is that told so.
    pub age: Duration,
}

/// The cacheability of a variant whose caching headers are `headers`, at `now`. Once it is stale, the source is asked
/// whether it has changed, so a variant is never fresh for longer than its source. `settings` are those of the variant's
/// path; if they override the object, they alone decide.
#[must_use]
pub fn variant_cacheability(
    headers: &HeaderMap,
    source: &SourceFreshness,
    now: SystemTime,
    settings: &CacheSettings,
) -> Cacheability {
    let own = object_cacheability(headers, now, settings);
    match (own, source.cacheability) {
        _ if settings.overrides_object => own,
        (Cacheability::Cacheable(own), Cacheability::Cacheable(of_source)) => {
            // A second is left of a source that is served stale.
            let left = of_source.fresh().saturating_sub(source.age);
            let left = left.max(Lifetime::BRIEF.fresh());
            Cacheability::Cacheable(own.fresh_at_most(left))
        }
        (Cacheability::Uncacheable(reason), _) | (_, Cacheability::Uncacheable(reason)) => {
            Cacheability::Uncacheable(reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::policy::UncacheableReason;
    use crate::http::field::header_map;

    fn fresh(
        cache_control: &str,
        source: Cacheability,
        age_s: u64,
        overrides: bool,
    ) -> Option<u64> {
        let settings = CacheSettings {
            overrides_object: overrides,
            ..CacheSettings::default()
        };
        let source = SourceFreshness {
            cacheability: source,
            age: Duration::from_secs(age_s),
        };
        let headers = header_map(&[("cache-control", cache_control)]);
        match variant_cacheability(&headers, &source, SystemTime::UNIX_EPOCH, &settings) {
            Cacheability::Cacheable(lifetime) => Some(lifetime.fresh_s),
            Cacheability::Uncacheable(_) => None,
        }
    }

    #[test]
    fn a_variant_is_fresh_for_no_longer_than_its_source() {
        let for_100 = Cacheability::Cacheable(Lifetime {
            fresh_s: 100,
            stale_while_revalidate_s: 0,
            stale_if_error_s: 0,
        });
        let private = Cacheability::Uncacheable(UncacheableReason::Private);
        for (cache_control, source, age_s, overrides, expected) in [
            ("max-age=1209600", for_100, 0, false, Some(100)),
            ("max-age=1209600", for_100, 30, false, Some(70)),
            ("max-age=7", for_100, 30, false, Some(7)),
            ("max-age=7", for_100, 500, false, Some(1)),
            ("max-age=1209600", private, 0, false, None),
            ("no-store", for_100, 0, false, None),
            ("no-store", private, 500, true, Some(3600)),
        ] {
            let found = fresh(cache_control, source, age_s, overrides);
            assert_eq!(
                found, expected,
                "{cache_control} {source:?} {age_s} {overrides}"
            );
        }
    }
}
