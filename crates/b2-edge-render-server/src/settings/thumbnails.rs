//! The settings of `POST /thumbnail`.

use b2_edge_core::images::preset::Preset;
use b2_edge_core::routing::region::Region;
use b2_edge_core::s3::credentials::{Credentials, CredentialsError};
use http::HeaderValue;

use super::environment::{Environment, Mistake};
use super::hosts::is_host;
use super::resize_options;
use crate::secret::Secret;

/// What `POST /thumbnail` needs.
#[derive(Debug)]
pub(crate) struct ThumbnailSettings {
    /// The key of B2, which reads originals and writes thumbnails.
    pub(crate) credentials: Credentials,
    /// Where the buckets are.
    pub(crate) endpoint: Endpoint,
    /// The value of `X-RisingCloud-Auth`.
    pub(crate) api_key: Secret,
    /// How thumbnails are made.
    pub(crate) preset: Preset,
}

/// An S3 endpoint: `https://s3.<region>.<domain>`.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// The host, as it is sent and signed.
    pub(crate) host: HeaderValue,
    /// The host as text.
    pub(crate) authority: String,
    /// The region to sign for.
    pub(crate) region: Region,
}

impl ThumbnailSettings {
    /// Reads the variables; `None` if no key of B2 is set.
    pub(crate) fn read(environment: &Environment<'_>) -> Result<Option<Self>, Mistake> {
        const ID: &str = "AWS_ACCESS_KEY_ID";
        const KEY: &str = "AWS_SECRET_ACCESS_KEY";
        if environment.text(ID)?.is_none() && environment.text(KEY)?.is_none() {
            return Ok(None);
        }
        let (id, key) = (environment.required(ID)?, environment.required(KEY)?);
        let credentials = Credentials::new(&id, &key).map_err(|error| match error {
            CredentialsError::KeyId => Mistake::new(ID, "is not a key ID"),
            CredentialsError::ApplicationKey => Mistake::new(KEY, "is not an application key"),
        })?;
        let endpoint = environment.required("B2_ENDPOINT")?;
        Ok(Some(Self {
            credentials,
            endpoint: Endpoint::parse(&endpoint).ok_or_else(|| {
                let form = "must be like https://s3.us-west-004.backblazeb2.com";
                Mistake::new("B2_ENDPOINT", form)
            })?,
            api_key: Secret::new(environment.required("API_KEY")?),
            preset: resize_options::read(environment)?,
        }))
    }
}

impl Endpoint {
    /// Parses the URL of an endpoint.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let authority = url.strip_prefix("https://")?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (region, domain) = authority.strip_prefix("s3.")?.split_once('.')?;
        (is_host(authority) && domain.contains('.')).then_some(())?;
        Some(Self {
            host: HeaderValue::from_str(authority).ok()?,
            authority: authority.to_owned(),
            region: Region::parse(region)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_comes_from_the_endpoint() {
        for (url, region) in [
            ("https://s3.us-west-004.backblazeb2.com", "us-west-004"),
            (
                "https://s3.eu-central-003.backblazeb2.com/",
                "eu-central-003",
            ),
        ] {
            let endpoint = Endpoint::parse(url).expect(url);
            assert_eq!(endpoint.region.as_str(), region);
            assert_eq!(
                format!("https://{}", endpoint.authority),
                url.trim_end_matches('/')
            );
        }
    }

    #[test]
    fn another_form_is_refused() {
        for url in [
            "s3.us-west-004.backblazeb2.com",
            "http://s3.us-west-004.backblazeb2.com",
            "https://media.s3.us-west-004.backblazeb2.com",
            "https://s3.us-west-004",
            "https://s3.US-WEST-004.backblazeb2.com",
            "https://s3.us-west-004.backblazeb2.com/bucket",
            "https://u:p@s3.us-west-004.backblazeb2.com",
        ] {
            assert!(Endpoint::parse(url).is_none(), "{url}");
        }
    }
}
