//! Multipart uploads. A part is a file that no key names; completing an upload joins them to a version.
//!
//! Those of `s3s-fs` accept only parts that are numbered without a gap, and ignore the entity tags that the client
//! sends to complete the upload.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::SystemTime;

use bytes::Bytes;
use http_body::Frame;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{
    CompletedPart, CreateMultipartUploadInput, ETag, MultipartUpload, Part, PutObjectInput,
    StreamingBlob, Timestamp,
};
use s3s::{Body, S3Result, StdError, s3_error};

use super::bucket::{Bucket, Stored, hex, request};

/// The size that B2 requires of every part but the last:
/// <https://www.backblaze.com/docs/cloud-storage-large-files>.
const SMALLEST_PART: u64 = 5_000_000;

const LAST_PART_NUMBER: i32 = 10_000;

/// The uploads in progress, by their id.
#[derive(Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<String, Upload>>);

struct Upload {
    input: CreateMultipartUploadInput,
    initiated: Timestamp,
    parts: BTreeMap<i32, Stored>,
}

impl Uploads {
    pub(super) fn begin(&self, input: CreateMultipartUploadInput) -> String {
        let id = format!("4_z{}", hex(&fastrand::u128(..).to_be_bytes()));
        let upload = Upload {
            input,
            initiated: Timestamp::from(SystemTime::now()),
            parts: BTreeMap::new(),
        };
        self.lock().insert(id.clone(), upload);
        id
    }

    /// Calls `with` for an upload of `key`.
    fn find<T>(
        &self,
        key: &str,
        id: &str,
        with: impl FnOnce(&mut Upload) -> S3Result<T>,
    ) -> S3Result<T> {
        let mut uploads = self.lock();
        let upload = uploads.get_mut(id).filter(|upload| upload.input.key == key);
        with(upload.ok_or_else(|| s3_error!(NoSuchUpload, "No such upload"))?)
    }

    pub(super) fn check(&self, key: &str, id: &str, part_number: i32) -> S3Result<()> {
        if !(1..=LAST_PART_NUMBER).contains(&part_number) {
            return Err(s3_error!(
                InvalidArgument,
                "Part number must be an integer between 1 and 10000, inclusive"
            ));
        }
        self.find(key, id, |_| Ok(()))
    }

    pub(super) fn add(&self, key: &str, id: &str, number: i32, part: Stored) -> S3Result<()> {
        self.find(key, id, |upload| {
            upload.parts.insert(number, part);
            Ok(())
        })
    }

    pub(super) fn abort(&self, key: &str, id: &str) -> S3Result<()> {
        self.find(key, id, |_| Ok(()))?;
        self.lock().remove(id);
        Ok(())
    }

    pub(super) fn parts(&self, key: &str, id: &str) -> S3Result<Vec<Part>> {
        let part = |(number, stored): (&i32, &Stored)| Part {
            part_number: Some(*number),
            size: i64::try_from(stored.size).ok(),
            e_tag: Some(ETag::Strong(stored.validators.etag.clone())),
            last_modified: Some(stored.validators.last_modified.clone()),
            ..Part::default()
        };
        self.find(key, id, |upload| {
            Ok(upload.parts.iter().map(part).collect())
        })
    }

    /// The uploads in progress, in the order of their keys.
    pub(super) fn list(&self, prefix: &str) -> Vec<MultipartUpload> {
        let uploads = self.lock();
        let mut list: Vec<_> = uploads
            .iter()
            .filter(|(_, upload)| upload.input.key.starts_with(prefix))
            .map(|(id, upload)| MultipartUpload {
                key: Some(upload.input.key.clone()),
                upload_id: Some(id.clone()),
                initiated: Some(upload.initiated.clone()),
                ..MultipartUpload::default()
            })
            .collect();
        list.sort_by(|a, b| a.key.cmp(&b.key));
        list
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Upload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    /// Stores the bytes of a part.
    pub(super) async fn write_part(&self, body: Option<StreamingBlob>) -> S3Result<Stored> {
        let input = PutObjectInput {
            key: "(part)".to_owned(),
            body,
            ..PutObjectInput::default()
        };
        self.write_file(request(input)).await
    }

    /// Joins the parts that the client lists, and makes them the current version of the key.
    pub(super) async fn complete(
        &self,
        key: &str,
        id: &str,
        listed: &[CompletedPart],
    ) -> S3Result<Stored> {
        let (input, parts) = self.uploads.find(key, id, |upload| {
            Ok((upload.input.clone(), chosen(&upload.parts, listed)?))
        })?;
        let mut bodies = VecDeque::new();
        let mut hash = Md5::new();
        for part in &parts {
            bodies.extend(self.open(part, None).await?.body.map(Body::from));
            hash.update(&from_hex(&part.validators.etag));
        }
        let input = PutObjectInput {
            key: key.to_owned(),
            body: Some(StreamingBlob::from(Body::http_body_unsync(Joined(bodies)))),
            content_type: input.content_type,
            cache_control: input.cache_control,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            metadata: input.metadata,
            ..PutObjectInput::default()
        };
        let mut stored = self.write_file(request(input)).await?;
        stored.validators.etag = format!("{}-{}", hex(hash.finalize().as_ref()), parts.len());
        self.uploads.abort(key, id)?;
        self.publish(key.to_owned(), stored.clone());
        Ok(stored)
    }
}

/// The listed parts, which must be uploaded, in order, with the listed entity tags, and large enough.
fn chosen(parts: &BTreeMap<i32, Stored>, listed: &[CompletedPart]) -> S3Result<Vec<Stored>> {
    if listed.is_empty() {
        return Err(s3_error!(MalformedXML, "No parts are listed"));
    }
    let (mut chosen, mut previous) = (Vec::new(), 0);
    for (index, part) in listed.iter().enumerate() {
        let number = part.part_number.unwrap_or_default();
        if number <= previous {
            return Err(s3_error!(InvalidPartOrder, "Parts are not in order"));
        }
        previous = number;
        let etag = part.e_tag.as_ref().map(ETag::value);
        let stored = parts
            .get(&number)
            .filter(|stored| etag.is_none_or(|etag| etag == stored.validators.etag))
            .ok_or_else(|| s3_error!(InvalidPart, "A part is missing or has another ETag"))?;
        if stored.size < SMALLEST_PART && index + 1 < listed.len() {
            return Err(s3_error!(EntityTooSmall, "A part is too small"));
        }
        chosen.push(stored.clone());
    }
    Ok(chosen)
}

fn from_hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect()
}

/// The content of several bodies, one after the other.
struct Joined(VecDeque<Body>);

impl http_body::Body for Joined {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        while let Some(body) = self.0.front_mut() {
            match Pin::new(body).poll_frame(cx) {
                Poll::Ready(None) => drop(self.0.pop_front()),
                other => return other,
            }
        }
        Poll::Ready(None)
    }
}
