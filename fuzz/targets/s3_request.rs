//! Requests to the S3 endpoint: any host, path, query string and headers are parsed, verified and refused without a panic,
//! and what a signature covers is read in one way only.

#![no_main]

use std::time::{Duration, SystemTime};

use b2_edge_core::http::query::{Plus, Query};
use b2_edge_core::s3::credentials::Credentials;
use b2_edge_core::s3_endpoint::client::Grant;
use b2_edge_core::s3_endpoint::copy_source::CopySource;
use b2_edge_core::s3_endpoint::resource::EndpointHost;
use b2_edge_core::s3_endpoint::unverified::{Incoming, Unverified};
use b2_edge_core::s3_endpoint::verified::{Client, Verified};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let method = lines.next().unwrap_or_default();
    let target = lines.next().unwrap_or_default();
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value.trim()),
        ) {
            headers.append(name, value);
        }
    }
    let host = headers.get("host").and_then(|value| value.to_str().ok());
    let Some(host) = EndpointHost::parse(host.unwrap_or("s3.example.com"), "s3.example.com") else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if let Ok(parsed) = Query::parse(query, Plus::Itself) {
        let again = Query::parse(&parsed.encode(), Plus::Itself);
        assert_eq!(again.map(|again| again.encode()), Ok(parsed.encode()));
    }
    if let Ok(source) = CopySource::parse(path) {
        let again = CopySource::parse(&source.to_header());
        assert_eq!(again, Ok(source));
    }
    let request = Incoming {
        method,
        path: path.as_bytes(),
        query,
        headers: &headers,
    };
    let Ok(Unverified::Signed { resource, claim }) = Unverified::parse(host, &request) else {
        return;
    };
    let credentials = Credentials::new("key-id", "secret").expect("a key");
    let client = Client {
        name: "client".to_owned(),
        credentials: credentials.clone(),
        grant: Grant::everything("media"),
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
    // A signature that a fuzzer finds would be news.
    let verified = Verified::new(
        &request,
        resource,
        claim,
        Some(&client),
        Some(&credentials),
        now,
    );
    assert!(verified.is_err());
});
