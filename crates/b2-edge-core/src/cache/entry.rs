//! Cache entries: the metadata that is stored beside the body.
//!
//! The Core Cache stores a body and, beside it, user metadata. [`Entry`] is that metadata: what the body is,
//! the origin that it came from, and the headers of the object. Headers of a single response are not stored
//! (RFC 9111, section 3.1).

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

pub use crate::cache::entry_key::EntryKey;

use crate::cache::binary::{Reader, Writer};
use crate::cache::lifetime::Lifetime;
use crate::cache::policy::UncacheableReason;
use crate::cache::stored_headers::StoredHeaders;
use crate::http::content_type::ContentTraits;
use crate::http::date::http_date;
use crate::http::range::Span;
use crate::http::selection::Selection;
use crate::images::failure::RenderFailure;
use crate::origins::consensus::{Exhausted, NotFound};
use crate::origins::headers::stored_headers;
use crate::origins::request::HeldVersion;
use crate::s3::version::ObjectVersion;

/// How long an object is kept after its TTL at least, so that it can be revalidated instead of fetched again: a day.
const REVALIDATABLE: Duration = Duration::from_hours(24);

/// The lifetime of a segment: a week. A segment is never stale, because it belongs to one version; whether
/// that version is current depends on the object's entry.
const SEGMENT: Lifetime = Lifetime {
    fresh_s: 7 * 24 * 60 * 60,
    stale_while_revalidate_s: 0,
    stale_if_error_s: 0,
};

/// The longest body that is stored in the metadata too, in bytes. A hit of one costs no body of the host, and the metadata
/// of most entries stays below the 4 KiB that are read at first.
const SMALL_BODY_BYTES: usize = 2048;

/// What the body of an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryKind {
    /// The whole object or segment.
    Body,
    /// Empty: the object is cached in segments, or only its headers are known.
    HeadersOnly,
    /// Empty: no origin has the object, or none of those that responded.
    NotFound(NotFound),
    /// Empty: the source is there, and has no variant.
    Unrendered(RenderFailure),
    /// Empty: a moment ago, no origin gave a usable response.
    Exhausted(Exhausted),
    /// Empty: a lock that was released, because the object has an entry.
    Released,
    /// Empty: the object is not cacheable, so requests go to the origins.
    HitForPass(UncacheableReason),
}

/// The metadata of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the body is.
    pub kind: EntryKind,
    /// The host of the bucket that the body came from.
    host: Option<HeaderValue>,
    /// The backend of that bucket.
    pub origin: String,
    /// The length of the object or segment in bytes, also if the body is not here.
    pub length: u64,
    headers: StoredHeaders,
    traits: ContentTraits,
    /// A copy of a small body; otherwise empty.
    small_body: Bytes,
    /// How long the entry is fresh, and may be served stale.
    pub lifetime: Lifetime,
    /// A surrogate key that is unique to this entry.
    pub id: String,
}

impl Entry {
    /// An entry with a body of `length` bytes, for an origin's response with these headers.
    #[must_use]
    pub fn of_object(length: u64, headers: &HeaderMap, lifetime: Lifetime) -> Self {
        let headers = StoredHeaders::of_map(headers);
        let lines: HeaderMap = headers.iter().collect();
        Self {
            length,
            traits: ContentTraits::of_map(&lines),
            headers,
            ..Self::of_kind(EntryKind::Body, lifetime)
        }
    }

    /// An entry with an empty body and no headers.
    #[must_use]
    pub const fn of_kind(kind: EntryKind, lifetime: Lifetime) -> Self {
        Self {
            kind,
            host: None,
            origin: String::new(),
            length: 0,
            headers: StoredHeaders::new(),
            traits: ContentTraits::NONE,
            small_body: Bytes::new(),
            lifetime,
            id: String::new(),
        }
    }

    /// The same entry without a body.
    #[must_use]
    pub fn without_body(self) -> Self {
        Self {
            kind: EntryKind::HeadersOnly,
            small_body: Bytes::new(),
            ..self
        }
    }

    /// The same entry with a copy of its body, if that is small.
    #[must_use]
    pub fn with_body(self, body: &[u8]) -> Self {
        let is_small = body.len() <= SMALL_BODY_BYTES && self.kind == EntryKind::Body;
        Self {
            small_body: Bytes::copy_from_slice(if is_small { body } else { b"" }),
            ..self
        }
    }

    /// The copy of its body, or a part of that; `None` if there is none, or if it is empty.
    #[must_use]
    pub fn small_body(&self, part: Option<Span>) -> Option<&[u8]> {
        let body = Some(&self.small_body[..]).filter(|body| !body.is_empty())?;
        match part {
            None => Some(body),
            Some(span) => {
                body.get(usize::try_from(span.first).ok()?..=usize::try_from(span.last).ok()?)
            }
        }
    }

    /// An entry for a segment of this object; `length` is the segment's, in bytes.
    #[must_use]
    pub fn segment(&self, length: u64) -> Self {
        Self {
            kind: EntryKind::Body,
            length,
            headers: StoredHeaders::new(),
            traits: ContentTraits::NONE,
            small_body: Bytes::new(),
            lifetime: SEGMENT,
            ..self.clone()
        }
    }

    /// Sets the origin, and an ID from the time: an origin does not send two responses for one key in the
    /// same nanosecond.
    #[must_use]
    pub fn from_origin(mut self, backend: &str, host: &HeaderValue, now: SystemTime) -> Self {
        let nanoseconds = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        backend.clone_into(&mut self.origin);
        self.host = Some(host.clone());
        self.id = format!("b2-edge:entry:{backend}:{nanoseconds:x}");
        self
    }

    /// This entry updated by a 304, whose headers replace those of the same name (RFC 9111, section 3.2).
    #[must_use]
    pub fn updated(&self, not_modified: &HeaderMap, lifetime: Lifetime) -> Self {
        let mut headers = self.headers();
        for (name, _) in stored_headers(not_modified) {
            headers.remove(name);
        }
        for (name, value) in stored_headers(not_modified) {
            headers.append(name.clone(), value.clone());
        }
        let Self {
            headers, traits, ..
        } = Self::of_object(0, &headers, lifetime);
        Self {
            headers,
            traits,
            lifetime,
            ..self.clone()
        }
    }

    /// The stored headers.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter() {
            headers.append(name, value);
        }
        headers
    }

    /// The traits of the content, from the stored headers.
    #[must_use]
    pub const fn content_traits(&self) -> ContentTraits {
        self.traits
    }

    /// The stored headers to send to the client, given what the response carries.
    pub fn headers_for(
        &self,
        selection: Selection,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        self.headers.for_client(selection)
    }

    /// The value of `X-B2-Host`.
    #[must_use]
    pub fn host(&self) -> Option<HeaderValue> {
        self.host.clone()
    }

    /// `ETag`, with its quotes and any `W/`.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.header(&ETAG)
    }

    /// `ETag` as a field value.
    #[must_use]
    pub fn etag_value(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(self.etag()?).ok()
    }

    /// `Last-Modified`.
    #[must_use]
    pub fn last_modified(&self) -> Option<SystemTime> {
        http_date(&HeaderValue::from_str(self.header(&LAST_MODIFIED)?).ok()?)
    }

    /// The version, for telling whether an origin has an older one.
    #[must_use]
    pub fn held_version(&self) -> HeldVersion {
        HeldVersion {
            last_modified: self.last_modified(),
            origin: self.origin.clone(),
            is_own: false,
        }
    }

    /// How long after its TTL it is kept: while it may be served stale, and if a 304 can confirm it, at least a day.
    #[must_use]
    pub fn retention(&self) -> Duration {
        let stale = self.lifetime.stale_window();
        match self.kind {
            EntryKind::Body | EntryKind::HeadersOnly if self.etag().is_some() => {
                stale.max(REVALIDATABLE)
            }
            EntryKind::Body
            | EntryKind::HeadersOnly
            | EntryKind::NotFound(_)
            | EntryKind::Unrendered(_)
            | EntryKind::Exhausted(_)
            | EntryKind::Released
            | EntryKind::HitForPass(_) => stale,
        }
    }

    /// The version, for requesting further segments; `None` without a strong `ETag`, because only that
    /// guarantees identical bytes (RFC 9110, section 8.8.1).
    #[must_use]
    pub fn version(&self) -> Option<ObjectVersion> {
        let etag = self.etag().filter(|etag| !etag.starts_with("W/"))?;
        Some(ObjectVersion {
            etag: HeaderValue::from_str(etag).ok()?,
            complete_length: self.length,
        })
    }

    /// The value of a stored header; `None` also if it is not UTF-8.
    #[must_use]
    pub fn header(&self, wanted: &HeaderName) -> Option<&str> {
        std::str::from_utf8(self.headers.get(wanted)?).ok()
    }

    /// The metadata as stored in the cache.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Lifetime {
            fresh_s,
            stale_while_revalidate_s,
            stale_if_error_s,
        } = self.lifetime;
        let mut record = Writer::new();
        self.kind.write(&mut record);
        record.byte(self.traits.to_bits());
        for number in [
            fresh_s,
            stale_while_revalidate_s,
            stale_if_error_s,
            self.length,
        ] {
            record.number(number);
        }
        let host = self.host.as_ref().map(HeaderValue::as_bytes);
        for text in [
            host.unwrap_or_default(),
            self.origin.as_bytes(),
            self.id.as_bytes(),
            self.headers.as_bytes(),
            &self.small_body,
        ] {
            record.bytes(text);
        }
        record.finish()
    }

    /// Parses metadata as stored in the cache; `None` if it is not in this format. The headers share its memory.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Option<Self> {
        let bytes = bytes.into();
        let mut record = Reader::new(&bytes)?;
        let entry = Self {
            kind: EntryKind::read(&mut record)?,
            traits: ContentTraits::from_bits(record.byte()?),
            lifetime: Lifetime {
                fresh_s: record.number()?,
                stale_while_revalidate_s: record.number()?,
                stale_if_error_s: record.number()?,
            },
            length: record.number()?,
            host: match record.bytes()? {
                none if none.is_empty() => None,
                host => Some(HeaderValue::from_maybe_shared(host).ok()?),
            },
            origin: record.text()?,
            id: record.text()?,
            headers: StoredHeaders::from_bytes(record.bytes()?)?,
            small_body: record.bytes()?,
        };
        record.is_at_end().then_some(entry)
    }
}

impl EntryKind {
    const BODY: u8 = 0;
    const HEADERS_ONLY: u8 = 1;
    const RELEASED: u8 = 2;
    /// One with details, which are JSON: no object is served from it.
    const DETAILED: u8 = 3;

    fn write(self, record: &mut Writer) {
        match self {
            Self::Body => record.byte(Self::BODY),
            Self::HeadersOnly => record.byte(Self::HEADERS_ONLY),
            Self::Released => record.byte(Self::RELEASED),
            Self::NotFound(_) | Self::Unrendered(_) | Self::Exhausted(_) | Self::HitForPass(_) => {
                record.byte(Self::DETAILED);
                // Cannot fail: strings and numbers are always valid JSON.
                record.bytes(&serde_json::to_vec(&self).unwrap_or_default());
            }
        }
    }

    fn read(record: &mut Reader<'_>) -> Option<Self> {
        match record.byte()? {
            Self::BODY => Some(Self::Body),
            Self::HEADERS_ONLY => Some(Self::HeadersOnly),
            Self::RELEASED => Some(Self::Released),
            Self::DETAILED => serde_json::from_slice(&record.bytes()?).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::header_map;
    use crate::origins::outcome::NotFoundAs;

    const HOUR: Lifetime = Lifetime {
        fresh_s: 3600,
        stale_while_revalidate_s: 0,
        stale_if_error_s: 0,
    };

    #[test]
    fn an_entry_comes_out_of_the_cache_as_it_went_in() {
        let headers = header_map::<&[u8]>(&[
            ("content-type", b"text/plain"),
            ("x-amz-meta-name", b"gr\xf6\xdfe \"\\"),
            ("x-amz-meta-name", b"twice"),
            ("etag", b"\"a\""),
            ("last-modified", b"Sat, 01 Jan 2022 00:00:00 GMT"),
            ("content-length", b"10"),
            ("content-range", b"bytes 0-9/10"),
            ("x-amz-request-id", b"1"),
            ("server", b"nginx"),
        ]);
        let host = HeaderValue::from_static("b.s3.us-west-004.backblazeb2.com");
        let entry = Entry::of_object(10, &headers, HOUR).from_origin(
            "us_origin",
            &host,
            SystemTime::UNIX_EPOCH + Duration::from_nanos(255),
        );
        let found = Entry::from_bytes(entry.to_bytes()).expect("an entry");
        assert_eq!(found, entry);
        let mut stored_headers = headers;
        for of_the_response in [
            "content-length",
            "content-range",
            "x-amz-request-id",
            "server",
        ] {
            stored_headers.remove(of_the_response);
        }
        assert_eq!(found.headers(), stored_headers);
        assert_eq!(found.host(), Some(host));
        assert_eq!(found.id, "b2-edge:entry:us_origin:ff");
        assert_eq!(found.etag(), Some("\"a\""));
        let seconds = found
            .last_modified()
            .and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok())
            .map(|since| since.as_secs());
        assert_eq!(seconds, Some(1_640_995_200));
    }

    #[test]
    fn a_304_replaces_the_headers_that_it_has_and_leaves_the_others() {
        let entry = Entry::of_object(
            10,
            &header_map::<&[u8]>(&[
                ("content-type", b"text/plain"),
                ("cache-control", b"max-age=1"),
                ("cache-control", b"public"),
            ]),
            HOUR,
        );
        let updated = entry.updated(
            &header_map::<&[u8]>(&[("cache-control", b"max-age=2"), ("content-length", b"0")]),
            HOUR,
        );
        let expected = header_map::<&[u8]>(&[
            ("content-type", b"text/plain"),
            ("cache-control", b"max-age=2"),
        ]);
        assert_eq!(updated.headers(), expected);
        assert_eq!(updated.length, 10);
    }

    #[test]
    fn what_says_how_long_the_edge_may_cache_outlives_a_304_and_never_reaches_a_client() {
        let lines: &[(&str, &[u8])] = &[
            ("etag", b"\"a\""),
            ("surrogate-control", b"max-age=600"),
            ("x-amz-meta-surrogate-control", b"max-age=600"),
        ];
        let entry = Entry::of_object(10, &header_map(lines), HOUR);
        let updated = entry.updated(&header_map::<&[u8]>(&[("etag", b"\"a\"")]), HOUR);
        assert_eq!(updated.headers(), header_map(lines));
        let sent: Vec<_> = updated.headers_for(Selection::Whole).collect();
        assert_eq!(sent.len(), 1, "{sent:?}");
    }

    #[test]
    fn only_a_strong_validator_names_a_version() {
        for (etag, matches_etag) in [(&b"\"a\""[..], true), (b"W/\"a\"", false)] {
            let entry = Entry::of_object(10, &header_map::<&[u8]>(&[("etag", etag)]), HOUR);
            assert_eq!(entry.version().is_some(), matches_etag, "{etag:?}");
        }
        assert_eq!(
            Entry::of_object(10, &header_map::<&[u8]>(&[]), HOUR).version(),
            None
        );
    }

    #[test]
    fn a_small_body_is_in_the_metadata_until_the_entry_has_another_one() {
        let headers = header_map::<&[u8]>(&[("etag", b"\"a\"")]);
        let entry = |length| Entry::of_object(length, &headers, HOUR);
        let small = entry(5).with_body(b"small");
        let found = Entry::from_bytes(small.to_bytes()).expect("an entry");
        assert_eq!(found, small);
        let part = |first, last| Some(Span { first, last });
        for (span, bytes) in [
            (None, Some(&b"small"[..])),
            (part(0, 4), Some(b"small")),
            (part(1, 3), Some(b"mal")),
            (part(4, 5), None),
            (part(4, 3), Some(b"")),
            (part(9, 2), None),
            (part(0, u64::MAX), None),
        ] {
            assert_eq!(found.small_body(span), bytes, "{span:?}");
        }
        let updated = found.updated(&HeaderMap::new(), HOUR);
        assert_eq!(updated.small_body(None), Some(&b"small"[..]));
        for without in [
            entry(0).with_body(b""),
            entry(3000).with_body(&[0; 3000]),
            found.segment(5),
            found.clone().without_body(),
            found.clone().without_body().with_body(b"small"),
        ] {
            assert_eq!(without.small_body(None), None, "{without:?}");
        }
    }

    #[test]
    fn what_is_no_entry_is_none() {
        for bytes in [&b""[..], b"{}", b"\xff", b"[1,2]"] {
            assert_eq!(Entry::from_bytes(bytes), None, "{bytes:?}");
        }
        let headers = header_map::<&[u8]>(&[("etag", b"\"a\""), ("x-amz-meta-a", b"b")]);
        let host = HeaderValue::from_static("b.s3.us-west-004.backblazeb2.com");
        let entry = Entry::of_object(10, &headers, HOUR);
        let whole = entry
            .from_origin("us_origin", &host, SystemTime::UNIX_EPOCH)
            .to_bytes();
        let mut random = fastrand::Rng::with_seed(13);
        for round in 0..20_000 {
            let mut changed = whole.clone();
            for _ in 0..random.usize(1..8) {
                let index = random.usize(..changed.len());
                changed[index] = random.u8(..);
            }
            changed.truncate(random.usize(..=whole.len() * 2));
            if changed != whole {
                assert_eq!(Entry::from_bytes(changed), None, "round {round}");
            }
        }
    }

    #[test]
    fn an_entry_of_each_kind_comes_out_of_the_cache_as_it_went_in() {
        let not_found = NotFound {
            said: NotFoundAs::NotFound,
            unanimous: true,
            is_confirmed: false,
        };
        let busy = Exhausted::Busy {
            retry_after: Some(Duration::from_millis(1500)),
        };
        for kind in [
            EntryKind::Body,
            EntryKind::HeadersOnly,
            EntryKind::Released,
            EntryKind::NotFound(not_found),
            EntryKind::Exhausted(busy),
            EntryKind::Exhausted(Exhausted::Failed),
            EntryKind::HitForPass(UncacheableReason::NoStore),
        ] {
            let entry = Entry::of_kind(kind, HOUR);
            assert_eq!(Entry::from_bytes(entry.to_bytes()), Some(entry));
        }
    }
}
