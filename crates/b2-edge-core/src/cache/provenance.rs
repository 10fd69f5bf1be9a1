//! Where the object of a response came from: one value, from which the headers and the log are written.

use std::time::Duration;

use http::header::AGE;
use http::{HeaderName, HeaderValue};

use crate::cache::status::CacheStatus;
use crate::http::server_timing::push_metric;

/// `X-B2-Host`: the bucket that the object came from.
pub const X_B2_HOST: HeaderName = HeaderName::from_static("x-b2-host");

/// `X-Cache`: what the cache did.
pub const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// `Server-Timing` (<https://www.w3.org/TR/server-timing/>): the same for a browser's developer tools.
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Room for `Server-Timing`, in bytes: twice what most responses need.
const TIMING_BYTES: usize = 128;

/// Where the object of a response came from, now or when its cache entry was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The backend.
    pub origin: String,
    /// The bucket behind it, `<bucket>.<endpoint>`.
    pub host: Option<HeaderValue>,
    /// What the cache did.
    pub status: CacheStatus,
    /// The age of the cache entry, or of the origin's response.
    pub age: Duration,
    /// How long the origin took to respond; zero where none was asked.
    pub took: Duration,
}

impl Provenance {
    /// `Age` in seconds. A response that is not from the cache has one if it was not new at its origin.
    #[must_use]
    pub const fn age_s(&self) -> Option<u64> {
        let age = self.age.as_secs();
        if self.status.has_age() || age > 0 {
            Some(age)
        } else {
            None
        }
    }

    /// The headers of the response that say it.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let mut timing = String::with_capacity(TIMING_BYTES);
        push_metric(&mut timing, "cache", &[self.status.as_header()], None);
        let origin = [self.origin.as_str()];
        push_metric(&mut timing, "origin", &origin, Some(self.took));
        let age = self
            .age_s()
            .map(|seconds| (AGE, HeaderValue::from(seconds)));
        let host = self.host.clone().map(|host| (X_B2_HOST, host));
        let cache = HeaderValue::from_static(self.status.as_header());
        // The name of a backend is visible ASCII, as the rest is.
        let timing = HeaderValue::try_from(timing).ok();
        age.into_iter()
            .chain(host)
            .chain([(X_CACHE, cache)])
            .chain(timing.map(|timing| (SERVER_TIMING, timing)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::policy::UncacheableReason;
    use crate::cache::status::{MissReason, StaleReason};

    fn provenance(status: CacheStatus) -> Provenance {
        Provenance {
            origin: "us_origin".to_owned(),
            host: Some(HeaderValue::from_static("b.s3.us-west-004.backblazeb2.com")),
            status,
            age: Duration::from_millis(61_999),
            took: Duration::from_micros(12_345),
        }
    }

    #[test]
    fn a_browser_is_told_the_state_the_origin_and_its_milliseconds() {
        let provenance = Provenance {
            age: Duration::ZERO,
            ..provenance(CacheStatus::Miss(MissReason::NoEntry))
        };
        let headers: Vec<_> = provenance
            .headers()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
            .collect();
        assert_eq!(
            headers,
            [
                "x-b2-host: b.s3.us-west-004.backblazeb2.com",
                "x-cache: MISS",
                "server-timing: cache;desc=\"MISS\", origin;desc=\"us_origin\";dur=12.3",
            ]
        );
    }

    #[test]
    fn an_answer_of_the_cache_or_one_that_was_not_new_at_its_origin_has_an_age() {
        for (status, entry_ms, age) in [
            (CacheStatus::Hit, 61_999, Some(61)),
            (CacheStatus::Hit, 0, Some(0)),
            (CacheStatus::Revalidated, 61_999, Some(61)),
            (CacheStatus::Stale(StaleReason::IfError), 61_999, Some(61)),
            (CacheStatus::Miss(MissReason::Expired), 61_000, Some(61)),
            (CacheStatus::Miss(MissReason::Expired), 999, None),
            (
                CacheStatus::Pass(UncacheableReason::NoStore),
                61_000,
                Some(61),
            ),
            (CacheStatus::Pass(UncacheableReason::NoStore), 0, None),
        ] {
            let provenance = Provenance {
                age: Duration::from_millis(entry_ms),
                ..provenance(status)
            };
            assert_eq!(provenance.age_s(), age, "{status:?}");
            let header = provenance.headers().find(|(name, _)| name == AGE);
            let header = header.map(|(_, value)| value.to_str().expect("ASCII").to_owned());
            assert_eq!(header, age.map(|age: u64| age.to_string()), "{status:?}");
        }
    }
}
