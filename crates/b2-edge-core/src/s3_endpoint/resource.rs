//! What a request to the endpoint is about: nothing, a bucket, or an object in it.
//!
//! In path style, `/bucket/key`, the bucket is the first segment of the path; in virtual-host style it is the first labels
//! of the host (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>).

use crate::http::path::PathError;
use crate::s3::address::is_bucket;
use crate::s3::object_key::{KeyError, ObjectKey};
use crate::s3_endpoint::error::{Code, S3Error};

/// Where a request was sent: to the endpoint itself, or to the host of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointHost {
    /// The bucket in the host's name; `None` in path style.
    pub bucket: Option<String>,
}

impl EndpointHost {
    /// Parses `Host`, which may have a port; `None` for a host that is not the endpoint's. `endpoint` is in lower case and
    /// without a port.
    #[must_use]
    pub fn parse(host: &str, endpoint: &str) -> Option<Self> {
        let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
        let name = name.strip_suffix('.').unwrap_or(name);
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if name.eq_ignore_ascii_case(endpoint) {
            return Some(Self { bucket: None });
        }
        let at = name.len().checked_sub(endpoint.len() + 1)?;
        let (bucket, rest) = (name.get(..at)?, name.get(at..)?);
        let is_below = rest
            .strip_prefix('.')
            .is_some_and(|rest| rest.eq_ignore_ascii_case(endpoint));
        (is_below && !bucket.is_empty()).then(|| Self {
            bucket: Some(bucket.to_ascii_lowercase()),
        })
    }
}

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The bucket; `None` for the endpoint itself.
    pub bucket: Option<String>,
    /// The key; `None` for the bucket itself.
    pub key: Option<ObjectKey>,
    /// The path as clients sign it: that of the request, in its canonical encoding.
    pub signed_path: String,
}

impl Resource {
    /// Parses the path of a request target.
    ///
    /// # Errors
    ///
    /// An [`S3Error`] for a path that names no bucket or object, or more than one.
    pub fn parse(host: EndpointHost, path: &[u8]) -> Result<Self, S3Error> {
        let path = std::str::from_utf8(path).map_err(|_| of_path(PathError::NotUtf8))?;
        let path = path
            .strip_prefix('/')
            .ok_or_else(|| of_path(PathError::NotAPath))?;
        let (bucket, rest, above) = if let Some(bucket) = host.bucket {
            (bucket, Some(path), String::new())
        } else {
            let (bucket, rest) = match path.split_once('/') {
                Some((bucket, rest)) => (bucket, Some(rest)),
                None => (path, None),
            };
            if bucket.is_empty() && rest.is_none() {
                return Ok(Self {
                    bucket: None,
                    key: None,
                    signed_path: "/".to_owned(),
                });
            }
            (bucket.to_owned(), rest, format!("/{bucket}"))
        };
        if !is_bucket(&bucket) {
            return Err(no_such_bucket());
        }
        let key = match rest {
            None | Some("") => None,
            Some(rest) => Some(key_of(rest)?),
        };
        let below = match (&key, rest) {
            (Some(key), _) => key.to_path(),
            (None, Some(_)) => "/".to_owned(),
            (None, None) => String::new(),
        };
        Ok(Self {
            bucket: Some(bucket),
            key,
            signed_path: format!("{above}{below}"),
        })
    }
}

/// The key of an encoded path without its first slash.
fn key_of(path: &str) -> Result<ObjectKey, S3Error> {
    ObjectKey::from_path(format!("/{path}").as_bytes()).map_err(of_key)
}

/// The error for a text that is no key.
pub(super) fn of_key(error: KeyError) -> S3Error {
    match error {
        KeyError::Path(error) => of_path(error),
        KeyError::Bucket | KeyError::NoIndex | KeyError::OutsideBasePath => S3Error::new(
            Code::InvalidRequest,
            "key_empty",
            "A key must have a character other than a slash.",
        ),
    }
}

fn of_path(error: PathError) -> S3Error {
    let code = match error {
        PathError::TooLong => Code::KeyTooLong,
        _ => Code::InvalidUri,
    };
    S3Error::new(code, error.reason(), error.message())
}

/// The bucket does not exist here.
#[must_use]
pub const fn no_such_bucket() -> S3Error {
    S3Error::new(
        Code::NoSuchBucket,
        "no_such_bucket",
        "No origin of this service has a bucket of this name.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_without_its_port_and_its_case() {
        for (host, bucket) in [
            ("s3.example.com", Some(None)),
            ("S3.Example.COM:8080", Some(None)),
            ("s3.example.com.", Some(None)),
            ("media.s3.example.com", Some(Some("media"))),
            ("My.Media.s3.example.com:443", Some(Some("my.media"))),
            ("example.com", None),
            ("xs3.example.com", None),
            (".s3.example.com", None),
            ("s3.example.com.evil", None),
            ("s3.example.com:x", None),
            ("", None),
        ] {
            let parsed = EndpointHost::parse(host, "s3.example.com");
            let expected = bucket.map(|bucket| EndpointHost {
                bucket: bucket.map(ToOwned::to_owned),
            });
            assert_eq!(parsed, expected, "{host}");
        }
    }

    fn parsed(bucket: Option<&str>, path: &str) -> Result<Resource, S3Error> {
        let host = EndpointHost {
            bucket: bucket.map(ToOwned::to_owned),
        };
        Resource::parse(host, path.as_bytes())
    }

    #[test]
    fn both_styles_name_a_bucket_and_a_key_and_are_signed_as_they_are() {
        for (host, path, bucket, key, signed) in [
            (None, "/", None, None, "/"),
            (None, "/media", Some("media"), None, "/media"),
            (None, "/media/", Some("media"), None, "/media/"),
            (None, "/media/a", Some("media"), Some("a"), "/media/a"),
            (None, "/media//a", Some("media"), Some("/a"), "/media//a"),
            (
                None,
                "/media/a%20b+c",
                Some("media"),
                Some("a b+c"),
                "/media/a%20b%2Bc",
            ),
            (
                None,
                "/media/a%2fb",
                Some("media"),
                Some("a/b"),
                "/media/a/b",
            ),
            (Some("media"), "/", Some("media"), None, "/"),
            (
                Some("media"),
                "/media/a",
                Some("media"),
                Some("media/a"),
                "/media/a",
            ),
            (Some("media"), "//a", Some("media"), Some("/a"), "//a"),
        ] {
            let resource = parsed(host, path).expect(path);
            assert_eq!(resource.bucket.as_deref(), bucket, "{path}");
            assert_eq!(resource.key.as_ref().map(ObjectKey::as_str), key, "{path}");
            assert_eq!(resource.signed_path, signed, "{path}");
        }
    }

    #[test]
    fn a_path_that_could_be_another_object_is_refused() {
        for (path, code) in [
            ("//", Code::NoSuchBucket),
            ("//media/a", Code::NoSuchBucket),
            ("/Media/a", Code::NoSuchBucket),
            ("/_b2-edge/", Code::NoSuchBucket),
            ("/media%2Fa", Code::NoSuchBucket),
            ("/me%64ia/a", Code::NoSuchBucket),
            ("/media//", Code::InvalidRequest),
            ("/media/%2f", Code::InvalidRequest),
            ("/media/../other/a", Code::InvalidUri),
            ("/media/%2e%2e/a", Code::InvalidUri),
            ("/media/a%2F.%2e", Code::InvalidUri),
            ("/media/%", Code::InvalidUri),
            ("/media/%ff", Code::InvalidUri),
            ("/media/%00", Code::InvalidUri),
            ("media/a", Code::InvalidUri),
            ("*", Code::InvalidUri),
            (&format!("/media/{}", "a".repeat(1025)), Code::KeyTooLong),
        ] {
            let error = parsed(None, path).expect_err(path);
            assert_eq!(error.code, code, "{path}");
        }
    }
}
