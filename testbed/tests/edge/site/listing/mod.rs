//! `site.listing`: folders without an index document.

mod content;
mod origins;
mod pages;
mod walkers;

use b2_edge_testbed::{Object, Origin, Request, SeenRequest};
use http::Method;
use serde_json::Value;

use crate::support::stage::{Stage, TOKEN};

/// Both formats, from part of the bucket.
const BOTH: &str =
    r#"{"site": {"prefix": "public/", "base_path": "/files/", "listing": ["html", "json"]}}"#;

/// The whole bucket, in HTML.
const HTML: &str = r#"{"site": {"listing": "html"}}"#;

async fn stage(config: &str) -> Stage {
    Stage::with(|setup| setup.config(config).fastly_key(TOKEN)).await
}

/// Stores objects that contain their keys.
async fn put_all(stage: &Stage, keys: &[&str]) {
    for key in keys {
        stage.put(key, Object::text(*key)).await;
    }
}

/// The requests for listings that an origin received.
fn lists(origin: &Origin) -> Vec<SeenRequest> {
    let mut seen = origin.seen();
    seen.retain(|request| request.raw_path == "/");
    seen
}

/// The listing of a folder in JSON.
async fn json(stage: &Stage, target: &str) -> Value {
    let request = Request::get(target).header("accept", "application/json");
    let response = stage.send(request).await;
    assert_eq!(response.status.as_u16(), 200, "{target}: {response:?}");
    serde_json::from_slice(&response.body).expect("JSON")
}

/// The names in a listing: of its folders, with a slash, and of its files.
fn names(listing: &Value) -> Vec<String> {
    let list = |field: &str, slash: &str| {
        let entries = listing[field].as_array().expect("a list").iter();
        let name = |entry: &Value| format!("{}{slash}", entry["name"].as_str().expect("a name"));
        entries.map(name).collect::<Vec<_>>()
    };
    [list("folders", "/"), list("files", "")].concat()
}

/// The references of a page, in order.
fn references(html: &str) -> Vec<&str> {
    let links = html.split("<a href=\"").skip(1);
    links.filter_map(|link| link.split('"').next()).collect()
}

fn purge(target: &str) -> Request {
    let method = Method::from_bytes(b"PURGE").expect("a method");
    Request::new(method, target).header("fastly-key", TOKEN)
}
