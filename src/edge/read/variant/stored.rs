//! Variants in the bucket: reads one that is stored there, and stores one after it was rendered.

use std::time::{Duration, SystemTime};

use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::images::render_response::MAX_VARIANT_BYTES;
use b2_edge_core::images::store_record::RefusedStore;
use b2_edge_core::images::stored::Stored;
use b2_edge_core::images::variant::Variant;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::log::image::LoggedStore;
use b2_edge_core::log::timestamp::Timestamp;
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::s3::error_document::code_in;
use b2_edge_core::s3::object_key::ObjectKey;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::edge::cache::records;
use crate::edge::context::{ObjectRead, RequestContext};
use crate::edge::origins::content::{Content, read_whole};
use crate::edge::origins::fetch::{FetchOutcome, fetch};
use crate::edge::origins::put::{PutOutcome, put};
use crate::edge::platform::deadline::Deadline;
use crate::edge::response::object::provenance_at;
use crate::edge::response::reply::UnstoredVariant;

/// The outcome of storing a variant that is stored.
pub(super) const STORED: &str = "stored";

/// What the bucket has under the key of a variant.
pub(super) enum Found {
    /// The variant.
    Current(Box<StoredVariant>),
    /// Nothing, or an outdated variant: a new one may be stored.
    Nothing,
    /// An object that is no variant. It is left alone.
    Foreign,
    /// No origin told.
    Unknown,
}

/// A variant that is stored in the bucket.
pub(super) struct StoredVariant {
    pub(super) bytes: Vec<u8>,
    pub(super) media_type: String,
    pub(super) provenance: Provenance,
}

/// Looks for a stored variant of this version of the source.
pub(super) fn find(
    read: &ObjectRead<'_>,
    variant: &Variant<'_>,
    key: &ObjectKey,
    source_etag: &str,
    described_by: &Provenance,
    attempts: &mut Vec<LoggedAttempt>,
) -> Found {
    let get = ObjectRead {
        deadline: read
            .deadline
            .at_most(read.context.service.failover.total_timeout),
        ..read.context.whole_alternate(ReadMethod::Get, key.clone())
    };
    let request = OriginRequest::from_client(ReadMethod::Get, &HeaderMap::new());
    let fetched = match fetch(&get, &request, get.deadline, attempts) {
        FetchOutcome::Response(fetched) if fetched.selection == Selection::Whole => fetched,
        FetchOutcome::NotFound(fetched) if fetched.not_found.unanimous => return Found::Nothing,
        FetchOutcome::NotFound(_)
        | FetchOutcome::Response(_)
        | FetchOutcome::OtherVersion { .. }
        | FetchOutcome::Exhausted(_) => return Found::Unknown,
    };
    let headers = &fetched.received.headers;
    match Stored::of(headers, source_etag, &variant.preset_digest) {
        Stored::Foreign => return Found::Foreign,
        Stored::Outdated => return Found::Nothing,
        Stored::Current => {}
    }
    let media_type = headers.get(CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    let Some(media_type) = media_type.filter(|value| value.starts_with("image/")) else {
        return Found::Nothing;
    };
    let media_type = media_type.to_owned();
    let provenance = provenance_at(
        fetched.origin,
        described_by.status,
        described_by.age,
        fetched.took,
    );
    let bytes = match fetched.received.content {
        Content::Bytes(bytes) => bytes,
        Content::Stream(body, Some(length)) if length <= MAX_VARIANT_BYTES => {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            match read_whole(body, length, get.deadline) {
                Some(bytes) => bytes,
                None => return Found::Unknown,
            }
        }
        Content::Stream(..) => return Found::Unknown,
    };
    Found::Current(Box::new(StoredVariant {
        bytes,
        media_type,
        provenance,
    }))
}

/// Stores a variant at the origin that its source came from, which may take as long as `timeout`.
pub(crate) fn store(
    context: &RequestContext<'_>,
    unstored: &UnstoredVariant,
    timeout: Duration,
) -> LoggedStore {
    let logged = |outcome, status| LoggedStore {
        outcome,
        origin: unstored.origin.clone(),
        status,
    };
    if records::refused_store(&unstored.origin).is_some() {
        return logged("refused_lately", None);
    }
    let origins = &context.service.origins;
    let index = origins
        .iter()
        .position(|origin| origin.backend == unstored.origin);
    let refused = |backend: &str, status, code| {
        let record = RefusedStore {
            time: Timestamp::to_millisecond(SystemTime::now())
                .as_str()
                .to_owned(),
            backend: backend.to_owned(),
            status,
            code,
        };
        records::remember_refused_store(&unstored.origin, &record);
        logged("refused", status)
    };
    let Some(Ok(writer)) = index.map(|index| context.settings.own_writer(index)) else {
        return refused(&unstored.origin, None, None);
    };
    if context.sandbox.requests_left() == 0 {
        return logged("no_requests_left", None);
    }
    context.sandbox.count_request();
    let path = unstored.key.to_path();
    let deadline = Deadline::from_now(timeout);
    match put(&writer, &path, &unstored.headers, &unstored.bytes, deadline) {
        PutOutcome::Responded { status: 200, .. } => logged(STORED, Some(200)),
        PutOutcome::Responded { status, document } if matches!(status, 401 | 403) => {
            refused(&writer.backend, Some(status), code_in(&document))
        }
        PutOutcome::Responded { status, .. } => logged("failed", Some(status)),
        PutOutcome::NoResponse => logged("no_response", None),
    }
}
