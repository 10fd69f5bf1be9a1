//! The address of a bucket: `<bucket>.s3.<region>.<domain>`, and what is said by it.

use http::HeaderValue;

use crate::routing::region::Region;

/// Which bucket an origin is, and how its requests are addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketAddress {
    /// `<bucket>.<endpoint>`: `Host` of every request to it, and the value of `X-B2-Host`. Where the
    /// backend has a host override this is that, letter for letter, because it is what is sent.
    pub host: HeaderValue,
    /// The region that requests are signed for.
    pub region: Region,
}

/// What an address says by itself.
pub(crate) struct AddressParts<'a> {
    /// The bucket, where the address says it.
    pub(crate) bucket: Option<&'a str>,
    /// The endpoint, where the address says it.
    pub(crate) endpoint: Option<&'a str>,
}

impl<'a> AddressParts<'a> {
    /// Splits `<bucket>.s3.<region>.<domain>` before the `s3` label.
    ///
    /// The last such label counts: a bucket's name may have dots, a domain has no `s3` label.
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

    /// The region in `s3.<region>.<domain>`.
    pub(crate) fn region_of(endpoint: &str) -> Option<Region> {
        let (region, domain) = endpoint.strip_prefix("s3.")?.split_once('.')?;
        domain.contains('.').then_some(())?;
        Region::parse(region)
    }
}

/// Whether `text` can be a bucket's name in a host: 3 to 63 of `a-z 0-9 - .`, no empty label
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>; B2's rules are
/// narrower).
pub(crate) fn is_bucket(text: &str) -> bool {
    (3..=63).contains(&text.len()) && is_host_name(text)
}

/// Whether `text` can be a `Host`: a host name in lower case, with or without a port.
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
