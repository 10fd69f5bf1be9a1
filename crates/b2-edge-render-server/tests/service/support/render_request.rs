//! Requests to `/render`, with a MAC that is calculated here, not by the code under test.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use b2_edge_testbed::{Request, Response};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::process::Service;

/// The key of the services under test.
pub(crate) const KEY: &str = "a key of the tests, 32 bytes long";

/// A request whose parts can be changed after they were signed.
#[derive(Clone)]
pub(crate) struct RenderRequest {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Vec<u8>,
    pub(crate) time: String,
    pub(crate) mac: String,
}

impl RenderRequest {
    /// A request with a body of JSON.
    pub(crate) fn json(body: &Value) -> Self {
        Self::new("/render", Some("application/json"), body.to_string()).signed(KEY, now())
    }

    /// A request for a variant 20 pixels wide of an object at these URLs.
    pub(crate) fn of_sources(sources: &[String]) -> Self {
        Self::json(&order(sources))
    }

    /// A request whose body is the original.
    pub(crate) fn of_original(query: &str, original: impl Into<Vec<u8>>) -> Self {
        let target = format!("/render?{query}");
        Self::new(&target, Some("application/octet-stream"), original).signed(KEY, now())
    }

    fn new(target: &str, content_type: Option<&'static str>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: Method::POST,
            target: target.to_owned(),
            content_type,
            body: body.into(),
            time: String::new(),
            mac: String::new(),
        }
    }

    /// Signs it with another key or for another time.
    pub(crate) fn signed(mut self, key: &str, time_s: u64) -> Self {
        self.time = time_s.to_string();
        let hash = hex(&Sha256::digest(&self.body));
        let message = [self.method.as_str(), &self.target, &self.time, &hash].join("\n");
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key");
        mac.update(message.as_bytes());
        self.mac = hex(&mac.finalize().into_bytes());
        self
    }

    /// The request for the client of the tests.
    pub(crate) fn request(&self) -> Request {
        let request = Request::new(self.method.clone(), self.target.as_str())
            .header("x-render-time", self.time.as_str())
            .header("x-render-mac", self.mac.as_str())
            .timeout(Duration::from_mins(2));
        let request = match self.content_type {
            Some(value) => request.header("Content-Type", value),
            None => request,
        };
        request.body(self.body.clone())
    }

    /// Sends it.
    pub(crate) async fn send(&self, service: &Service) -> Response {
        let response = self.request().send(service.port).await;
        response.expect("a response")
    }
}

/// The body of a request for a variant 20 pixels wide.
pub(crate) fn order(sources: &[String]) -> Value {
    json!({"preset": {"width": 20}, "sources": sources, "max_bytes": 52_428_800})
}

/// Unix seconds.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_secs()
}

fn hex(bytes: &[u8]) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16));
    bytes.iter().flat_map(digits).flatten().collect()
}
