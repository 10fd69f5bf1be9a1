//! The operation that a request asks for, and what a client needs for it.
//!
//! Operations and parameters are allow-lists: a parameter that is not known is refused, because dropped it could turn one
//! operation into another (`PUT /key?tagging` would overwrite the object), and passed on it could reach what no right
//! covers.

use http::HeaderMap;

use crate::http::query::Query;
use crate::s3_endpoint::client::Right;
use crate::s3_endpoint::error::{Code, S3Error};

/// The header that makes a `PUT` a copy.
pub const X_AMZ_COPY_SOURCE: &str = "x-amz-copy-source";

/// The headers of a `PUT` that lock the object that it stores.
const LOCK_HEADERS: [&str; 3] = [
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold",
];

/// The header that bypasses a retention.
const BYPASS_HEADER: &str = "x-amz-bypass-governance-retention";

/// An operation of S3, by the name in its API
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the API")]
pub enum Operation {
    ListBuckets,
    HeadBucket,
    GetBucketLocation,
    GetBucketVersioning,
    ListObjects,
    ListObjectsV2,
    ListObjectVersions,
    ListMultipartUploads,
    GetObject,
    HeadObject,
    GetObjectAcl,
    GetObjectRetention,
    GetObjectLegalHold,
    PutObject,
    CopyObject,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListParts,
    DeleteObject,
    DeleteObjects,
    PutObjectRetention,
    PutObjectLegalHold,
    /// `OPTIONS`, a CORS preflight, which cannot be signed.
    Preflight,
}

use Operation as Op;

/// What a client needs besides a grant for the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The key of the request must be within the client's prefix.
    Key,
    /// The parameter `prefix` must be.
    PrefixParameter,
    /// Each key in the body must be.
    KeysInBody,
    /// The whole bucket, of which nothing but its existence shows.
    Bucket,
}

/// Parameters that choose the representation of an object's headers.
const RESPONSE: [&str; 6] = [
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
];

impl Operation {
    /// The operation of a request. `query` has no parameters of the signature.
    ///
    /// # Errors
    ///
    /// An [`S3Error`] for what is no operation, or none that this endpoint has.
    pub fn of(
        method: &str,
        has_bucket: bool,
        has_key: bool,
        query: &Query,
        headers: &HeaderMap,
    ) -> Result<Self, S3Error> {
        let is_copy = headers.contains_key(X_AMZ_COPY_SOURCE);
        let has = |name| query.has(name);
        let operation = match (method, has_bucket, has_key) {
            ("OPTIONS", true, _) => return Ok(Op::Preflight),
            ("GET", false, _) => return Ok(Op::ListBuckets),
            ("GET", true, false) => Self::of_get_bucket(query),
            ("HEAD", true, false) => Some(Op::HeadBucket),
            ("POST", true, false) if has("delete") => Some(Op::DeleteObjects),
            ("GET", true, true) if has("acl") => Some(Op::GetObjectAcl),
            ("GET", true, true) if has("retention") => Some(Op::GetObjectRetention),
            ("GET", true, true) if has("legal-hold") => Some(Op::GetObjectLegalHold),
            ("GET", true, true) if has("uploadId") => Some(Op::ListParts),
            ("GET", true, true) => Some(Op::GetObject),
            ("HEAD", true, true) => Some(Op::HeadObject),
            ("PUT", true, true) if has("retention") => Some(Op::PutObjectRetention),
            ("PUT", true, true) if has("legal-hold") => Some(Op::PutObjectLegalHold),
            ("PUT", true, true) if has("uploadId") && has("partNumber") => Some(if is_copy {
                Op::UploadPartCopy
            } else {
                Op::UploadPart
            }),
            ("PUT", true, true) if is_copy => Some(Op::CopyObject),
            ("PUT", true, true) => Some(Op::PutObject),
            ("POST", true, true) if has("uploads") => Some(Op::CreateMultipartUpload),
            ("POST", true, true) if has("uploadId") => Some(Op::CompleteMultipartUpload),
            ("DELETE", true, true) if has("uploadId") => Some(Op::AbortMultipartUpload),
            ("DELETE", true, true) => Some(Op::DeleteObject),
            ("HEAD" | "PUT" | "POST" | "DELETE", ..) => None,
            _ => return Err(method_not_allowed()),
        };
        let operation = operation.ok_or_else(|| not_available(has_key))?;
        let parameters = operation.parameters();
        let is_known = |name: &str| parameters.iter().any(|list| list.contains(&name));
        match query.iter().find(|parameter| !is_known(&parameter.name)) {
            None => Ok(operation),
            Some(_) => Err(not_available(has_key)),
        }
    }

    fn of_get_bucket(query: &Query) -> Option<Self> {
        let kinds = ["location", "versioning", "versions", "uploads"];
        match kinds.into_iter().find(|kind| query.has(kind)) {
            Some("location") => Some(Op::GetBucketLocation),
            Some("versioning") => Some(Op::GetBucketVersioning),
            Some("versions") => Some(Op::ListObjectVersions),
            Some(_) => Some(Op::ListMultipartUploads),
            None if query.get("list-type") == Some("2") => Some(Op::ListObjectsV2),
            None if query.has("list-type") => None,
            None => Some(Op::ListObjects),
        }
    }

    /// The parameters that the operation has.
    const fn parameters(self) -> &'static [&'static [&'static str]] {
        match self {
            Op::ListBuckets | Op::Preflight | Op::HeadBucket | Op::PutObject | Op::CopyObject => {
                &[]
            }
            Op::GetBucketLocation => &[&["location"]],
            Op::GetBucketVersioning => &[&["versioning"]],
            Op::ListObjects => &[&["prefix", "delimiter", "marker", "max-keys", "encoding-type"]],
            Op::ListObjectsV2 => &[
                &[
                    "list-type",
                    "prefix",
                    "delimiter",
                    "start-after",
                    "continuation-token",
                ],
                &["max-keys", "encoding-type", "fetch-owner"],
            ],
            Op::ListObjectVersions => &[
                &[
                    "versions",
                    "prefix",
                    "delimiter",
                    "key-marker",
                    "version-id-marker",
                ],
                &["max-keys", "encoding-type"],
            ],
            Op::ListMultipartUploads => &[
                &[
                    "uploads",
                    "prefix",
                    "delimiter",
                    "key-marker",
                    "upload-id-marker",
                ],
                &["max-uploads", "encoding-type"],
            ],
            Op::GetObject | Op::HeadObject => &[&["versionId", "partNumber"], &RESPONSE],
            Op::GetObjectAcl => &[&["acl", "versionId"]],
            Op::GetObjectRetention | Op::PutObjectRetention => &[&["retention", "versionId"]],
            Op::GetObjectLegalHold | Op::PutObjectLegalHold => &[&["legal-hold", "versionId"]],
            Op::CreateMultipartUpload => &[&["uploads"]],
            Op::UploadPart | Op::UploadPartCopy => &[&["partNumber", "uploadId"]],
            Op::CompleteMultipartUpload | Op::AbortMultipartUpload => &[&["uploadId"]],
            Op::ListParts => &[&[
                "uploadId",
                "max-parts",
                "part-number-marker",
                "encoding-type",
            ]],
            Op::DeleteObject => &[&["versionId"]],
            Op::DeleteObjects => &[&["delete"]],
        }
    }

    /// The right that a client needs first of all; `None` for what every client may do.
    #[must_use]
    pub const fn right(self) -> Option<Right> {
        match self {
            Op::ListBuckets | Op::Preflight => None,
            Op::HeadBucket
            | Op::GetBucketLocation
            | Op::GetBucketVersioning
            | Op::ListObjects
            | Op::ListObjectsV2
            | Op::ListObjectVersions
            | Op::ListMultipartUploads => Some(Right::List),
            Op::GetObject
            | Op::HeadObject
            | Op::GetObjectAcl
            | Op::GetObjectRetention
            | Op::GetObjectLegalHold => Some(Right::Read),
            Op::PutObject
            | Op::CopyObject
            | Op::CreateMultipartUpload
            | Op::UploadPart
            | Op::UploadPartCopy
            | Op::CompleteMultipartUpload
            | Op::AbortMultipartUpload
            | Op::ListParts => Some(Right::Write),
            Op::DeleteObject | Op::DeleteObjects => Some(Right::Delete),
            Op::PutObjectRetention | Op::PutObjectLegalHold => Some(Right::Lock),
        }
    }

    /// Every right that a request of this operation needs.
    #[must_use]
    pub fn rights(self, query: &Query, headers: &HeaderMap) -> Vec<Right> {
        let mut rights: Vec<Right> = self.right().into_iter().collect();
        if self.is_copy() {
            rights.push(Right::Read);
        }
        if query.has("versionId") && self.right() == Some(Right::Read) {
            rights.push(Right::Versions);
        }
        let locks = |name: &&str| headers.contains_key(*name);
        if LOCK_HEADERS.iter().chain([&BYPASS_HEADER]).any(locks) {
            rights.push(Right::Lock);
        }
        rights
    }

    /// Where the request has what a client's prefix must include.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Op::ListBuckets
            | Op::Preflight
            | Op::HeadBucket
            | Op::GetBucketLocation
            | Op::GetBucketVersioning => Scope::Bucket,
            Op::ListObjects
            | Op::ListObjectsV2
            | Op::ListObjectVersions
            | Op::ListMultipartUploads => Scope::PrefixParameter,
            Op::DeleteObjects => Scope::KeysInBody,
            _ => Scope::Key,
        }
    }

    /// Whether it reads another object.
    #[must_use]
    pub const fn is_copy(self) -> bool {
        matches!(self, Op::CopyObject | Op::UploadPartCopy)
    }

    /// Whether it changes something in the bucket, and so goes to the backend and is signed with the key for writes.
    #[must_use]
    pub const fn is_write(self) -> bool {
        matches!(
            self.right(),
            Some(Right::Write | Right::Delete | Right::Lock)
        )
    }

    /// Whether the object of the request, or those in its body, are other ones once it has succeeded.
    #[must_use]
    pub const fn changes_objects(self) -> bool {
        matches!(
            self,
            Op::PutObject
                | Op::CopyObject
                | Op::CompleteMultipartUpload
                | Op::DeleteObject
                | Op::DeleteObjects
        )
    }

    /// Whether the request must have a `Content-MD5`.
    #[must_use]
    pub fn needs_md5(self, headers: &HeaderMap) -> bool {
        let locks = |name: &&str| headers.contains_key(*name);
        match self {
            Op::DeleteObjects | Op::PutObjectRetention | Op::PutObjectLegalHold => true,
            Op::PutObject | Op::UploadPart => LOCK_HEADERS.iter().any(locks),
            _ => false,
        }
    }

    /// The name in S3's API, for the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Op::ListBuckets => "ListBuckets",
            Op::HeadBucket => "HeadBucket",
            Op::GetBucketLocation => "GetBucketLocation",
            Op::GetBucketVersioning => "GetBucketVersioning",
            Op::ListObjects => "ListObjects",
            Op::ListObjectsV2 => "ListObjectsV2",
            Op::ListObjectVersions => "ListObjectVersions",
            Op::ListMultipartUploads => "ListMultipartUploads",
            Op::GetObject => "GetObject",
            Op::HeadObject => "HeadObject",
            Op::GetObjectAcl => "GetObjectAcl",
            Op::GetObjectRetention => "GetObjectRetention",
            Op::GetObjectLegalHold => "GetObjectLegalHold",
            Op::PutObject => "PutObject",
            Op::CopyObject => "CopyObject",
            Op::CreateMultipartUpload => "CreateMultipartUpload",
            Op::UploadPart => "UploadPart",
            Op::UploadPartCopy => "UploadPartCopy",
            Op::CompleteMultipartUpload => "CompleteMultipartUpload",
            Op::AbortMultipartUpload => "AbortMultipartUpload",
            Op::ListParts => "ListParts",
            Op::DeleteObject => "DeleteObject",
            Op::DeleteObjects => "DeleteObjects",
            Op::PutObjectRetention => "PutObjectRetention",
            Op::PutObjectLegalHold => "PutObjectLegalHold",
            Op::Preflight => "Preflight",
        }
    }
}

/// No method of S3.
pub(super) const fn method_not_allowed() -> S3Error {
    S3Error::new(
        Code::MethodNotAllowed,
        "method_not_allowed",
        "S3 has no such method here.",
    )
}

const fn not_available(has_key: bool) -> S3Error {
    if has_key {
        S3Error::new(
            Code::NotImplemented,
            "operation_not_available",
            "This operation, or one of its parameters, does not exist at this endpoint.",
        )
    } else {
        S3Error::new(
            Code::AccessDenied,
            "operation_not_available",
            "This endpoint has no operation on buckets but to list them, their objects, versions and uploads, and \
             DeleteObjects.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::header_map;
    use crate::http::query::Plus;

    fn of(request: &str) -> Result<Operation, Code> {
        let (method, target) = request.split_once(' ').expect("a request");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = Query::parse(query, Plus::Itself).expect(query);
        let segments = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .count();
        let copies = path.ends_with("copied");
        let headers = header_map(&[(X_AMZ_COPY_SOURCE, "a/b")]);
        let headers = if copies { headers } else { HeaderMap::new() };
        Operation::of(method, segments > 0, segments > 1, &query, &headers)
            .map_err(|error| error.code)
    }

    #[test]
    fn each_request_is_the_operation_that_the_api_says() {
        for (request, operation) in [
            ("GET /", Op::ListBuckets),
            ("HEAD /b", Op::HeadBucket),
            ("GET /b?location", Op::GetBucketLocation),
            ("GET /b?versioning=", Op::GetBucketVersioning),
            ("GET /b?prefix=a&max-keys=1", Op::ListObjects),
            ("GET /b?list-type=2&prefix=a", Op::ListObjectsV2),
            ("GET /b?versions&prefix=a", Op::ListObjectVersions),
            ("GET /b?uploads", Op::ListMultipartUploads),
            ("GET /b/k", Op::GetObject),
            (
                "GET /b/k?versionId=1&response-content-type=a",
                Op::GetObject,
            ),
            ("HEAD /b/k?partNumber=1", Op::HeadObject),
            ("GET /b/k?acl", Op::GetObjectAcl),
            ("GET /b/k?retention", Op::GetObjectRetention),
            ("GET /b/k?legal-hold", Op::GetObjectLegalHold),
            ("GET /b/k?uploadId=1", Op::ListParts),
            ("PUT /b/k", Op::PutObject),
            ("PUT /b/copied", Op::CopyObject),
            ("PUT /b/k?partNumber=1&uploadId=2", Op::UploadPart),
            ("PUT /b/copied?partNumber=1&uploadId=2", Op::UploadPartCopy),
            ("PUT /b/k?retention", Op::PutObjectRetention),
            ("PUT /b/k?legal-hold", Op::PutObjectLegalHold),
            ("POST /b/k?uploads", Op::CreateMultipartUpload),
            ("POST /b/k?uploadId=1", Op::CompleteMultipartUpload),
            ("DELETE /b/k?uploadId=1", Op::AbortMultipartUpload),
            ("DELETE /b/k?versionId=1", Op::DeleteObject),
            ("POST /b?delete", Op::DeleteObjects),
            ("OPTIONS /b/k", Op::Preflight),
        ] {
            assert_eq!(of(request), Ok(operation), "{request}");
            assert_eq!(format!("{operation:?}"), operation.name());
        }
    }

    #[test]
    fn what_no_right_covers_is_refused() {
        for (request, code) in [
            ("PUT /b", Code::AccessDenied),
            ("DELETE /b", Code::AccessDenied),
            ("POST /b", Code::AccessDenied),
            ("GET /b?acl", Code::AccessDenied),
            ("GET /b?policy", Code::AccessDenied),
            ("GET /b?lifecycle", Code::AccessDenied),
            ("PUT /b?cors", Code::AccessDenied),
            ("GET /b?list-type=3", Code::AccessDenied),
            ("GET /b?location&policy", Code::AccessDenied),
            ("HEAD /", Code::AccessDenied),
            ("PUT /", Code::AccessDenied),
            ("PUT /b/k?tagging", Code::NotImplemented),
            ("PUT /b/k?acl", Code::NotImplemented),
            ("PUT /b/k?uploadId=1", Code::NotImplemented),
            ("GET /b/k?torrent", Code::NotImplemented),
            ("POST /b/k?select", Code::NotImplemented),
            ("POST /b/k", Code::NotImplemented),
            ("DELETE /b/k?tagging", Code::NotImplemented),
            ("GET /b/k?acl&uploadId=1", Code::NotImplemented),
            ("PURGE /b/k", Code::MethodNotAllowed),
            ("PATCH /b/k", Code::MethodNotAllowed),
            ("get /b/k", Code::MethodNotAllowed),
            ("OPTIONS /", Code::MethodNotAllowed),
        ] {
            assert_eq!(of(request), Err(code), "{request}");
        }
    }

    #[test]
    fn a_request_needs_a_right_for_all_that_it_does() {
        let query = |text: &str| Query::parse(text, Plus::Itself).expect(text);
        let none = HeaderMap::new();
        let lock = header_map(&[("x-amz-object-lock-mode", "GOVERNANCE")]);
        let bypass = header_map(&[(BYPASS_HEADER, "true")]);
        for (operation, text, headers, rights) in [
            (Op::GetObject, "", &none, &[Right::Read][..]),
            (
                Op::GetObject,
                "versionId=1",
                &none,
                &[Right::Read, Right::Versions],
            ),
            (Op::CopyObject, "", &none, &[Right::Write, Right::Read]),
            (Op::PutObject, "", &lock, &[Right::Write, Right::Lock]),
            (Op::DeleteObject, "", &bypass, &[Right::Delete, Right::Lock]),
            (Op::DeleteObject, "versionId=1", &none, &[Right::Delete]),
            (Op::ListBuckets, "", &none, &[]),
        ] {
            let found = operation.rights(&query(text), headers);
            assert_eq!(found, rights, "{operation:?} {text}");
        }
    }
}
