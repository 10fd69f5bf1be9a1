//! For any path, the object is below the prefix, and a redirect leads to a configured target.

#![no_main]

use std::sync::LazyLock;

use b2_edge_core::config::Config;
use b2_edge_core::http::path::RequestPath;
use b2_edge_core::http::target::Target;
use b2_edge_core::site::documents::{Fallback, Site};
use b2_edge_core::site::redirect::{append_query, find};
use http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use url::Url;

/// The address of the client.
const BASE: &str = "http://base.example/";

/// Redirects, each with the prefix of all of its targets.
const REDIRECTS: [(&str, &str); 8] = [
    (
        r#"{"from": "/*", "to": "https://good.example/*"}"#,
        "https://good.example/",
    ),
    (
        r#"{"from": "/*", "to": "https://good.example/me/*"}"#,
        "https://good.example/me/",
    ),
    (
        r#"{"from": "/*", "to": "https://good.example:8443/a.*"}"#,
        "https://good.example:8443/a.",
    ),
    (
        r#"{"from": "/*", "to": "https://good.example/?q=*"}"#,
        "https://good.example/?q=",
    ),
    (
        r#"{"from": "/*", "to": "http://good.example"}"#,
        "http://good.example/",
    ),
    (r#"{"from": "/a*", "to": "/*"}"#, BASE),
    (r#"{"from": "/a*", "to": "/b/*"}"#, "http://base.example/b/"),
    (
        r#"{"from": "/a/*", "to": "/b.*"}"#,
        "http://base.example/b.",
    ),
];

const SITES: [&str; 4] = [
    "{}",
    r#"{"prefix": "public/v1", "fallback_document": "app.html", "precompressed": true}"#,
    r#"{"prefix": "public", "index_document": "", "error_document": "errors/404.html"}"#,
    r#"{"index_document": "", "error_document": "", "fallback_document": "a/b"}"#,
];

fn config(json: &str) -> Config {
    Config::parse(json).expect("a valid configuration")
}

fuzz_target!(|data: &[u8]| {
    static FRONTS: LazyLock<Vec<(Config, &str)>> = LazyLock::new(|| {
        let front = |(redirect, below): (&str, &'static str)| {
            (config(&format!(r#"{{"redirects": [{redirect}]}}"#)), below)
        };
        REDIRECTS.into_iter().map(front).collect()
    });
    static SERVED: LazyLock<Vec<Site>> = LazyLock::new(|| {
        let site = |json: &&str| config(&format!(r#"{{"site": {json}}}"#)).site;
        SITES.iter().map(site).collect()
    });
    let target = Target::split(data);
    let Ok(path) = RequestPath::parse(target.path) else {
        return;
    };
    for (front, below) in FRONTS.iter() {
        if let Some((status, location)) = find(&front.redirects, &path, target.query) {
            assert_eq!(status, 301);
            check_location(&location, below);
        }
    }
    for site in SERVED.iter() {
        check_site(site, &path, target.query);
    }
});

/// Asserts that a location is visible ASCII, and that a browser resolves it below an address.
fn check_location(location: &HeaderValue, below: &str) {
    let location = location.to_str().expect("ASCII");
    assert!(
        location.bytes().all(|byte| byte.is_ascii_graphic()),
        "{location}"
    );
    assert!(
        !location.starts_with("//") && !location.starts_with("/\\"),
        "{location}"
    );
    let base = Url::parse(BASE).expect("an address");
    let leads_to = base.join(location).expect("an address");
    assert!(
        leads_to.as_str().starts_with(below),
        "{location} leads to {leads_to}"
    );
    let below = Url::parse(below).expect("an address");
    assert_eq!(leads_to.origin(), below.origin(), "{location}");
    assert!(
        leads_to.username().is_empty() && leads_to.password().is_none(),
        "{location}"
    );
}

fn check_site(site: &Site, path: &RequestPath, query: Option<&str>) {
    let check_key = |key: &str| {
        let below = key
            .strip_prefix(site.prefix.as_str())
            .expect("below the prefix");
        assert!(!below.is_empty(), "{key}");
        assert!(
            key.split('/')
                .all(|segment| segment != "." && segment != ".."),
            "{key}"
        );
    };
    if let Ok(key) = site.key_of(path) {
        check_key(key.as_str());
        assert!(site.path_of(&key).starts_with(path.as_str()));
    }
    for fallback in site.fallbacks(path, true) {
        match fallback {
            Fallback::Folder {
                index,
                path: folder,
            } => {
                let mut location = folder.clone();
                append_query(&mut location, query);
                let location = HeaderValue::try_from(location).expect("the value of a header");
                check_location(&location, BASE);
                let back = RequestPath::parse(folder.as_bytes()).expect("a path");
                assert_eq!(back.as_str(), format!("{}/", path.as_str()));
                // A folder without an index document is listed.
                if let Some(index) = index {
                    check_key(index.as_str());
                    assert_eq!(site.key_of(&back), Ok(index));
                }
            }
            Fallback::Document(key) | Fallback::ErrorDocument(key) => check_key(key.as_str()),
        }
    }
}
