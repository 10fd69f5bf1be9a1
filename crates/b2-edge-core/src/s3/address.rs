//! Bucket addresses: `<bucket>.s3.<region>.<domain>`.

use http::HeaderValue;

use crate::routing::region::Region;

/// The host and region of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketAddress {
    /// `<bucket>.<endpoint>`: the `Host` of requests to the bucket, and the value of `X-B2-Host`. If the
    /// backend has a host override, this is the override letter for letter, because Fastly sends it and the
    /// signature covers it.
    pub host: HeaderValue,
    /// The bucket.
    pub bucket: String,
    /// The region to sign for.
    pub region: Region,
}

impl BucketAddress {
    /// The host without the bucket: `s3.<region>.<domain>`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        let host = self.host.to_str().unwrap_or_default();
        host.get(self.bucket.len() + 1..).unwrap_or_default()
    }
}

/// The parts of a bucket address.
pub(crate) struct AddressParts<'a> {
    /// The bucket; `None` if the address has none.
    pub(crate) bucket: Option<&'a str>,
    /// The endpoint, `s3.<region>.<domain>`; `None` if the address has none.
    pub(crate) endpoint: Option<&'a str>,
}

impl<'a> AddressParts<'a> {
    /// Splits `<bucket>.s3.<region>.<domain>` at the last `.s3.`, because a bucket's name may contain dots
    /// and `s3` labels, and the domain does not.
    pub(crate) fn of(address: &'a str) -> Self {
        let (bucket, endpoint) = match address.rfind(".s3.") {
            Some(at) => (address.get(..at), address.get(at + 1..)),
            None => (None, None),
        };
        let endpoint = endpoint.filter(|endpoint| Self::region_of(endpoint).is_some());
        Self {
            bucket: bucket.filter(|_| endpoint.is_some()),
            endpoint,
        }
    }

    /// The region of an endpoint `s3.<region>.<domain>`; `None` for another form.
    pub(crate) fn region_of(endpoint: &str) -> Option<Region> {
        let (region, domain) = endpoint.strip_prefix("s3.")?.split_once('.')?;
        domain.contains('.').then_some(())?;
        Region::parse(region)
    }
}

/// Whether `text` is a valid bucket name in a host name: 3 to 63 of `a-z 0-9 - .`, no empty label
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>; B2's rules are stricter).
pub(crate) fn is_bucket(text: &str) -> bool {
    (3..=63).contains(&text.len()) && is_host_name(text)
}

/// Whether `text` is a valid `Host`: a host name in lower case, with an optional port, at most 253 bytes.
pub(crate) fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let is_port = port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    text.len() <= 253 && is_host_name(name) && is_port
}

fn is_host_name(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}
