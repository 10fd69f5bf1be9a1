//! Presigned URLs: the signature is in the query string, so that whoever has the URL can send the request
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>).

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, sign as sign_request,
};
use aws_sigv4::sign::v4::SigningParams;

use super::{NotSignable, UNSIGNED_PAYLOAD, settings_of_s3};
use crate::s3::address::BucketAddress;
use crate::s3::credentials::Credentials;
use crate::s3::object_key::encoded;

/// The URL with which anybody can `GET` the object at the encoded `path` until `lifetime` after `now`.
///
/// # Errors
///
/// [`NotSignable`] if the path cannot be part of a URI.
pub fn presigned_url(
    address: &BucketAddress,
    path: &str,
    credentials: &Credentials,
    now: SystemTime,
    lifetime: Duration,
) -> Result<String, NotSignable> {
    let mut settings = settings_of_s3();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(lifetime);
    let params = SigningParams::builder()
        .identity(credentials.identity())
        .region(address.region.as_str())
        .name("s3")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|_| NotSignable)?
        .into();
    let host = address.host.to_str().map_err(|_| NotSignable)?;
    let url = format!("https://{host}{path}");
    let body = SignableBody::Precomputed(UNSIGNED_PAYLOAD.to_owned());
    let headers = std::iter::once(("host", host));
    let signable = SignableRequest::new("GET", url.as_str(), headers, body);
    let (instructions, _signature) = sign_request(signable.map_err(|_| NotSignable)?, &params)
        .map_err(|_| NotSignable)?
        .into_parts();
    let mut signed = url;
    let mut separator = '?';
    for (name, value) in instructions.params() {
        let value: String = encoded(value).collect();
        // The slashes of the scope, which a key would keep.
        let value = value.replace('/', "%2F");
        let _ = write!(signed, "{separator}{name}={value}");
        separator = '&';
    }
    Ok(signed)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use time::macros::datetime;

    use super::*;
    use crate::routing::region::Region;

    /// The example in the source named above.
    #[test]
    fn the_published_example_has_the_published_signature() {
        let address = BucketAddress {
            host: HeaderValue::from_static("examplebucket.s3.amazonaws.com"),
            bucket: "examplebucket".to_owned(),
            region: Region::parse("us-east-1").expect("a region"),
        };
        let credentials = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        );
        let url = presigned_url(
            &address,
            "/test.txt",
            &credentials.expect("a key"),
            datetime!(2013-05-24 00:00:00 UTC).into(),
            Duration::from_hours(24),
        );
        assert_eq!(
            url.as_deref(),
            Ok("https://examplebucket.s3.amazonaws.com/test.txt\
                ?X-Amz-Algorithm=AWS4-HMAC-SHA256\
                &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
                &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
                &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
        );
    }
}
