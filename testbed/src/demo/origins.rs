//! The two origins that `cargo xtask serve` shows.
//!
//! Ports, buckets and keys must match `[local_server]` in `fastly.toml`, so that `fastly compute serve` finds
//! them too. The keys are valid for these origins only.

use std::io;

use super::sample;
use crate::b2::origin::{Origin, OriginSpec};

/// An origin of the demo: its bucket, its region, its port and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoOrigin {
    /// The name of the Fastly backend.
    pub backend: &'static str,
    /// The bucket.
    pub bucket: &'static str,
    /// The B2 region.
    pub region: &'static str,
    /// The city of the region's data center, by
    /// <https://www.backblaze.com/docs/cloud-storage-data-regions>.
    pub city: &'static str,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The application key's id.
    pub key_id: &'static str,
    /// The application key.
    pub application_key: &'static str,
}

/// The port of the application: Viceroy's default.
pub const EDGE_PORT: u16 = 7676;

/// The configuration of `cargo xtask serve`, with something of each setting that a website needs. Without optimization
/// for this machine and beside other programs, a variant may take longer than on Fastly's.
pub const CONFIG: &str = r##"{
  "redirects": [
    {"from": "/start", "to": "/docs/"},
    {"from": "/manual/*", "to": "/docs/*", "status": 308}
  ],
  "cors": {"allow_origins": ["*"]},
  "images": {
    "routes": [{"path": "/prew/{preset}/{key}", "source": "photo/{key}"}],
    "presets": {
      "small": {"width": 320},
      "medium": {"width": 640},
      "large": {"width": 1280},
      "300x200": {"width": 300, "height": 200, "fit": "cover"},
      "square": {"width": 240, "height": 240, "fit": "contain", "background": "#1d2433"},
      "hero": {"width": 480, "quality": 70, "formats": ["avif", "webp", "jpeg"]},
      "hero-narrow": {"width": 320, "height": 320, "fit": "cover", "quality": 70, "formats": ["avif", "webp", "jpeg"]}
    },
    "not_found": "/gallery/not-found.svg",
    "failed": "/gallery/failed.svg"
  },
  "limits": {"vcpu_ms": 10000},
  "cache": {
    "browser_ttl_s": 60,
    "segment_bytes": 1048576,
    "rules": [
      {"path": "/assets/*", "ttl_s": 86400, "browser": "public, max-age=3600"},
      {"path": "*.html", "browser": "no-cache"}
    ]
  }
}"##;

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
    /// The [`OriginSpec`] of this origin.
    #[must_use]
    pub fn spec(&self) -> OriginSpec {
        OriginSpec {
            backend: self.backend.to_owned(),
            bucket: self.bucket.to_owned(),
            region: self.region.to_owned(),
            key_id: self.key_id.to_owned(),
            application_key: self.application_key.to_owned(),
            write_key: None,
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
    use toml::Table;

    use super::*;

    // Parsed, because the CLI rewrites the file at the first deployment, with its own formatting.
    #[test]
    fn the_demo_origins_are_those_of_fastly_toml() {
        let manifest: Table = include_str!("../../../fastly.toml").parse().expect("TOML");
        let local = &manifest["local_server"];
        let backends = local["backends"].as_table().expect("backends");
        let secrets = local["secret_stores"]["b2_edge_keys"].as_array();
        let secrets = secrets.expect("secrets");
        assert_eq!((backends.len(), secrets.len()), (2, 4));
        for origin in ORIGINS {
            let (name, key) = (origin.backend, origin.application_key);
            let backend = &backends[name];
            let url = format!("http://127.0.0.1:{}", origin.port);
            assert_eq!(backend["url"].as_str(), Some(url.as_str()));
            assert_eq!(
                backend["override_host"].as_str(),
                Some(origin.spec().host().as_str())
            );
            for (what, value) in [("key_id", origin.key_id), ("application_key", key)] {
                let entry = secrets
                    .iter()
                    .find(|entry| entry["key"].as_str() == Some(&format!("{name}_{what}")));
                let entry = entry.unwrap_or_else(|| panic!("{name}_{what} is missing"));
                assert_eq!(entry["data"].as_str(), Some(value), "{name}_{what}");
            }
        }
    }
}
