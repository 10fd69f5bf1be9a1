//! Decides whether a client may do what it asks for.
//!
//! In three steps, because secrets are read between them: [`super::unverified`] is what a request says,
//! [`super::verified`] that a client of ours signed it, and this that the client may do it. A refusal contacts no origin,
//! and tells nobody about buckets, keys or clients who has not signed.

use std::time::SystemTime;

use crate::routing::region::Region;
use crate::s3::object_key::ObjectKey;
use crate::s3_endpoint::client::{Grant, Right};
use crate::s3_endpoint::copy_source::CopySource;
use crate::s3_endpoint::error::{Code, S3Error};
use crate::s3_endpoint::operation::{Operation, Scope, X_AMZ_COPY_SOURCE};
use crate::s3_endpoint::resource::{Resource, no_such_bucket, of_key};
use crate::s3_endpoint::verified::Verified;

/// Regions that a client may sign for whatever the bucket's is, because it may not know that.
const ANY_REGION: [&str; 2] = ["auto", "us-east-1"];

/// A bucket of the service.
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'s> {
    /// Its name.
    pub name: &'s str,
    /// Its region.
    pub region: &'s Region,
    /// The index of its origin.
    pub origin: usize,
}

impl Verified<'_> {
    /// Decides whether the client may do it.
    ///
    /// # Errors
    ///
    /// An [`S3Error`] that names what is missing.
    pub fn authorize(
        &self,
        method: &str,
        buckets: &[Bucket<'_>],
        now: SystemTime,
    ) -> Result<Authorized, S3Error> {
        let Resource { bucket, key, .. } = &self.resource;
        let grant = &self.client.grant;
        if grant.is_over(now) {
            return Err(denied(
                "client_expired",
                "The access of this client has ended (s3.clients, until).",
            ));
        }
        let known = match bucket {
            None => None,
            Some(name) => {
                let known = buckets.iter().find(|bucket| bucket.name == name);
                Some(known.ok_or_else(no_such_bucket)?)
            }
        };
        if let Some(bucket) = bucket
            && !grant.has_bucket(bucket)
        {
            return Err(denied(
                "bucket_not_granted",
                "This client may not use this bucket (s3.clients, buckets).",
            ));
        }
        self.check_region(known, buckets)?;
        let operation = Operation::of(
            method,
            bucket.is_some(),
            key.is_some(),
            &self.query,
            &self.headers,
        )?;
        for right in operation.rights(&self.query, &self.headers) {
            if !grant.has(right) {
                return Err(missing_right(right));
            }
        }
        match operation.scope() {
            Scope::Key if !key.as_ref().is_some_and(|key| grant.has_key(key.as_str())) => {
                return Err(outside_prefix());
            }
            Scope::PrefixParameter
                if !grant.has_all_below(self.query.get("prefix").unwrap_or_default()) =>
            {
                return Err(denied(
                    "prefix_outside",
                    "This client may list below its prefix only (s3.clients, prefix): the parameter prefix must begin with \
                     it and a slash.",
                ));
            }
            Scope::Key | Scope::PrefixParameter | Scope::KeysInBody | Scope::Bucket => {}
        }
        let copy_source = if operation.is_copy() {
            Some(self.copy_source(bucket.as_deref(), buckets)?)
        } else {
            None
        };
        Ok(Authorized {
            operation,
            origin: known.map(|bucket| bucket.origin),
            copy_source,
        })
    }

    fn check_region(
        &self,
        of_bucket: Option<&Bucket<'_>>,
        buckets: &[Bucket<'_>],
    ) -> Result<(), S3Error> {
        let region = self.claim.region.as_str();
        let is_right = |bucket: &Bucket<'_>| bucket.region.as_str() == region;
        let is_accepted = match of_bucket {
            Some(bucket) => is_right(bucket),
            None => buckets.iter().any(is_right),
        };
        if is_accepted || ANY_REGION.contains(&region) {
            return Ok(());
        }
        let right = of_bucket.or_else(|| buckets.first());
        let right = right.map_or("us-east-1", |bucket| bucket.region.as_str());
        Err(S3Error {
            region: Some(right.to_owned()),
            ..S3Error::with_message(
                Code::AuthorizationHeaderMalformed,
                "region_wrong",
                format!("The region of the signature is wrong; expecting '{right}'."),
            )
        })
    }

    /// The source of a copy, which must be in the same bucket and within the grant.
    fn copy_source(
        &self,
        bucket: Option<&str>,
        buckets: &[Bucket<'_>],
    ) -> Result<CopySource, S3Error> {
        let value = self.headers.get(X_AMZ_COPY_SOURCE);
        let text = value.and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
        let source = CopySource::parse(text.unwrap_or_default())?;
        let grant = &self.client.grant;
        if !buckets.iter().any(|known| known.name == source.bucket) {
            return Err(no_such_bucket());
        }
        if !grant.has_bucket(&source.bucket) {
            return Err(denied(
                "bucket_not_granted",
                "This client may not read the bucket of x-amz-copy-source (s3.clients, buckets).",
            ));
        }
        if !grant.has_key(source.key.as_str()) {
            return Err(outside_prefix());
        }
        if source.version_id.is_some() && !grant.has(Right::Versions) {
            return Err(missing_right(Right::Versions));
        }
        if Some(source.bucket.as_str()) != bucket {
            return Err(S3Error::new(
                Code::InvalidRequest,
                "copy_between_buckets",
                "Source and destination of a copy must be in the same bucket, because each bucket has its own region and key.",
            ));
        }
        Ok(source)
    }
}

/// A request that is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorized {
    /// What it asks for.
    pub operation: Operation,
    /// The index of its origin; `None` for [`Operation::ListBuckets`].
    pub origin: Option<usize>,
    /// What a copy reads.
    pub copy_source: Option<CopySource>,
}

/// Decides whether each key that `DeleteObjects` names may be deleted: one that may not refuses all.
///
/// # Errors
///
/// An [`S3Error`] for a text that is no key, and for a key outside the client's prefix.
pub fn authorize_keys<'k>(
    grant: &Grant,
    keys: impl IntoIterator<Item = &'k str>,
) -> Result<Vec<ObjectKey>, S3Error> {
    let authorize = |key| {
        let object = ObjectKey::from_decoded(key).map_err(of_key)?;
        if grant.has_key(key) {
            Ok(object)
        } else {
            Err(outside_prefix())
        }
    };
    keys.into_iter().map(authorize).collect()
}

const fn denied(reason: &'static str, message: &'static str) -> S3Error {
    S3Error::new(Code::AccessDenied, reason, message)
}

fn missing_right(right: Right) -> S3Error {
    let word = right.as_str();
    S3Error::with_message(
        Code::AccessDenied,
        "right_missing",
        format!("This client does not have the right to {word} (s3.clients, allow: \"{word}\")."),
    )
}

const fn outside_prefix() -> S3Error {
    denied(
        "key_outside_prefix",
        "This key is outside the prefix of the client (s3.clients, prefix).",
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::*;
    use crate::http::field::header_map;
    use crate::http::query::{Plus, Query};
    use crate::s3::credentials::Credentials;
    use crate::s3::sigv4::claim::{Claim, PayloadClaim};
    use crate::s3_endpoint::verified::Client;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn client(rights: &[Right]) -> Client {
        Client {
            name: "uploader".to_owned(),
            credentials: Credentials::new("key-id", "secret").expect("a key"),
            grant: Grant {
                buckets: vec!["media".to_owned(), "other".to_owned()],
                prefix: "in/".to_owned(),
                rights: rights.to_vec(),
                until: Some(NOW + Duration::from_secs(1)),
            },
        }
    }

    /// A request that was signed for this region, with a method and a path-style target.
    fn request<'c>(client: &'c Client, target: &str, region: &str, copies: &str) -> Verified<'c> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let host = crate::s3_endpoint::resource::EndpointHost { bucket: None };
        let lines = [(X_AMZ_COPY_SOURCE, copies)];
        let lines = if copies.is_empty() { &[][..] } else { &lines };
        Verified {
            client,
            claim: Claim {
                key_id: "key-id".to_owned(),
                region: region.to_owned(),
                date: "19700101".to_owned(),
                timestamp: "19700101T000000Z".to_owned(),
                time: NOW,
                signed_headers: Vec::new(),
                signature: String::new(),
                payload: PayloadClaim::Unsigned,
                expires: None,
            },
            resource: Resource::parse(host, path.as_bytes()).expect(path),
            query: Query::parse(query, Plus::Itself).expect(query),
            headers: if lines.is_empty() {
                HeaderMap::new()
            } else {
                header_map(lines)
            },
        }
    }

    fn decided(
        request: &Verified<'_>,
        method: &str,
        now: SystemTime,
    ) -> Result<Option<usize>, (Code, &'static str)> {
        let regions =
            ["us-west-004", "eu-central-003"].map(|name| Region::parse(name).expect(name));
        let names = ["media", "foreign", "other"];
        let buckets: Vec<Bucket<'_>> = names
            .iter()
            .enumerate()
            .map(|(origin, name)| Bucket {
                name,
                region: regions.get(origin % 2).expect("a region"),
                origin,
            })
            .collect();
        request
            .authorize(method, &buckets, now)
            .map(|authorized| authorized.origin)
            .map_err(|error| (error.code, error.reason))
    }

    #[test]
    fn a_client_does_what_it_may_where_it_may() {
        let denied = |reason| Err((Code::AccessDenied, reason));
        let all = client(&Right::ALL);
        for (method, target, result) in [
            ("GET", "/", Ok(None)),
            ("GET", "/media/in/a", Ok(Some(0))),
            ("PUT", "/other/in/a", Ok(Some(2))),
            ("GET", "/media?prefix=in/", Ok(Some(0))),
            ("GET", "/media?list-type=2&prefix=in/a", Ok(Some(0))),
            ("POST", "/media?delete", Ok(Some(0))),
            ("HEAD", "/media", Ok(Some(0))),
            ("GET", "/media/out", denied("key_outside_prefix")),
            ("PUT", "/media/in", denied("key_outside_prefix")),
            ("DELETE", "/media/inside", denied("key_outside_prefix")),
            ("GET", "/media", denied("prefix_outside")),
            ("GET", "/media?prefix=", denied("prefix_outside")),
            ("GET", "/media?versions&prefix=i", denied("prefix_outside")),
            (
                "GET",
                "/media?uploads&prefix=out/",
                denied("prefix_outside"),
            ),
            ("GET", "/foreign/in/a", denied("bucket_not_granted")),
            (
                "GET",
                "/missing/in/a",
                Err((Code::NoSuchBucket, "no_such_bucket")),
            ),
            ("PUT", "/media", denied("operation_not_available")),
        ] {
            let request = request(&all, target, "auto", "");
            assert_eq!(decided(&request, method, NOW), result, "{method} {target}");
        }
        let request = request(&all, "/media/in/a", "auto", "");
        let later = NOW + Duration::from_secs(1);
        assert_eq!(decided(&request, "GET", later), denied("client_expired"));
    }

    #[test]
    fn a_right_that_is_missing_is_named() {
        for (method, target, rights, missing) in [
            ("GET", "/media/in/a", &[Right::Write][..], Right::Read),
            (
                "GET",
                "/media/in/a?versionId=1",
                &[Right::Read],
                Right::Versions,
            ),
            (
                "PUT",
                "/media/in/a",
                &[Right::Read, Right::Delete],
                Right::Write,
            ),
            ("DELETE", "/media/in/a", &[Right::Write], Right::Delete),
            ("GET", "/media?prefix=in/", &[Right::Read], Right::List),
            ("PUT", "/media/in/a?retention", &[Right::Write], Right::Lock),
        ] {
            let client = client(rights);
            let request = request(&client, target, "auto", "");
            let error = request
                .authorize(
                    method,
                    &[Bucket {
                        name: "media",
                        region: &Region::parse("us-west-004").expect("a region"),
                        origin: 0,
                    }],
                    NOW,
                )
                .expect_err(target);
            assert_eq!(error.reason, "right_missing", "{method} {target}");
            let named = format!("\"{}\"", missing.as_str());
            assert!(error.message.contains(&named), "{}", error.message);
        }
    }

    #[test]
    fn a_wrong_region_is_told_with_the_right_one() {
        let all = client(&Right::ALL);
        for (region, is_right) in [
            ("us-west-004", true),
            ("auto", true),
            ("us-east-1", true),
            ("eu-central-003", false),
            ("", false),
        ] {
            let request = request(&all, "/media/in/a", region, "");
            let result = decided(&request, "GET", NOW);
            let expected = if is_right {
                Ok(Some(0))
            } else {
                Err((Code::AuthorizationHeaderMalformed, "region_wrong"))
            };
            assert_eq!(result, expected, "{region}");
        }
        // Buckets have no common region, so any of them will do.
        let request = request(&all, "/", "eu-central-003", "");
        assert_eq!(decided(&request, "GET", NOW), Ok(None));
    }

    #[test]
    fn a_copy_reads_within_the_grant_and_the_bucket() {
        let all = client(&Right::ALL);
        let denied = |reason| Err((Code::AccessDenied, reason));
        for (source, result) in [
            ("media/in/b", Ok(Some(0))),
            ("/media/in/b?versionId=1", Ok(Some(0))),
            ("media/out", denied("key_outside_prefix")),
            ("foreign/in/b", denied("bucket_not_granted")),
            ("missing/in/b", Err((Code::NoSuchBucket, "no_such_bucket"))),
            (
                "other/in/b",
                Err((Code::InvalidRequest, "copy_between_buckets")),
            ),
            (
                "media/in/../../other",
                Err((Code::InvalidUri, "key_dot_segment")),
            ),
        ] {
            let request = request(&all, "/media/in/a", "auto", source);
            assert_eq!(decided(&request, "PUT", NOW), result, "{source}");
        }
        let writer = client(&[Right::Write]);
        let request = request(&writer, "/media/in/a", "auto", "media/in/b");
        assert_eq!(decided(&request, "PUT", NOW), denied("right_missing"));
    }

    #[test]
    fn one_foreign_key_refuses_all_of_a_list() {
        let grant = client(&[Right::Delete]).grant;
        let keys = |list: &[&'static str]| {
            authorize_keys(&grant, list.iter().copied()).map_err(|error| error.reason)
        };
        assert_eq!(keys(&["in/a", "in/b"]).map(|keys| keys.len()), Ok(2));
        assert_eq!(keys(&["in/a", "out"]), Err("key_outside_prefix"));
        assert_eq!(keys(&["in/../a"]), Err("key_dot_segment"));
    }
}
