//! A read that is signed repeatedly.

use std::time::SystemTime;

use b2_edge_core::routing::region::Region;
use b2_edge_core::s3::credentials::Credentials;
use b2_edge_core::s3::object_key::ObjectKey;
use b2_edge_core::s3::sigv4::{ToSign, sign};
use http::{HeaderName, HeaderValue, Method};
use time::macros::datetime;

/// A read as the application signs it.
pub struct Read {
    credentials: Credentials,
    region: Region,
    host: HeaderValue,
    path: String,
    now: SystemTime,
}

impl Read {
    /// A read of an ordinary object. It is never `None`, because its parts are well-formed.
    #[must_use]
    pub fn ordinary() -> Option<Self> {
        let key = ObjectKey::from_path(b"/2026/11/a%20photo%20of%20a%20cat.jpg").ok()?;
        Some(Self {
            credentials: Credentials::new(
                "0014f4a6c0a1b2c0000000001",
                "K001abcdefghijklmnopqrstuvwxyz1",
            )
            .ok()?,
            region: Region::parse("us-west-004")?,
            host: HeaderValue::from_static("photos.s3.us-west-004.backblazeb2.com"),
            path: key.to_path(),
            now: datetime!(2026-11-21 04:53:20 UTC).into(),
        })
    }

    /// Signs the read, and returns the headers.
    #[must_use]
    pub fn sign(&self) -> Vec<(HeaderName, HeaderValue)> {
        let request = ToSign::read(&Method::GET, &self.host, &self.path);
        sign(&request, &self.region, &self.credentials, self.now).unwrap_or_default()
    }
}
