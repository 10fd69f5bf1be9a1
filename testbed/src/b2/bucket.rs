//! One bucket: arbitrary keys, preconditions and listings on top of `s3s_fs::FileSystem`.
//!
//! `s3s-fs` turns keys into file names, which cannot express `a//b`, a trailing slash, `..` or 1,024 bytes.
//! Here the name of an object's file is the SHA-256 of its key, and an index has the real keys, so that a
//! leaked listing is recognisable. Each version has its own file, because `s3s-fs` replaces a file and its
//! attributes one after the other: a read between the two would return the entity tag of one version and the
//! bytes of another.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use http::header::{CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{Extensions, HeaderMap, HeaderValue, Method, Uri};
use s3s::crypto::{Checksum as _, Sha256};
use s3s::dto::{
    self, DeleteObjectInput, DeleteObjectOutput, ETag, GetObjectInput, GetObjectOutput,
    HeadObjectInput, HeadObjectOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, PutObjectInput, PutObjectOutput, Range, StreamingBlob, Timestamp,
    TimestampFormat,
};
use s3s::{Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

use super::object::Object;
use super::preconditions::{ReadDecision, ReadHeaders, Validators};

const DEFAULT_CONTENT_TYPE: &str = "application/octet-stream";

/// A bucket. Clones share its objects.
#[derive(Clone)]
pub(crate) struct Bucket {
    name: String,
    files: Arc<FileSystem>,
    index: Arc<RwLock<BTreeMap<String, Stored>>>,
    versions: Arc<AtomicU64>,
}

#[derive(Clone)]
struct Stored {
    file: String,
    size: u64,
    validators: Validators,
    cache_control: Option<String>,
    version_id: String,
}

impl Bucket {
    /// A bucket below `root`, which must exist.
    pub(crate) fn create(root: &Path, name: &str) -> io::Result<Self> {
        std::fs::create_dir(root.join(name))?;
        let files =
            FileSystem::new(root).map_err(|error| io::Error::other(format!("{error:?}")))?;
        Ok(Self {
            name: name.to_owned(),
            files: Arc::new(files),
            index: Arc::default(),
            versions: Arc::default(),
        })
    }

    /// Stores an object by the `put_object` that an S3 client would call.
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
        self.put_object(request(input))
            .await
            .map(drop)
            .map_err(io::Error::other)
    }

    /// Deletes an object, present or not.
    pub(crate) async fn remove(&self, key: &str) -> io::Result<()> {
        let input = DeleteObjectInput {
            bucket: self.name.clone(),
            key: key.to_owned(),
            ..DeleteObjectInput::default()
        };
        self.delete_object(request(input))
            .await
            .map(drop)
            .map_err(io::Error::other)
    }

    /// The entity tag as in the header, with its quotes.
    pub(crate) fn etag_of(&self, key: &str) -> Option<String> {
        let stored = self.stored(key).ok()?;
        Some(format!("\"{}\"", stored.validators.etag))
    }

    fn stored(&self, key: &str) -> S3Result<Stored> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index
            .get(key)
            .cloned()
            .ok_or_else(|| s3_error!(NoSuchKey, "Key not found"))
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
            file,
            size: head
                .content_length
                .and_then(|length| u64::try_from(length).ok())
                .unwrap_or_default(),
            // The length of B2's version ids, whose content is opaque.
            version_id: format!("4_z{}", hex(&Sha256::checksum(etag.as_bytes()))),
            validators: Validators {
                etag,
                last_modified: whole_seconds(&modified)?,
            },
            cache_control: head.cache_control,
        })
    }

    fn list(&self, prefix: &str, after: &str, max_keys: usize) -> (Vec<dto::Object>, bool) {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let mut matching = index
            .range::<str, _>((Bound::Excluded(after), Bound::Unbounded))
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, stored)| dto::Object {
                key: Some(key.clone()),
                size: i64::try_from(stored.size).ok(),
                e_tag: Some(ETag::Strong(stored.validators.etag.clone())),
                last_modified: Some(stored.validators.last_modified.clone()),
                ..dto::Object::default()
            });
        let page = matching.by_ref().take(max_keys).collect();
        (page, matching.next().is_some())
    }
}

#[async_trait::async_trait]
impl S3 for Bucket {
    async fn get_object(
        &self,
        mut req: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let stored = self.stored(&req.input.key)?;
        req.input.range = permitted(&req.extensions, &stored)?
            .map(|range| within(range, &stored))
            .transpose()?;
        req.input.key = stored.file;
        let mut response = self.files.get_object(req).await?;
        response.output.accept_ranges = Some("bytes".to_owned());
        response.output.version_id = Some(stored.version_id);
        Ok(response)
    }

    async fn head_object(
        &self,
        mut req: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let stored = self.stored(&req.input.key)?;
        let range = permitted(&req.extensions, &stored)?
            .map(|range| within(range, &stored))
            .transpose()?;
        req.input.key.clone_from(&stored.file);
        let mut response = self.files.head_object(req).await?;
        response.output.accept_ranges = Some("bytes".to_owned());
        response.output.version_id = Some(stored.version_id);
        if let Some(range) = range {
            let range = range.check(stored.size)?;
            response.output.content_length = i64::try_from(range.end - range.start).ok();
            response.output.content_range = Some(format!(
                "bytes {}-{}/{}",
                range.start,
                range.end - 1,
                stored.size
            ));
        }
        Ok(response)
    }

    async fn put_object(
        &self,
        mut req: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let key = std::mem::take(&mut req.input.key);
        let version = self.versions.fetch_add(1, Ordering::Relaxed);
        let file = format!("{}-{version}", hex(&Sha256::checksum(key.as_bytes())));
        req.input.key.clone_from(&file);
        req.input
            .content_type
            .get_or_insert_with(|| DEFAULT_CONTENT_TYPE.to_owned());
        let response = self.files.put_object(req).await?;
        let stored = self.describe(file).await?;
        self.index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, stored);
        Ok(response)
    }

    /// Removes the key from the index. The file remains for reads in progress.
    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&req.input.key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects(
        &self,
        req: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = req.input;
        let max_keys = input.max_keys.unwrap_or(1000);
        let (contents, truncated) = self.list(
            input.prefix.as_deref().unwrap_or_default(),
            input.marker.as_deref().unwrap_or_default(),
            usize::try_from(max_keys).unwrap_or_default(),
        );
        Ok(S3Response::new(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: input.prefix,
            max_keys: Some(max_keys),
            next_marker: contents
                .last()
                .filter(|_| truncated)
                .and_then(|object| object.key.clone()),
            is_truncated: Some(truncated),
            contents: Some(contents),
            ..ListObjectsOutput::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = req.input;
        let max_keys = input.max_keys.unwrap_or(1000);
        let after = input
            .continuation_token
            .as_deref()
            .or(input.start_after.as_deref())
            .unwrap_or_default();
        let (contents, truncated) = self.list(
            input.prefix.as_deref().unwrap_or_default(),
            after,
            usize::try_from(max_keys).unwrap_or_default(),
        );
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: input.prefix,
            max_keys: Some(max_keys),
            key_count: i32::try_from(contents.len()).ok(),
            next_continuation_token: contents
                .last()
                .filter(|_| truncated)
                .and_then(|object| object.key.clone()),
            is_truncated: Some(truncated),
            contents: Some(contents),
            ..ListObjectsV2Output::default()
        }))
    }
}

/// The range to send, or the 304 or 412 that the preconditions require.
fn permitted(extensions: &Extensions, stored: &Stored) -> S3Result<Option<Range>> {
    let asked = extensions.get::<ReadHeaders>().cloned().unwrap_or_default();
    match asked.evaluate(&stored.validators) {
        ReadDecision::Serve(range) => Ok(range),
        // As an error because s3s 0.14.1 does not apply `S3Response::status`.
        ReadDecision::NotModified => {
            let mut not_modified = S3Error::new(S3ErrorCode::NotModified);
            not_modified.set_headers(validator_headers(stored)?);
            Err(not_modified)
        }
        ReadDecision::PreconditionFailed => Err(s3_error!(
            PreconditionFailed,
            "At least one of the pre-conditions you specified did not hold"
        )),
    }
}

/// The headers of a 304: those of the 200 that RFC 9110 §15.4.5 requires, and the date that B2 adds.
fn validator_headers(stored: &Stored) -> S3Result<HeaderMap> {
    let etag = format!("\"{}\"", stored.validators.etag);
    let mut date = Vec::new();
    stored
        .validators
        .last_modified
        .format(TimestampFormat::HttpDate, &mut date)
        .map_err(S3Error::internal_error)?;
    let mut headers = HeaderMap::new();
    headers.insert(ETAG, etag.parse().map_err(S3Error::internal_error)?);
    headers.insert(
        LAST_MODIFIED,
        HeaderValue::from_bytes(&date).map_err(S3Error::internal_error)?,
    );
    if let Some(value) = &stored.cache_control {
        headers.insert(
            CACHE_CONTROL,
            value.parse().map_err(S3Error::internal_error)?,
        );
    }
    Ok(headers)
}

/// The satisfiable part of the range, otherwise 416 with the `Content-Range` that `s3s` omits.
///
/// `s3s-fs` 0.14.1 fails with a 500 on a suffix longer than the object, because it seeks before the
/// start, and overflows on a suffix of an empty one.
fn within(range: Range, stored: &Stored) -> S3Result<Range> {
    match range {
        _ if stored.size == 0 || range.check(stored.size).is_err() => {
            let mut unsatisfiable =
                s3_error!(InvalidRange, "The requested range is not satisfiable");
            let mut headers = HeaderMap::new();
            let content_range = format!("bytes */{}", stored.size);
            headers.insert(
                CONTENT_RANGE,
                content_range.parse().map_err(S3Error::internal_error)?,
            );
            // Headers that are set on an error replace those of its XML document.
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            unsatisfiable.set_headers(headers);
            Err(unsatisfiable)
        }
        Range::Suffix { length } if length >= stored.size => Ok(Range::Int {
            first: 0,
            last: None,
        }),
        Range::Suffix { .. } | Range::Int { .. } => Ok(range),
    }
}

fn whole_seconds(time: &Timestamp) -> S3Result<Timestamp> {
    let mut text = Vec::new();
    time.format(TimestampFormat::HttpDate, &mut text)
        .map_err(S3Error::internal_error)?;
    Timestamp::parse(TimestampFormat::HttpDate, &String::from_utf8_lossy(&text))
        .map_err(S3Error::internal_error)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// A request as `s3s` would pass it, for calls that are not made over HTTP.
fn request<T>(input: T) -> S3Request<T> {
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
