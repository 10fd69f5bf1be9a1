//! `x-amz-copy-source`: the object that a copy reads
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>).

use percent_encoding::percent_decode_str;

use crate::http::path::has_bad_escape;
use crate::s3::address::is_bucket;
use crate::s3::object_key::ObjectKey;
use crate::s3_endpoint::error::{Code, S3Error};
use crate::s3_endpoint::resource::{no_such_bucket, of_key};

/// The source of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySource {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: ObjectKey,
    /// Its version.
    pub version_id: Option<String>,
}

impl CopySource {
    /// Parses the header: `bucket/key` or `/bucket/key`, percent-encoded, with or without `?versionId=…`.
    ///
    /// # Errors
    ///
    /// An [`S3Error`] for a value that names no object.
    pub fn parse(value: &str) -> Result<Self, S3Error> {
        let invalid = || {
            S3Error::new(
                Code::InvalidArgument,
                "copy_source_invalid",
                "x-amz-copy-source must be /bucket/key, percent-encoded, with or without ?versionId=<ID>.",
            )
        };
        // A `?` of the key is percent-encoded.
        let (path, version_id) = match value.split_once('?') {
            Some((path, query)) => {
                let id = query.strip_prefix("versionId=").ok_or_else(invalid)?;
                let is_id = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
                if id.is_empty() || !id.bytes().all(is_id) {
                    return Err(invalid());
                }
                (path, Some(id.to_owned()))
            }
            None => (value, None),
        };
        if has_bad_escape(path.as_bytes()) {
            return Err(invalid());
        }
        // Some clients encode the slashes too.
        let path = percent_decode_str(path)
            .decode_utf8()
            .map_err(|_| invalid())?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        let (bucket, key) = path.split_once('/').ok_or_else(invalid)?;
        if !is_bucket(bucket) {
            return Err(no_such_bucket());
        }
        Ok(Self {
            bucket: bucket.to_owned(),
            key: ObjectKey::from_decoded(key).map_err(of_key)?,
            version_id,
        })
    }

    /// The header for the bucket.
    #[must_use]
    pub fn to_header(&self) -> String {
        let version = self.version_id.as_ref();
        let version = version.map_or_else(String::new, |id| format!("?versionId={id}"));
        format!("/{}{}{version}", self.bucket, self.key.to_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_decoded_once_and_encoded_once() {
        for (value, header) in [
            ("/media/a", "/media/a"),
            ("media/a b+c", "/media/a%20b%2Bc"),
            ("media/a%20b%2Bc", "/media/a%20b%2Bc"),
            (
                "/media/a%3Fb?versionId=4_z-1",
                "/media/a%3Fb?versionId=4_z-1",
            ),
            ("%2Fmedia%2Fa%2Fb", "/media/a/b"),
            ("media%2fa", "/media/a"),
            ("media//a", "/media//a"),
        ] {
            let source = CopySource::parse(value).expect(value);
            assert_eq!(source.to_header(), header, "{value}");
        }
    }

    #[test]
    fn a_source_that_names_no_object_is_refused() {
        for (value, code) in [
            ("", Code::InvalidArgument),
            ("media", Code::InvalidArgument),
            ("media/a?versionId=", Code::InvalidArgument),
            ("media/a?acl", Code::InvalidArgument),
            ("media/a?versionId=1&x=2", Code::InvalidArgument),
            ("Media/a", Code::NoSuchBucket),
            ("//media/a", Code::NoSuchBucket),
            ("media/", Code::InvalidRequest),
            ("media/../other/a", Code::InvalidUri),
            ("media/%2e%2e%2fother/a", Code::InvalidUri),
            ("media/%zz", Code::InvalidArgument),
            ("media/%ff", Code::InvalidArgument),
        ] {
            let error = CopySource::parse(value).expect_err(value);
            assert_eq!(error.code, code, "{value}");
        }
    }
}
