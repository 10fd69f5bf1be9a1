//! A cache hit without its host: what the application computes between the host calls, in the same order.
//!
//! `src/main.rs` and `src/edge/` call the same functions of the core, with what the platform returns.

use std::time::{Duration, SystemTime};

use b2_edge_core::cache::entry::{Entry, EntryKey};
use b2_edge_core::cache::lifetime::{Freshness, Lifetime};
use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::cache::select::select;
use b2_edge_core::cache::status::CacheStatus;
use b2_edge_core::config::Config;
use b2_edge_core::http::header_list::HeaderList;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::target::Target;
use b2_edge_core::log::line::{LogLine, LoggedEnd, LoggedResponse};
use b2_edge_core::request::country::Country;
use b2_edge_core::request::intent::Intent;
use b2_edge_core::request::request_id::{RequestId, X_REQUEST_ID};
use b2_edge_core::routing::route::Locality;
use b2_edge_core::setup::origin::BackendAddress;
use b2_edge_core::setup::service::Service;
use b2_edge_core::site::web_policy::WebPolicy;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use time::macros::datetime;

const TARGET: &[u8] = b"/2026/11/a%20photo%20of%20a%20cat.jpg";

/// The age of the entry.
const AGE: Duration = Duration::from_secs(61);

/// What a sandbox has before its requests, and what the platform returns for one.
pub(crate) struct Hit {
    service: Service,
    web_policy: WebPolicy,
    /// The metadata of the entry, as it is in the cache.
    metadata: Vec<u8>,
    country: Option<Country>,
    received: SystemTime,
}

/// What a hit comes to.
pub(crate) struct Answer {
    pub(crate) headers: HeaderList,
    pub(crate) cache_key: Vec<u8>,
}

impl Hit {
    /// A hit of an ordinary object in a service with this configuration.
    pub(crate) fn with(config: Config) -> Self {
        let web_policy = config.web_policy(false);
        let service = Service::assemble(config, backend_address);
        let received = datetime!(2026-11-21 04:53:20.25 UTC).into();
        let lifetime = Lifetime {
            fresh_s: 3600,
            stale_while_revalidate_s: 60,
            stale_if_error_s: 86_400,
        };
        let host = HeaderValue::from_static("photos.s3.us-west-004.backblazeb2.com");
        let entry = Entry::of_object(18_244, &origins_headers(), lifetime);
        let entry = entry.from_origin("us_origin", &host, received);
        Self {
            service,
            web_policy,
            metadata: entry.to_bytes(),
            country: Country::in_geolocation(br#"{"country_code":"NL"}"#),
            received,
        }
    }

    /// Responds to the request, and writes its log line to `log`. `None` if it is not a hit, which it always is.
    #[inline(never)]
    pub(crate) fn respond(&self, log: &mut Vec<u8>) -> Option<Answer> {
        let (service, none) = (&self.service, HeaderMap::new());
        let target = Target::split(TARGET);
        let id = HeaderValue::from_static("4bf92f3577b34da6a3ce929d0e0e4736");
        let id = RequestId::parse(id)?;
        let mut line = LogLine::begin(self.received, id.clone(), Method::GET.as_str(), target.path);
        let locality = Locality::of(
            target.query,
            service.pop_parameter,
            Some("AMS"),
            Some("EU-Central"),
        );
        line.located(&locality);
        let route = service.routes.rank(&locality);
        let intent = Intent::parse(&Method::GET, &target, &none, &self.web_policy);
        let Ok(Intent::Read { method, path }) = intent else {
            return None;
        };
        let preferred = service.preferred(&route);
        line.routed(&route, preferred);

        // The lookup.
        let key = service.site.key_of(&path).ok()?;
        let _ = key.to_path();
        let _ = service
            .cache_rules
            .settings(|| service.site.path_of(&key), service.cache);
        let cache_key = EntryKey::Object.to_bytes(preferred, key.as_str());
        let entry = Entry::from_bytes(self.metadata.clone())?;
        let freshness = entry.lifetime.freshness_at(AGE, false);
        if freshness != Freshness::Fresh || method != ReadMethod::Get {
            return None;
        }

        // The response.
        let provenance = Provenance {
            origin: entry.origin.clone(),
            host: entry.host(),
            status: CacheStatus::Hit,
            age: AGE,
            took: Duration::ZERO,
        };
        let selection = select(method, &none, &entry);
        let mut headers = HeaderList::default();
        headers.extend(entry.headers_for(selection));
        headers.append(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.append(CONTENT_LENGTH, HeaderValue::from(entry.length));
        let traits = entry.content_traits();
        let rules = &service.cache_rules;
        if rules
            .browser(|| service.site.path_of(&key), traits.has_lifetime)
            .is_some()
            || traits.is_compressible
        {
            return None;
        }
        for (name, value) in self.web_policy.headers(&none, traits.is_html) {
            if !headers.contains(&name) {
                headers.append(name, value);
            }
        }
        headers.extend(provenance.headers());
        headers.append(X_REQUEST_ID, id.into_header());

        // The log line.
        line.responded(&LoggedResponse {
            status: selection.status(),
            reason: selection.reason(),
            bytes: Some(entry.length),
            provenance: Some(&provenance),
            head: Duration::from_micros(140),
            ..LoggedResponse::default()
        });
        line.ended(LoggedEnd {
            duration: Duration::from_micros(180),
            is_complete: true,
            country: self.country,
            vcpu_ms: Some(0),
            ..LoggedEnd::default()
        });
        line.write_to(log);
        Some(Answer { headers, cache_key })
    }
}

/// The address of a backend of the service.
#[expect(clippy::unnecessary_wraps, reason = "a backend may be missing")]
pub(crate) fn backend_address(backend: &str) -> Option<BackendAddress> {
    let region = if backend == "us_origin" {
        "us-west-004"
    } else {
        "eu-central-003"
    };
    let host = format!("photos.s3.{region}.backblazeb2.com");
    Some(BackendAddress::Override(host))
}

/// The headers of B2's response.
fn origins_headers() -> HeaderMap {
    let lines = [
        ("accept-ranges", "bytes"),
        ("cache-control", "public, max-age=3600"),
        ("content-length", "18244"),
        ("content-type", "image/jpeg"),
        ("date", "Sat, 21 Nov 2026 04:52:19 GMT"),
        ("etag", "\"46b0fd9d46ff69980c844349c9293f5f\""),
        ("last-modified", "Fri, 20 Nov 2026 17:03:11 GMT"),
        ("server", "nginx"),
        (
            "x-amz-id-2",
            "aMYU5TWM7b4o2lTh5NoA0/TW5bmVjUDRGMFFn3WWqM+Jxc2",
        ),
        ("x-amz-request-id", "7a6f1c8b2d3e4f50"),
        (
            "x-amz-version-id",
            "4_z27c88f1d182b150646ff0b16_f200ec353a2184825",
        ),
    ];
    let lines = lines.into_iter();
    lines
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect()
}
