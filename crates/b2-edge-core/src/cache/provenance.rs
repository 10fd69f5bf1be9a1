//! Where the object of a response came from: one value, from which the headers and the log are written.

use std::time::Duration;

use http::header::AGE;
use http::{HeaderName, HeaderValue};

use crate::cache::status::CacheStatus;
use crate::http::server_timing::metric;

/// `X-B2-Host`: the bucket that the object came from.
pub const X_B2_HOST: HeaderName = HeaderName::from_static("x-b2-host");

/// `X-Cache`: what the cache did.
pub const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// `Server-Timing` (<https://www.w3.org/TR/server-timing/>): the same for a browser's developer tools.
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Where the object of a response came from, now or when its cache entry was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The backend.
    pub origin: String,
    /// The bucket behind it, `<bucket>.<endpoint>`.
    pub host: Option<HeaderValue>,
    /// What the cache did.
    pub status: CacheStatus,
    /// The age of the cache entry.
    pub age: Duration,
    /// How long the origin took to respond; zero where none was asked.
    pub took: Duration,
}

impl Provenance {
    /// `Age` in seconds, where the response has one.
    #[must_use]
    pub const fn age_s(&self) -> Option<u64> {
        if self.status.has_age() {
            Some(self.age.as_secs())
        } else {
            None
        }
    }

    /// The headers of the response that say it.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let timing = format!(
            "{}, {}",
            metric("cache", self.status.as_header(), None),
            metric(
                "origin",
                &self.origin,
                Some(self.took.as_secs_f64() * 1000.0)
            )
        );
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
        let headers = provenance(CacheStatus::Miss(MissReason::NoEntry)).headers();
        let headers: Vec<_> = headers
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
    fn only_an_answer_that_the_cache_gave_has_an_age() {
        for (status, age) in [
            (CacheStatus::Hit, Some(61)),
            (CacheStatus::Revalidated, Some(61)),
            (CacheStatus::Stale(StaleReason::IfError), Some(61)),
            (CacheStatus::Miss(MissReason::Expired), None),
            (CacheStatus::Pass(UncacheableReason::NoStore), None),
        ] {
            let provenance = provenance(status);
            assert_eq!(provenance.age_s(), age, "{status:?}");
            let header = provenance.headers().find(|(name, _)| name == AGE);
            let header = header.map(|(_, value)| value.to_str().expect("ASCII").to_owned());
            assert_eq!(header, age.map(|age: u64| age.to_string()), "{status:?}");
        }
    }
}
