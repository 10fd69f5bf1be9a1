//! `images`: variants of pictures.

mod cached;
mod changes;
mod failed;
mod formats;
mod pictures;
mod rendered;
mod service;
mod status_page;
mod stored;
mod thumbnails;

use b2_edge_testbed::{Request, Response};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use self::pictures::{Picture, decode};
use crate::support::stage::{Stage, TOKEN};

/// Presets, a route from `/prew/<preset>/` to `photo/`, and pictures for errors.
fn gallery() -> Value {
    json!({
        "images": {
            "routes": [{"path": "/prew/{preset}/{key}", "source": "photo/{key}"}],
            "presets": {
                "small": {"width": 64},
                "square": {"width": 40, "height": 40, "fit": "cover", "gravity": "west"},
                "box": {"width": 50, "height": 60, "fit": "contain", "background": "#00ff00"},
                "large": {"width": 800},
                "larger": {"width": 300, "enlarge": true},
                "dated": {"width": 32, "cache_control": "public, max-age=1209600"},
                "auto": {"width": 32, "formats": ["png", "jpeg"]},
                "moving": {"width": 8, "animated": "original"},
            },
            "not_found": "/404.jpg",
            "failed": "/error.jpg",
        },
        // The machine of a test may be slow, and others use it.
        "limits": {"vcpu_ms": 10_000},
        "cache": {"not_found_ttl_s": 60},
    })
}

/// The gallery with other values of some fields of `images`.
fn gallery_with(images: &Value) -> String {
    let mut config = gallery();
    for (name, value) in images.as_object().expect("fields") {
        config["images"][name] = value.clone();
    }
    config.to_string()
}

/// The gallery with its variants stored in the bucket.
fn storing(on_miss: &str) -> String {
    gallery_with(&json!({"routes": [{
        "path": "/prew/{preset}/{key}", "source": "photo/{key}",
        "store": "stored/{preset}/{format}/{key}", "on_miss": on_miss,
    }]}))
}

async fn stage(config: &str) -> Stage {
    Stage::with(|setup| setup.config(config).fastly_key(TOKEN)).await
}

/// A picture of a successful response.
#[track_caller]
fn shown(response: &Response) -> Picture {
    assert_eq!(response.status, StatusCode::OK, "{response:?}");
    assert!(response.complete, "the body is incomplete");
    let length = response.body.len().to_string();
    assert_eq!(response.header("content-length"), Some(length.as_str()));
    decode(response)
}

fn purge(target: &str) -> Request {
    let method = Method::from_bytes(b"PURGE").expect("a method");
    Request::new(method, target).header("fastly-key", TOKEN)
}
