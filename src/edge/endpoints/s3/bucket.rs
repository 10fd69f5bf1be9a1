//! What an authorized request does at its bucket: it is signed anew and sent with its body, and what it changed is purged.

use b2_edge_core::s3::delete_objects::{DeleteRequest, content_md5};
use b2_edge_core::s3::object_key::ObjectKey;
use b2_edge_core::s3::sigv4::UNSIGNED_PAYLOAD;
use b2_edge_core::s3::upload::UploadBody;
use b2_edge_core::s3_endpoint::authorize::{Authorized, authorize_keys};
use b2_edge_core::s3_endpoint::body::{
    BodyHandling, BodyPlan, digest_wrong, is_as_announced, list_invalid, no_length, plan,
};
use b2_edge_core::s3_endpoint::error::S3Error;
use b2_edge_core::s3_endpoint::forward::{CONTENT_MD5, Forwarded};
use b2_edge_core::s3_endpoint::operation::Operation;
use b2_edge_core::s3_endpoint::resource::{Resource, no_such_bucket};
use b2_edge_core::s3_endpoint::verified::Verified;
use b2_edge_core::setup::origin::{Access, Origin};
use fastly::handle::{BodyHandle, PendingRequestHandle};
use fastly::http::header::CONTENT_LENGTH;
use fastly::http::{HeaderValue, Method};

use crate::edge::cache::purge::Purge;
use crate::edge::endpoints::s3::forward::{self, BucketRequest, Waited};
use crate::edge::endpoints::s3::request::{Refusal, S3Request};
use crate::edge::endpoints::s3::{reply, upload};
use crate::edge::response::reply::Reply;

/// The body that a bucket gets.
struct BucketBody {
    length: u64,
    /// What is signed for it.
    payload: String,
    source: Source,
}

/// Where a body comes from.
enum Source {
    /// The client; the host passes it on.
    Client,
    /// The client; it is verified while it is passed on.
    Verified(UploadBody),
    /// Memory.
    Whole(Vec<u8>),
}

impl BucketBody {
    /// A body that was made here.
    fn whole(content: Vec<u8>) -> Self {
        Self {
            length: content.len() as u64,
            payload: UNSIGNED_PAYLOAD.to_owned(),
            source: Source::Whole(content),
        }
    }
}

/// Sends an authorized request to the bucket of the origin with this index.
pub(super) fn send(
    request: S3Request<'_>,
    verified: &Verified<'_>,
    authorized: &Authorized,
    origin: usize,
    mut body: BodyHandle,
) -> Result<Reply, Refusal> {
    let S3Request {
        context, method, ..
    } = request;
    let (operation, client) = (authorized.operation, verified.client);
    let BodyPlan {
        length,
        payload,
        handling,
    } = plan(operation, method.as_str(), verified, &context.service.s3)?;
    let settings = context.settings;
    let origin = settings.origin_for(origin, operation.is_write(), client);
    let origin = origin.map_err(Refusal::misconfigured)?;
    let passes_aws_chunked = matches!(handling, BodyHandling::PassAwsChunked);
    let copy_source = authorized.copy_source.as_ref();
    let mut headers = Forwarded::of(&verified.headers, copy_source, passes_aws_chunked);
    let mut to_bucket = BucketBody {
        length,
        payload,
        source: source(handling, length, verified, method, &mut body)?,
    };
    let mut objects: Vec<ObjectKey> = verified.resource.key.iter().cloned().collect();
    if let (Source::Whole(read), Operation::DeleteObjects) = (&to_bucket.source, operation) {
        let list = DeleteRequest::parse(read).map_err(list_invalid)?;
        let keys = list.objects.iter().map(|(key, _)| key.as_str());
        objects = authorize_keys(&client.grant, keys)?;
        // Written anew, so that the bucket cannot read another list in it.
        to_bucket = BucketBody::whole(list.to_xml().into_bytes());
    }
    if let (Source::Whole(read), true) = (&to_bucket.source, operation.needs_md5(&verified.headers))
        && let Ok(md5) = HeaderValue::try_from(content_md5(read))
    {
        headers.unsigned.insert(CONTENT_MD5, md5);
    }
    let has_body = matches!(*method, Method::PUT | Method::POST);
    let sent = BucketRequest {
        method,
        path: &path_of(&verified.resource),
        query: &verified.query.encode(),
        headers: &headers,
        payload: &to_bucket.payload,
        length: has_body.then_some(to_bucket.length),
    };
    let signed = sent.signed(&origin)?;
    context.sandbox.count_request();
    let (backend, length) = (origin.backend.as_str(), to_bucket.length);
    let pending = match to_bucket.source {
        Source::Client => forward::send(signed, body, backend)?,
        Source::Whole(read) => forward::send(signed, BodyHandle::from(read.as_slice()), backend)?,
        Source::Verified(verification) => {
            upload::send_verified(signed, backend, &mut body, length, verification)?
        }
    };
    let result = finish(pending, &origin);
    if operation.changes_objects() {
        purged(result, request, &objects)
    } else {
        result
    }
}

/// Where the body for the bucket comes from. What has to be read whole is read and verified here.
fn source(
    handling: BodyHandling,
    length: u64,
    verified: &Verified<'_>,
    method: &Method,
    body: &mut BodyHandle,
) -> Result<Source, S3Error> {
    match handling {
        BodyHandling::Empty => {
            let has_length = verified.headers.contains_key(CONTENT_LENGTH);
            let may_have_body = matches!(*method, Method::PUT | Method::POST);
            // HTTP/2 has bodies without a length.
            if may_have_body && !has_length && !upload::is_empty(body) {
                return Err(no_length());
            }
            Ok(Source::Whole(Vec::new()))
        }
        BodyHandling::Pass | BodyHandling::PassAwsChunked => Ok(Source::Client),
        BodyHandling::Verify(verification) => Ok(Source::Verified(verification)),
        BodyHandling::Buffer(verification) => {
            let read = upload::read(body, length, verification)?;
            if is_as_announced(&verified.claim.payload, &verified.headers, &read) {
                Ok(Source::Whole(read))
            } else {
                Err(digest_wrong())
            }
        }
    }
}

/// The path of a resource at its bucket's host.
fn path_of(resource: &Resource) -> String {
    let key = resource.key.as_ref();
    key.map_or_else(|| "/".to_owned(), ObjectKey::to_path)
}

/// Passes a CORS preflight to the bucket that it is about.
pub(super) fn preflight(request: S3Request<'_>, resource: &Resource) -> Result<Reply, Refusal> {
    let service = request.context.service;
    let bucket = resource.bucket.as_deref();
    let buckets = service.buckets();
    let known = buckets.iter().find(|known| Some(known.name) == bucket);
    let configured = known.and_then(|known| service.origins.get(known.origin));
    let address = configured.and_then(|origin| origin.address());
    let (Some(configured), Some(address)) = (configured, address) else {
        return Err(no_such_bucket().into());
    };
    let origin = Origin {
        backend: configured.backend.clone(),
        address: address.clone(),
        access: Access::Public,
    };
    let to_bucket = BucketRequest {
        method: request.method,
        path: &path_of(resource),
        query: "",
        headers: &Forwarded::of_preflight(request.incoming.headers),
        payload: "",
        length: None,
    };
    let signed = to_bucket.signed(&origin)?;
    request.context.sandbox.count_request();
    let pending = forward::send(signed, BodyHandle::new(), &origin.backend)?;
    finish(pending, &origin)
}

fn finish(pending: PendingRequestHandle, origin: &Origin) -> Result<Reply, Refusal> {
    Ok(match forward::wait(pending)? {
        Waited::Response(response) => reply::of_origin(*response, &origin.address),
        Waited::Pending(pending) => reply::handed_over(pending, &origin.address),
    })
}

/// Purges what a request has changed, before the client knows of it: its next read finds the new object. What is being
/// filled is purged again after the response. Without a response, the bucket may have made the change.
fn purged(
    mut result: Result<Reply, Refusal>,
    request: S3Request<'_>,
    objects: &[ObjectKey],
) -> Result<Reply, Refusal> {
    let is_refused = (result.as_ref()).is_ok_and(|reply| !reply.response.status.is_success());
    if !is_refused {
        let purge = Purge::new(objects, request.context.service, false);
        // The bucket has the change: a purge that fails must not tell the client otherwise.
        let again = purge.execute().unwrap_or_default();
        if let Ok(reply) = &mut result {
            reply.purges = again;
        }
    }
    result
}
