//! One bucket: arbitrary keys and whole versions on top of `s3s_fs::FileSystem`.
//!
//! `s3s-fs` turns keys into file names, which cannot express `a//b`, a trailing slash, `..` or 1,024 bytes.
//! Here the name of an object's file is the SHA-256 of its key, and an index has the real keys, so that a
//! leaked listing is recognisable. Each version has its own file, because `s3s-fs` replaces a file and its
//! attributes one after the other: a read between the two would return the entity tag of one version and the
//! bytes of another. For the same reason, a version that was not received completely is never in the index.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use http::{Extensions, HeaderMap, Method, Uri};
use http_body_util::BodyExt as _;
use s3s::crypto::{Checksum as _, Sha256};
use s3s::dto::{
    ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, PutObjectInput, Range, StreamingBlob,
    Timestamp, TimestampFormat,
};
use s3s::{Body, S3, S3ErrorCode, S3Request, S3Result, s3_error};
use s3s_fs::FileSystem;

use super::access::mismatch;
use super::multipart::Uploads;
use super::object::Object;
use super::preconditions::Validators;

const DEFAULT_CONTENT_TYPE: &str = "application/octet-stream";

const SHA256_DIGITS: usize = 64;

/// A bucket. Clones share its objects.
#[derive(Clone)]
pub(crate) struct Bucket {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) files: Arc<FileSystem>,
    pub(super) index: Arc<RwLock<BTreeMap<String, Stored>>>,
    pub(super) uploads: Arc<Uploads>,
    versions: Arc<AtomicU64>,
}

/// The current version of an object.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) file: String,
    pub(super) size: u64,
    pub(super) validators: Validators,
    pub(super) cache_control: Option<String>,
    pub(super) version_id: String,
}

impl Bucket {
    /// A bucket below `root`, which must exist.
    pub(crate) fn create(root: &Path, name: &str, region: &str) -> io::Result<Self> {
        std::fs::create_dir(root.join(name))?;
        let files =
            FileSystem::new(root).map_err(|error| io::Error::other(format!("{error:?}")))?;
        Ok(Self {
            name: name.to_owned(),
            region: region.to_owned(),
            files: Arc::new(files),
            index: Arc::default(),
            uploads: Arc::default(),
            versions: Arc::default(),
        })
    }

    /// Stores an object as a `PutObject` does.
    pub(crate) async fn store(&self, key: &str, object: Object) -> io::Result<()> {
        let input = PutObjectInput {
            bucket: self.name.clone(),
            key: key.to_owned(),
            body: Some(StreamingBlob::from(Body::from(object.bytes))),
            content_type: object.content_type,
            cache_control: object.cache_control,
            content_encoding: object.content_encoding,
            content_disposition: object.content_disposition,
            content_language: object.content_language,
            metadata: (!object.metadata.is_empty()).then(|| object.metadata.into_iter().collect()),
            ..PutObjectInput::default()
        };
        let stored = self.write(request(input)).await;
        stored.map(drop).map_err(io::Error::other)
    }

    /// Reads an object with its attributes; `None` if it does not exist.
    pub(crate) async fn read(&self, key: &str) -> io::Result<Option<Object>> {
        let Ok(stored) = self.stored(key) else {
            return Ok(None);
        };
        let read = self.open(&stored, None).await.map_err(io::Error::other)?;
        let body = read.body.map(Body::from).unwrap_or_default();
        let bytes = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let mut metadata: Vec<_> = read.metadata.into_iter().flatten().collect();
        metadata.sort();
        Ok(Some(Object {
            bytes,
            content_type: read.content_type,
            cache_control: read.cache_control,
            content_encoding: read.content_encoding,
            content_disposition: read.content_disposition,
            content_language: read.content_language,
            metadata,
        }))
    }

    /// Removes a key from the index, present or not. The file remains for reads in progress.
    pub(crate) fn remove(&self, key: &str) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        index.remove(key);
    }

    /// All keys, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.keys().cloned().collect()
    }

    /// The keys of the multipart uploads in progress, in order.
    pub(crate) fn unfinished_uploads(&self) -> Vec<String> {
        let uploads = self.uploads.list("");
        uploads
            .into_iter()
            .filter_map(|upload| upload.key)
            .collect()
    }

    /// The entity tag as in the header, with its quotes.
    pub(crate) fn etag_of(&self, key: &str) -> Option<String> {
        let stored = self.stored(key).ok()?;
        Some(format!("\"{}\"", stored.validators.etag))
    }

    pub(super) fn stored(&self, key: &str) -> S3Result<Stored> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index
            .get(key)
            .cloned()
            .ok_or_else(|| s3_error!(NoSuchKey, "Key not found"))
    }

    /// The stored version, if it is the one that the request names, or the request names none.
    pub(super) fn version(&self, key: &str, version_id: Option<&str>) -> S3Result<Stored> {
        let stored = self.stored(key)?;
        if version_id.is_some_and(|wanted| wanted != stored.version_id) {
            return Err(s3_error!(NoSuchVersion, "Version not found"));
        }
        Ok(stored)
    }

    /// Opens a version, or a range of it.
    pub(super) async fn open(
        &self,
        stored: &Stored,
        range: Option<Range>,
    ) -> S3Result<GetObjectOutput> {
        let input = GetObjectInput {
            bucket: self.name.clone(),
            key: stored.file.clone(),
            range,
            ..GetObjectInput::default()
        };
        Ok(self.files.get_object(request(input)).await?.output)
    }

    /// Stores a version, and makes it the current one when all of its bytes have arrived.
    pub(super) async fn write(&self, req: S3Request<PutObjectInput>) -> S3Result<Stored> {
        let key = req.input.key.clone();
        let stored = self.write_file(req).await?;
        self.publish(key, stored.clone());
        Ok(stored)
    }

    /// Stores a version that no key names yet.
    pub(super) async fn write_file(&self, mut req: S3Request<PutObjectInput>) -> S3Result<Stored> {
        let version = self.versions.fetch_add(1, Ordering::Relaxed);
        let hash = hex(&Sha256::checksum(req.input.key.as_bytes()));
        let file = format!("{hash}-{version}");
        req.input.bucket.clone_from(&self.name);
        req.input.key.clone_from(&file);
        req.input
            .content_type
            .get_or_insert_with(|| DEFAULT_CONTENT_TYPE.to_owned());
        let is_hashed = req
            .headers
            .get("x-amz-content-sha256")
            .is_some_and(|hash| hash.len() == SHA256_DIGITS);
        let written = self.files.put_object(req).await;
        written.map_err(|error| match error.code() {
            // s3s-fs has this for every body that it cannot read to its end.
            S3ErrorCode::InternalError if is_hashed => mismatch(),
            _ => error,
        })?;
        self.describe(file).await
    }

    pub(super) fn publish(&self, key: String, stored: Stored) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        index.insert(key, stored);
    }

    async fn describe(&self, file: String) -> S3Result<Stored> {
        let input = HeadObjectInput {
            bucket: self.name.clone(),
            key: file.clone(),
            ..HeadObjectInput::default()
        };
        let head = self.files.head_object(request(input)).await?.output;
        let etag = head
            .e_tag
            .map(ETag::into_value)
            .ok_or_else(|| s3_error!(InternalError))?;
        let modified = head.last_modified.ok_or_else(|| s3_error!(InternalError))?;
        Ok(Stored {
            size: head
                .content_length
                .and_then(|length| u64::try_from(length).ok())
                .unwrap_or_default(),
            // The length of B2's version ids, whose content is opaque.
            version_id: format!("4_z{}", hex(&Sha256::checksum(file.as_bytes()))),
            file,
            validators: Validators {
                etag,
                last_modified: whole_seconds(&modified)?,
            },
            cache_control: head.cache_control,
        })
    }
}

fn whole_seconds(time: &Timestamp) -> S3Result<Timestamp> {
    let mut text = Vec::new();
    time.format(TimestampFormat::HttpDate, &mut text)
        .map_err(s3s::S3Error::internal_error)?;
    Timestamp::parse(TimestampFormat::HttpDate, &String::from_utf8_lossy(&text))
        .map_err(s3s::S3Error::internal_error)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// A request as `s3s` would pass it, for calls that are not made over HTTP.
pub(super) fn request<T>(input: T) -> S3Request<T> {
    S3Request {
        input,
        method: Method::GET,
        uri: Uri::default(),
        headers: HeaderMap::default(),
        extensions: Extensions::default(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}
