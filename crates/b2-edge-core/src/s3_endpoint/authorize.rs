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
/// An [`S3Error`] for a text that is no key, and for a key or version that the client may not name.
pub fn authorize_keys<'k>(
    grant: &Grant,
    keys: impl IntoIterator<Item = (&'k str, bool)>,
) -> Result<Vec<ObjectKey>, S3Error> {
    let mut objects = Vec::new();
    for (key, has_version) in keys {
        let object = ObjectKey::from_decoded(key).map_err(of_key)?;
        if !grant.has_key(key) {
            return Err(outside_prefix());
        }
        if has_version && !grant.has(Right::Versions) {
            return Err(missing_right(Right::Versions));
        }
        objects.push(object);
    }
    Ok(objects)
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
