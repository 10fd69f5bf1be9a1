//! A request that was signed with the key of a client.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::http::query::{Query, QueryError};
use crate::s3::credentials::Credentials;
use crate::s3::sigv4::claim::Claim;
use crate::s3::sigv4::verify::{SignedParts, verify};
use crate::s3_endpoint::client::Grant;
use crate::s3_endpoint::error::{Code, S3Error};
use crate::s3_endpoint::resource::Resource;
use crate::s3_endpoint::unverified::{Incoming, is_of_s3, of_query};

/// How far a client's clock may be off, as at S3 and B2.
pub const MAX_SKEW: Duration = Duration::from_mins(15);

/// A client with its key. `Debug` does not print that.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its name in the configuration, or that of the origin whose key it has.
    pub name: String,
    /// Its key.
    pub credentials: Credentials,
    /// What it may do.
    pub grant: Grant,
}

/// A request that was signed with the key of a client.
#[derive(Clone, Debug)]
pub struct Verified<'c> {
    /// The client.
    pub client: &'c Client,
    /// What it claimed, which is true.
    pub claim: Claim,
    /// What it is about.
    pub resource: Resource,
    /// The parameters, without those of the signature.
    pub query: Query,
    /// The headers, with those that a presigned URL has in its query string.
    pub headers: HeaderMap,
}

impl<'c> Verified<'c> {
    /// Verifies a request that claims the key of `client`; `None` where no client has it. `stand_in` is a key with which a
    /// request of nobody is verified, so that it takes as long as one of somebody.
    ///
    /// # Errors
    ///
    /// An [`S3Error`] for an unknown key, a wrong signature, a wrong clock and a URL that has expired.
    pub fn new(
        request: &Incoming<'_>,
        resource: Resource,
        claim: Claim,
        client: Option<&'c Client>,
        stand_in: Option<&Credentials>,
        now: SystemTime,
    ) -> Result<Self, S3Error> {
        let parts = SignedParts {
            method: request.method,
            path: &resource.signed_path,
            query: request.query,
            headers: request.headers,
        };
        let credentials = client.map(|client| &client.credentials).or(stand_in);
        let reading = credentials.and_then(|credentials| verify(&parts, &claim, credentials));
        let client = client.ok_or_else(|| {
            S3Error::new(
                Code::InvalidAccessKeyId,
                "unknown_key",
                "No client of this endpoint has this access key ID.",
            )
        })?;
        let plus = reading.ok_or_else(|| {
            S3Error::new(
                Code::SignatureDoesNotMatch,
                "signature_wrong",
                "The signature is not the one that this secret key gives for the request. Check the secret key, and that \
                 nothing on the way changes the request.",
            )
        })?;
        check_time(&claim, now)?;
        let all = Query::parse(request.query, plus).map_err(of_query)?;
        let unsigned = request
            .headers
            .keys()
            .find(|name| is_of_s3(name) && !claim.covers(name));
        if let Some(name) = unsigned {
            let message = format!("The header {name} is not signed.");
            return Err(S3Error::with_message(
                Code::AccessDenied,
                "header_not_signed",
                message,
            ));
        }
        Ok(Self {
            client,
            headers: with_parameters(request.headers, &all)?,
            query: all.filtered(|parameter| {
                let name = parameter.name.to_ascii_lowercase();
                !name.starts_with("x-amz-") && name != "x-id"
            }),
            claim,
            resource,
        })
    }
}

fn check_time(claim: &Claim, now: SystemTime) -> Result<(), S3Error> {
    if let Some(expires) = claim.expires {
        if claim.time > now + MAX_SKEW {
            return Err(S3Error::new(
                Code::AccessDenied,
                "not_yet_valid",
                "This URL is not valid yet: its X-Amz-Date is in the future.",
            ));
        }
        if claim.time + expires <= now {
            return Err(S3Error::new(
                Code::AccessDenied,
                "url_expired",
                "Request has expired: this URL was valid until X-Amz-Date plus X-Amz-Expires seconds.",
            ));
        }
        return Ok(());
    }
    let skew = match now.duration_since(claim.time) {
        Ok(late) => late,
        Err(early) => early.duration(),
    };
    if skew > MAX_SKEW {
        return Err(S3Error::new(
            Code::RequestTimeTooSkewed,
            "clock_skewed",
            "The difference between the time of the request and the current time is too large. Set the clock of the client: \
             it may be off by 15 minutes.",
        ));
    }
    Ok(())
}

/// The headers of a request and those that a presigned URL has as parameters, which the signature covers too. Checksums
/// are not taken from there: an SDK that presigns writes that of an empty body, because it has none yet.
fn with_parameters(headers: &HeaderMap, query: &Query) -> Result<HeaderMap, S3Error> {
    let mut all = headers.clone();
    for parameter in query.iter().filter(|parameter| !Claim::carries(parameter)) {
        let name = parameter.name.to_ascii_lowercase();
        let is_header = name.starts_with("x-amz-")
            && !name.starts_with("x-amz-checksum-")
            && name != "x-amz-sdk-checksum-algorithm"
            && name != "x-amz-content-sha256";
        if !is_header {
            continue;
        }
        let value = parameter.value.as_deref().unwrap_or_default();
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        else {
            return Err(of_query(QueryError::NotUtf8));
        };
        if all.insert(name, value).is_some() {
            return Err(of_query(QueryError::Duplicate));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use http::Method;
    use time::macros::datetime;

    use super::*;
    use crate::http::query::Plus;
    use crate::routing::region::Region;
    use crate::s3::sigv4::{ToSign, sign};
    use crate::s3_endpoint::resource::EndpointHost;
    use crate::s3_endpoint::unverified::Unverified;

    const NOW: time::OffsetDateTime = datetime!(2026-11-26 08:00 UTC);

    fn key(secret: &str) -> Credentials {
        Credentials::new("key-id", secret).expect("a key")
    }

    fn client() -> Client {
        Client {
            name: "uploader".to_owned(),
            credentials: key("secret"),
            grant: Grant::everything("media"),
        }
    }

    /// A `PUT` of `/media/a b`, signed with this key at this time, with these headers besides.
    fn signed(secret: &str, at: time::OffsetDateTime, lines: &[(&str, &str)]) -> HeaderMap {
        let host = HeaderValue::from_static("s3.example.com");
        let mut headers = crate::http::field::header_map(lines);
        let to_sign = ToSign {
            headers: Some(&headers.clone()),
            payload: "UNSIGNED-PAYLOAD",
            ..ToSign::read(&Method::PUT, &host, "/media/a%20b")
        };
        let region = Region::parse("us-west-004").expect("a region");
        let added = sign(&to_sign, &region, &key(secret), at.into()).expect("signable");
        headers.extend(added.into_iter().map(|(name, value)| (Some(name), value)));
        headers.insert("host", host);
        headers
    }

    fn verified(headers: &HeaderMap, query: &str, knows: bool) -> Result<(), &'static str> {
        let request = Incoming {
            method: "PUT",
            path: b"/media/a%20b",
            query,
            headers,
        };
        let host = EndpointHost { bucket: None };
        let unverified = Unverified::parse(host, &request).map_err(|error| error.reason)?;
        let Unverified::Signed { resource, claim } = unverified else {
            unreachable!("a signed request");
        };
        let (client, stand_in) = (client(), key("nobody"));
        let client = Some(&client).filter(|_| knows);
        Verified::new(
            &request,
            resource,
            claim,
            client,
            Some(&stand_in),
            NOW.into(),
        )
        .map(drop)
        .map_err(|error| error.reason)
    }

    #[test]
    fn a_request_is_its_clients_if_the_signature_the_clock_and_every_header_are_right() {
        let minutes = time::Duration::minutes;
        let meta = [("x-amz-meta-a", "1")];
        let mut unsigned = signed("secret", NOW, &[]);
        unsigned.insert("x-amz-acl", HeaderValue::from_static("public-read"));
        let mut changed = signed("secret", NOW, &meta);
        changed.insert("x-amz-meta-a", HeaderValue::from_static("2"));
        let mut twice = signed("secret", NOW, &meta);
        twice.append("x-amz-meta-a", HeaderValue::from_static("1"));
        let mut two_lengths = signed("secret", NOW, &[]);
        two_lengths.append("content-length", HeaderValue::from_static("1"));
        two_lengths.append("content-length", HeaderValue::from_static("1"));
        let secret = |at| signed("secret", at, &[]);
        for (name, headers, knows, result) in [
            ("right", signed("secret", NOW, &meta), true, Ok(())),
            ("15 minutes late", secret(NOW + minutes(15)), true, Ok(())),
            ("15 minutes early", secret(NOW - minutes(15)), true, Ok(())),
            (
                "later",
                secret(NOW + minutes(16)),
                true,
                Err("clock_skewed"),
            ),
            (
                "earlier",
                secret(NOW - minutes(16)),
                true,
                Err("clock_skewed"),
            ),
            (
                "another key",
                signed("Secret", NOW, &[]),
                true,
                Err("signature_wrong"),
            ),
            ("nobody", secret(NOW), false, Err("unknown_key")),
            ("a changed header", changed, true, Err("signature_wrong")),
            (
                "an unsigned header",
                unsigned,
                true,
                Err("header_not_signed"),
            ),
            ("a header twice", twice, true, Err("header_repeated")),
            ("two lengths", two_lengths, true, Err("header_repeated")),
        ] {
            assert_eq!(verified(&headers, "", knows), result, "{name}");
        }
        let right = signed("secret", NOW, &[]);
        assert_eq!(verified(&right, "tagging", true), Err("signature_wrong"));
        assert_eq!(verified(&right, "a=1&a=2", true), Err("query_invalid"));
    }

    #[test]
    fn a_presigned_url_has_its_headers_in_the_query_but_no_checksum() {
        let query = "X-Amz-Acl=private&x-amz-meta-a=b&x-amz-checksum-crc32=AAAAAA%3D%3D&X-Amz-Signature=c\
                     &x-amz-sdk-checksum-algorithm=CRC32&x-id=PutObject&partNumber=1";
        let query = Query::parse(query, Plus::Itself).expect("a query");
        let headers = with_parameters(&HeaderMap::new(), &query).expect("headers");
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["x-amz-acl", "x-amz-meta-a"]);
        let given = crate::http::field::header_map(&[("x-amz-acl", "public-read")]);
        assert_eq!(
            with_parameters(&given, &query).map_err(|error| error.reason),
            Err("query_invalid")
        );
    }
}
