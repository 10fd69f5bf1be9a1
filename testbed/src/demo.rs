//! The two origins that `cargo xtask serve` shows.
//!
//! Ports, buckets and keys must match `[local_server]` in `fastly.toml`, so that
//! `fastly compute serve` finds them too. The keys open nothing but these.

use std::io;

use crate::origin::{Origin, OriginSpec};
use crate::sample;

/// Where an origin stands and how it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoOrigin {
    /// The Fastly backend.
    pub backend: &'static str,
    /// The bucket.
    pub bucket: &'static str,
    /// The B2 region.
    pub region: &'static str,
    /// The city of the region's data centre, by
    /// <https://www.backblaze.com/docs/cloud-storage-data-regions>.
    pub city: &'static str,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The application key's id.
    pub key_id: &'static str,
    /// The application key.
    pub application_key: &'static str,
}

/// The port of the application itself, Viceroy's own default.
pub const EDGE_PORT: u16 = 7676;

/// The American origin.
pub const US: DemoOrigin = DemoOrigin {
    backend: "us_origin",
    bucket: "b2-edge-demo-us",
    region: "us-west-004",
    city: "Sacramento",
    port: 7677,
    key_id: "demo-us-key-id",
    application_key: "demo-us-application-key",
};

/// The European origin.
pub const EU: DemoOrigin = DemoOrigin {
    backend: "eu_origin",
    bucket: "b2-edge-demo-eu",
    region: "eu-central-003",
    city: "Amsterdam",
    port: 7678,
    key_id: "demo-eu-key-id",
    application_key: "demo-eu-application-key",
};

/// Both, in the order of `fastly.toml`.
pub const ORIGINS: [DemoOrigin; 2] = [US, EU];

impl DemoOrigin {
    /// The same as an [`OriginSpec`].
    #[must_use]
    pub fn spec(&self) -> OriginSpec {
        OriginSpec {
            backend: self.backend.to_owned(),
            bucket: self.bucket.to_owned(),
            region: self.region.to_owned(),
            key_id: self.key_id.to_owned(),
            application_key: self.application_key.to_owned(),
            public: false,
        }
    }

    /// Starts the origin with the sample content, on `port` (0: a free one).
    ///
    /// # Errors
    ///
    /// As [`Origin::start_on`].
    pub async fn start_on(&self, port: u16) -> io::Result<Origin> {
        let origin = Origin::start_on(self.spec(), port)?;
        for (key, object) in sample::objects(self.region, self.city) {
            origin.put(&key, object).await?;
        }
        Ok(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_origins_are_those_of_fastly_toml() {
        let manifest = include_str!("../../fastly.toml");
        for origin in ORIGINS {
            let DemoOrigin {
                backend,
                port,
                key_id,
                application_key,
                ..
            } = origin;
            for line in [
                format!("[local_server.backends.{backend}]"),
                format!("url = \"http://127.0.0.1:{port}\""),
                format!("override_host = \"{}\"", origin.spec().host()),
                format!("{{ key = \"{backend}_key_id\", data = \"{key_id}\" }}"),
                format!("{{ key = \"{backend}_application_key\", data = \"{application_key}\" }}"),
            ] {
                assert!(manifest.contains(&line), "fastly.toml lacks {line}");
            }
        }
    }
}
