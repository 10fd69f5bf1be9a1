//! An origin: a bucket behind a Fastly backend.
//!
//! The backend's address, `<bucket>.s3.<region>.backblazeb2.com`, names bucket, endpoint and region. The
//! configuration may override each of the three, for S3 services with other addresses.

use http::HeaderValue;

use crate::config::OriginConfig;
use crate::s3::address::{AddressParts, BucketAddress, is_bucket, is_host};
use crate::s3::credentials::Credentials;
use crate::setup::problem::Problem;

/// The address of a backend: the `Host` of the requests that it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendAddress {
    /// The host override, which replaces the `Host` of every request.
    Override(String),
    /// The host that a backend without an override connects to.
    Host(String),
}

impl BackendAddress {
    /// The host, whichever it is.
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Override(host) | Self::Host(host) => host,
        }
    }
}

/// An origin that is completely configured.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The name of the backend.
    pub backend: String,
    /// The host and region of the bucket.
    pub address: BucketAddress,
    /// How requests are authorised.
    pub access: Access,
}

/// How requests to a bucket are authorised.
#[derive(Clone, Debug)]
pub enum Access {
    /// A private bucket: requests are signed.
    Private(Credentials),
    /// A public bucket: requests are not signed.
    Public,
}

/// The backend for writes to an origin, and the beginning of the names of its secrets.
#[must_use]
pub fn write_backend(origin: &str) -> String {
    format!("{origin}_write")
}

/// The bucket address of an origin, from its backend's address and its entry in the configuration.
///
/// # Errors
///
/// [`Problem::UnresolvedAddress`] if bucket, endpoint or region is in neither, and [`Problem::HostOverride`] if the
/// backend would send another `Host` than the signed one.
pub fn resolve_address(
    config: &OriginConfig,
    address: &BackendAddress,
) -> Result<BucketAddress, Problem> {
    let effective_host = address.host().to_ascii_lowercase();
    let parsed = AddressParts::of(&effective_host);
    let unresolved = || Problem::UnresolvedAddress {
        backend: config.backend.clone(),
    };
    let bucket = config
        .bucket
        .as_deref()
        .or(parsed.bucket)
        .ok_or_else(unresolved)?;
    let endpoint = config
        .endpoint
        .as_deref()
        .or(parsed.endpoint)
        .ok_or_else(unresolved)?;
    let region = config
        .region
        .clone()
        .or_else(|| AddressParts::region_of(endpoint))
        .ok_or_else(unresolved)?;
    let host = format!("{bucket}.{endpoint}");
    if !is_bucket(bucket) || !is_host(&host) {
        return Err(unresolved());
    }
    let host = match address {
        BackendAddress::Host(_) => host,
        BackendAddress::Override(configured) if configured.eq_ignore_ascii_case(&host) => {
            configured.clone()
        }
        BackendAddress::Override(_) => {
            return Err(Problem::HostOverride {
                backend: config.backend.clone(),
            });
        }
    };
    Ok(BucketAddress {
        host: HeaderValue::try_from(host).map_err(|_| unresolved())?,
        bucket: bucket.to_owned(),
        region,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::region::Region;

    fn at(host: &str, host_override: Option<&str>) -> BackendAddress {
        host_override.map_or_else(
            || BackendAddress::Host(host.to_owned()),
            |host| BackendAddress::Override(host.to_owned()),
        )
    }

    fn configured(
        bucket: Option<&str>,
        endpoint: Option<&str>,
        region: Option<&str>,
    ) -> OriginConfig {
        OriginConfig {
            backend: "x".to_owned(),
            bucket: bucket.map(ToOwned::to_owned),
            endpoint: endpoint.map(ToOwned::to_owned),
            region: region.and_then(Region::parse),
            public: false,
        }
    }

    fn resolved(
        config: &OriginConfig,
        address: &BackendAddress,
    ) -> Result<(String, String), Problem> {
        resolve_address(config, address).map(|address| {
            let host = address.host.to_str().expect("ASCII").to_owned();
            (host, address.region.to_string())
        })
    }

    #[test]
    fn the_address_says_bucket_endpoint_and_region() {
        let plain = configured(None, None, None);
        for (address, host, region) in [
            (
                at("photos.s3.us-west-004.backblazeb2.com", None),
                "photos.s3.us-west-004.backblazeb2.com",
                "us-west-004",
            ),
            (
                at("Photos.S3.EU-central-003.BackblazeB2.com", None),
                "photos.s3.eu-central-003.backblazeb2.com",
                "eu-central-003",
            ),
            (
                at(
                    "127.0.0.1",
                    Some("my.dotted.s3.bucket.s3.us-east-005.backblazeb2.com"),
                ),
                "my.dotted.s3.bucket.s3.us-east-005.backblazeb2.com",
                "us-east-005",
            ),
            (
                at("203.0.113.7", Some("files.s3.eu-central-1.wasabisys.com")),
                "files.s3.eu-central-1.wasabisys.com",
                "eu-central-1",
            ),
        ] {
            assert_eq!(
                resolved(&plain, &address),
                Ok((host.to_owned(), region.to_owned())),
                "{address:?}"
            );
        }
    }

    #[test]
    fn the_configuration_replaces_what_the_address_says() {
        for (config, address, host, region) in [
            (
                configured(Some("other"), None, None),
                at("photos.s3.us-west-004.backblazeb2.com", None),
                "other.s3.us-west-004.backblazeb2.com",
                "us-west-004",
            ),
            (
                configured(
                    Some("files"),
                    Some("minio.internal:9000"),
                    Some("us-east-1"),
                ),
                at("127.0.0.1", None),
                "files.minio.internal:9000",
                "us-east-1",
            ),
            (
                configured(Some("files"), Some("s3.eu-west-1.amazonaws.com"), None),
                at("198.51.100.1", None),
                "files.s3.eu-west-1.amazonaws.com",
                "eu-west-1",
            ),
            (
                configured(None, None, Some("us-east-1")),
                at("files.s3.us-west-004.backblazeb2.com", None),
                "files.s3.us-west-004.backblazeb2.com",
                "us-east-1",
            ),
        ] {
            assert_eq!(
                resolved(&config, &address),
                Ok((host.to_owned(), region.to_owned())),
                "{config:?}"
            );
        }
    }

    #[test]
    fn an_address_that_does_not_say_enough_is_a_problem() {
        let problem = Problem::UnresolvedAddress {
            backend: "x".to_owned(),
        };
        for (config, address) in [
            (
                configured(None, None, None),
                "s3.us-west-004.backblazeb2.com",
            ),
            (configured(None, None, None), "127.0.0.1"),
            (configured(None, None, None), "files.s3.amazonaws.com"),
            (configured(None, None, None), "example.com"),
            (
                configured(None, None, None),
                "f.s3.us-west-004.backblazeb2.com",
            ),
            (
                configured(None, None, None),
                "a..b.s3.us-west-004.backblazeb2.com",
            ),
            (configured(None, None, None), "photos.f004.backblazeb2.com"),
            (configured(Some("files"), None, None), "127.0.0.1"),
            (
                configured(Some("files"), Some("minio.internal"), None),
                "127.0.0.1",
            ),
        ] {
            assert_eq!(
                resolved(&config, &at(address, None)),
                Err(problem.clone()),
                "{address}"
            );
        }
    }

    #[test]
    fn a_host_override_is_signed_letter_for_letter_because_it_is_what_is_sent() {
        let address = at("127.0.0.1", Some("Photos.S3.us-west-004.BackblazeB2.com"));
        assert_eq!(
            resolved(&configured(None, None, None), &address),
            Ok((
                "Photos.S3.us-west-004.BackblazeB2.com".to_owned(),
                "us-west-004".to_owned()
            ))
        );
    }

    #[test]
    fn a_backend_that_would_send_another_host_than_the_signed_one_is_a_problem() {
        let address = at("127.0.0.1", Some("photos.s3.us-west-004.backblazeb2.com"));
        let problem = Problem::HostOverride {
            backend: "x".to_owned(),
        };
        for config in [
            configured(Some("other"), None, None),
            configured(None, Some("s3.eu-central-003.backblazeb2.com"), None),
        ] {
            assert_eq!(
                resolved(&config, &address),
                Err(problem.clone()),
                "{config:?}"
            );
        }
        let same = configured(Some("photos"), Some("s3.us-west-004.backblazeb2.com"), None);
        assert!(resolved(&same, &address).is_ok());
    }
}
