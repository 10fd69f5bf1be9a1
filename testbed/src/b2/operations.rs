//! The operations of S3 on a bucket.

use std::sync::PoisonError;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, BucketLocationConstraint,
    BucketVersioningStatus, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag, EncodingType,
    GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, MetadataDirective,
    PutObjectInput, PutObjectOutput, Range, UploadPartCopyInput, UploadPartCopyOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::bucket::{Bucket, Stored, request};
use super::listing::{Page, Wanted};
use super::selection::{permitted, within};

type Answer<T> = S3Result<S3Response<T>>;

#[expect(clippy::unnecessary_wraps, reason = "what every operation returns")]
fn answer<T>(output: T) -> Answer<T> {
    Ok(S3Response::new(output))
}

impl Bucket {
    fn page(&self, wanted: &Wanted<'_>) -> Page {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        wanted.page(&index)
    }

    /// The version that a copy reads.
    fn source(&self, source: &CopySource) -> S3Result<Stored> {
        match source {
            CopySource::Bucket {
                bucket,
                key,
                version_id,
            } if **bucket == *self.name => self.version(key, version_id.as_deref()),
            _ => Err(s3_error!(AccessDenied, "not entitled")),
        }
    }
}

#[async_trait::async_trait]
impl S3 for Bucket {
    async fn get_object(&self, mut req: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let stored = self.version(&req.input.key, req.input.version_id.as_deref())?;
        req.input.range = permitted(&req.extensions, &stored)?
            .map(|range| within(range, &stored))
            .transpose()?;
        req.input.key = stored.file;
        let mut response = self.files.get_object(req).await?;
        response.output.accept_ranges = Some("bytes".to_owned());
        response.output.version_id = Some(stored.version_id);
        response.output.e_tag = Some(ETag::Strong(stored.validators.etag));
        Ok(response)
    }

    async fn head_object(&self, mut req: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        let stored = self.version(&req.input.key, req.input.version_id.as_deref())?;
        let range = permitted(&req.extensions, &stored)?
            .map(|range| within(range, &stored))
            .transpose()?;
        req.input.key.clone_from(&stored.file);
        let mut response = self.files.head_object(req).await?;
        response.output.accept_ranges = Some("bytes".to_owned());
        response.output.version_id = Some(stored.version_id);
        response.output.e_tag = Some(ETag::Strong(stored.validators.etag));
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

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let stored = self.write(req).await?;
        answer(PutObjectOutput {
            e_tag: Some(ETag::Strong(stored.validators.etag)),
            version_id: Some(stored.version_id),
            ..PutObjectOutput::default()
        })
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
        let input = req.input;
        let source = self.source(&input.copy_source)?;
        let read = self.open(&source, None).await?;
        let replaces = input
            .metadata_directive
            .as_ref()
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        let mut copy = PutObjectInput {
            key: input.key,
            body: read.body,
            ..PutObjectInput::default()
        };
        if replaces {
            copy.content_type = input.content_type;
            copy.cache_control = input.cache_control;
            copy.content_encoding = input.content_encoding;
            copy.content_disposition = input.content_disposition;
            copy.content_language = input.content_language;
            copy.metadata = input.metadata;
        } else {
            copy.content_type = read.content_type;
            copy.cache_control = read.cache_control;
            copy.content_encoding = read.content_encoding;
            copy.content_disposition = read.content_disposition;
            copy.content_language = read.content_language;
            copy.metadata = read.metadata;
        }
        let stored = self.write(request(copy)).await?;
        answer(CopyObjectOutput {
            copy_object_result: Some(CopyObjectResult {
                e_tag: Some(ETag::Strong(stored.validators.etag)),
                last_modified: Some(stored.validators.last_modified),
                ..CopyObjectResult::default()
            }),
            version_id: Some(stored.version_id),
            ..CopyObjectOutput::default()
        })
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        let (key, version_id) = (&req.input.key, req.input.version_id.as_deref());
        // Deleting what does not exist succeeds, and so does hiding the current version.
        if version_id.is_none() || self.version(key, version_id).is_ok() {
            self.remove(key);
        }
        answer(DeleteObjectOutput::default())
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> Answer<DeleteObjectsOutput> {
        let quiet = req.input.delete.quiet == Some(true);
        let mut deleted = Vec::new();
        for object in req.input.delete.objects {
            self.remove(&object.key);
            deleted.push(DeletedObject {
                key: Some(object.key),
                ..DeletedObject::default()
            });
        }
        answer(DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            ..DeleteObjectsOutput::default()
        })
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        answer(CreateMultipartUploadOutput {
            bucket: Some(bucket),
            key: Some(key),
            upload_id: Some(self.uploads.begin(req.input)),
            ..CreateMultipartUploadOutput::default()
        })
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        let UploadPartInput {
            key,
            upload_id,
            part_number,
            body,
            ..
        } = req.input;
        self.uploads.check(&key, &upload_id, part_number)?;
        let part = self.write_part(body).await?;
        let e_tag = Some(ETag::Strong(part.validators.etag.clone()));
        self.uploads.add(&key, &upload_id, part_number, part)?;
        answer(UploadPartOutput {
            e_tag,
            ..UploadPartOutput::default()
        })
    }

    async fn upload_part_copy(
        &self,
        req: S3Request<UploadPartCopyInput>,
    ) -> Answer<UploadPartCopyOutput> {
        let input = req.input;
        let (id, number) = (&input.upload_id, input.part_number);
        self.uploads.check(&input.key, id, number)?;
        let source = self.source(&input.copy_source)?;
        let range = input.copy_source_range.as_deref().map(Range::parse);
        let range = range
            .transpose()
            .map_err(|error| s3_error!(error, InvalidArgument))?
            .map(|range| within(range, &source))
            .transpose()?;
        let read = self.open(&source, range).await?;
        let part = self.write_part(read.body).await?;
        let result = CopyPartResult {
            e_tag: Some(ETag::Strong(part.validators.etag.clone())),
            last_modified: Some(part.validators.last_modified.clone()),
            ..CopyPartResult::default()
        };
        self.uploads.add(&input.key, id, number, part)?;
        answer(UploadPartCopyOutput {
            copy_part_result: Some(result),
            ..UploadPartCopyOutput::default()
        })
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let input = req.input;
        let parts = input.multipart_upload.and_then(|upload| upload.parts);
        let parts = parts.unwrap_or_default();
        let stored = self.complete(&input.key, &input.upload_id, &parts).await?;
        answer(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(stored.validators.etag)),
            version_id: Some(stored.version_id),
            ..CompleteMultipartUploadOutput::default()
        })
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        self.uploads.abort(&req.input.key, &req.input.upload_id)?;
        answer(AbortMultipartUploadOutput::default())
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        let input = req.input;
        let parts = self.uploads.parts(&input.key, &input.upload_id)?;
        answer(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            parts: Some(parts),
            is_truncated: Some(false),
            ..ListPartsOutput::default()
        })
    }

    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> Answer<ListMultipartUploadsOutput> {
        let prefix = req.input.prefix.unwrap_or_default();
        answer(ListMultipartUploadsOutput {
            bucket: Some(req.input.bucket),
            uploads: Some(self.uploads.list(&prefix)),
            prefix: Some(prefix),
            is_truncated: Some(false),
            ..ListMultipartUploadsOutput::default()
        })
    }

    async fn list_objects(&self, req: S3Request<ListObjectsInput>) -> Answer<ListObjectsOutput> {
        let input = req.input;
        let max_keys = input.max_keys.unwrap_or(1000);
        let wanted = Wanted {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: input.marker.as_deref().unwrap_or_default(),
            max_keys: usize::try_from(max_keys).unwrap_or_default(),
            encoded: is_url(input.encoding_type.as_ref()),
        };
        let page = self.page(&wanted);
        answer(ListObjectsOutput {
            prefix: Some(wanted.shown(wanted.prefix)),
            delimiter: input.delimiter.as_deref().map(|text| wanted.shown(text)),
            next_marker: page.next.as_deref().map(|next| wanted.shown(next)),
            name: Some(input.bucket),
            max_keys: Some(max_keys),
            is_truncated: Some(page.next.is_some()),
            contents: Some(page.contents()),
            common_prefixes: Some(page.common_prefixes),
            encoding_type: input.encoding_type,
            ..ListObjectsOutput::default()
        })
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> Answer<ListObjectsV2Output> {
        let input = req.input;
        let max_keys = input.max_keys.unwrap_or(1000);
        let token = input.continuation_token.as_deref();
        let wanted = Wanted {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: token.or(input.start_after.as_deref()).unwrap_or_default(),
            max_keys: usize::try_from(max_keys).unwrap_or_default(),
            encoded: is_url(input.encoding_type.as_ref()),
        };
        let page = self.page(&wanted);
        answer(ListObjectsV2Output {
            prefix: Some(wanted.shown(wanted.prefix)),
            delimiter: input.delimiter.as_deref().map(|text| wanted.shown(text)),
            name: Some(input.bucket),
            max_keys: Some(max_keys),
            key_count: page.key_count(),
            is_truncated: Some(page.next.is_some()),
            contents: Some(page.contents()),
            next_continuation_token: page.next,
            common_prefixes: Some(page.common_prefixes),
            encoding_type: input.encoding_type,
            ..ListObjectsV2Output::default()
        })
    }

    async fn list_object_versions(
        &self,
        req: S3Request<ListObjectVersionsInput>,
    ) -> Answer<ListObjectVersionsOutput> {
        let input = req.input;
        let max_keys = input.max_keys.unwrap_or(1000);
        let wanted = Wanted {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: input.key_marker.as_deref().unwrap_or_default(),
            max_keys: usize::try_from(max_keys).unwrap_or_default(),
            encoded: is_url(input.encoding_type.as_ref()),
        };
        let page = self.page(&wanted);
        answer(ListObjectVersionsOutput {
            prefix: Some(wanted.shown(wanted.prefix)),
            name: Some(input.bucket),
            max_keys: Some(max_keys),
            is_truncated: Some(page.next.is_some()),
            versions: Some(page.versions()),
            next_key_marker: page.next,
            common_prefixes: Some(page.common_prefixes),
            encoding_type: input.encoding_type,
            ..ListObjectVersionsOutput::default()
        })
    }

    async fn head_bucket(&self, _: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        answer(HeadBucketOutput::default())
    }

    async fn get_bucket_location(
        &self,
        _: S3Request<GetBucketLocationInput>,
    ) -> Answer<GetBucketLocationOutput> {
        answer(GetBucketLocationOutput {
            location_constraint: Some(BucketLocationConstraint::from(self.region.clone())),
        })
    }

    /// Buckets of B2 always have versions.
    async fn get_bucket_versioning(
        &self,
        _: S3Request<GetBucketVersioningInput>,
    ) -> Answer<GetBucketVersioningOutput> {
        answer(GetBucketVersioningOutput {
            status: Some(BucketVersioningStatus::from_static(
                BucketVersioningStatus::ENABLED,
            )),
            ..GetBucketVersioningOutput::default()
        })
    }
}

fn is_url(encoding: Option<&EncodingType>) -> bool {
    encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL)
}
