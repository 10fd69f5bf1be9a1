//! What the cache kind under one key: what describes it, and how it is found again.
//!
//! The cache keeps bytes and, beside them, a description in bytes: this one. It says what the bytes
//! are, whose they are, and the headers that belong to the object rather than to the answer that
//! brought it (RFC 9111, section 3.1).

use std::time::SystemTime;

use http::header::{ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::cache::policy::{Lifetime, UncacheableReason};
use crate::http::content_type::ContentTraits;
use crate::http::date::http_date;
use crate::http::selection::Selection;
use crate::origins::headers::{passes_to_client, stored};
use crate::origins::outcome::NotFoundAs;
use crate::s3::version::ObjectVersion;

/// The version of what entries look like: raised with every change, so that one that an older version
/// of this program has left is not found.
const SCHEMA: &str = "e2";

/// How long a segment is kept, a week. It is of one version and so never stale: whether that is still the
/// version is asked of the object's description.
const SEGMENT: Lifetime = Lifetime {
    fresh_s: 7 * 24 * 60 * 60,
    stale_while_revalidate_s: 0,
    stale_if_error_s: 0,
};

/// What an entry is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKey<'k> {
    /// An object, its absence, or the mark that it is not kept.
    Object,
    /// What describes an object, learnt by `HEAD`.
    Head,
    /// One segment of one version of an object.
    Segment {
        /// The version's strong `ETag`.
        etag: &'k str,
        /// The size of the segments.
        segment_bytes: u64,
        /// Which one.
        index: u64,
    },
    /// Not an answer: the turn of the one request that asks the origins about the stale
    /// [`EntryKey::Object`], while the others wait for what it hears.
    RevalidationLock,
    /// The same for a stale [`EntryKey::Head`].
    HeadRevalidationLock,
}

impl EntryKey<'_> {
    /// The key in the cache, for an object that `preferred` is the preferred origin of.
    ///
    /// At most 1,024 bytes of object key, 239 of backend and an `ETag`: within the cache's 4 KiB, unless
    /// the `ETag` is absurd, and then the cache refuses it.
    #[must_use]
    pub fn to_bytes(self, preferred: &str, object_key: &str) -> Vec<u8> {
        // No part can have a NUL in it, so no two keys run into each other.
        let kind = match self {
            Self::Object => "object".to_owned(),
            Self::Head => "head".to_owned(),
            Self::RevalidationLock => "object turn".to_owned(),
            Self::HeadRevalidationLock => "head turn".to_owned(),
            Self::Segment {
                etag,
                segment_bytes,
                index,
            } => format!("segment\0{etag}\0{segment_bytes}\0{index}"),
        };
        format!("{SCHEMA}\0{preferred}\0{object_key}\0{kind}").into_bytes()
    }
}

/// What the bytes of an entry are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryKind {
    /// The whole object, or the whole segment.
    Body,
    /// Nothing: the object is in segments, each an entry of its own, or was only described.
    HeadersOnly,
    /// Nothing: there is no such object.
    NotFound(NotFoundAs),
    /// Nothing: the origins have to be asked each time.
    HitForPass(UncacheableReason),
}

/// The description of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What its bytes are.
    pub kind: EntryKind,
    /// `X-B2-Host`: the bucket that the object came from.
    pub host: String,
    /// The backend of that bucket.
    pub origin: String,
    /// The length of the object, or of the segment, in bytes.
    pub length: u64,
    /// The object's headers, each a line `name:value`. A value's bytes are characters here, one each.
    headers: String,
    /// How long it may be served.
    pub lifetime: Lifetime,
    /// A surrogate key that no other entry has.
    pub id: String,
}

impl Entry {
    /// Describes content that an origin has given, with the headers of its answer.
    #[must_use]
    pub fn of_object(length: u64, headers: &HeaderMap, lifetime: Lifetime) -> Self {
        let mut lines = String::new();
        for (name, value) in stored(headers) {
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(name.as_str());
            lines.push(':');
            // No value has a line's end (RFC 9110, section 5.5).
            lines.extend(value.as_bytes().iter().copied().map(char::from));
        }
        Self {
            length,
            headers: lines,
            ..Self::of_kind(EntryKind::Body, lifetime)
        }
    }

    /// Describes an entry that has no content.
    #[must_use]
    pub const fn of_kind(kind: EntryKind, lifetime: Lifetime) -> Self {
        Self {
            kind,
            host: String::new(),
            origin: String::new(),
            length: 0,
            headers: String::new(),
            lifetime,
            id: String::new(),
        }
    }

    /// The same without its bytes.
    #[must_use]
    pub fn without_body(self) -> Self {
        Self {
            kind: EntryKind::HeadersOnly,
            ..self
        }
    }

    /// Describes a segment of it, of this many bytes.
    #[must_use]
    pub fn segment(&self, length: u64) -> Self {
        Self {
            kind: EntryKind::Body,
            length,
            headers: String::new(),
            lifetime: SEGMENT,
            ..self.clone()
        }
    }

    /// Says whose it is, and when it was fetched: no origin gives the same key two answers in the same
    /// nanosecond.
    #[must_use]
    pub fn from_origin(mut self, backend: &str, host: &HeaderValue, now: SystemTime) -> Self {
        let nanoseconds = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        backend.clone_into(&mut self.origin);
        self.host = characters(host);
        self.id = format!("b2-edge:entry:{backend}:{nanoseconds:x}");
        self
    }

    /// The same, updated by a 304: its headers replace those of the same name (RFC 9111, section
    /// 3.2).
    #[must_use]
    pub fn updated(&self, not_modified: &HeaderMap, lifetime: Lifetime) -> Self {
        let mut headers = self.headers();
        for (name, _) in stored(not_modified) {
            headers.remove(name);
        }
        for (name, value) in stored(not_modified) {
            headers.append(name.clone(), value.clone());
        }
        Self {
            headers: Self::of_object(0, &headers, lifetime).headers,
            lifetime,
            ..self.clone()
        }
    }

    /// The object's headers.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in self.lines() {
            headers.append(name, value);
        }
        headers
    }

    /// What kind of content it is.
    #[must_use]
    pub fn content_traits(&self) -> ContentTraits {
        let lines = self.headers.split('\n');
        ContentTraits::of(lines.filter_map(|line| line.split_once(':')))
    }

    /// The object's headers that the client gets with an answer.
    pub fn lines_for(&self, served: Selection) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        self.lines()
            .filter(move |(name, _)| passes_to_client(served, name))
    }

    fn lines(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        self.headers.split('\n').filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, header_value(value)?))
        })
    }

    /// `X-B2-Host`.
    #[must_use]
    pub fn host(&self) -> Option<HeaderValue> {
        header_value(&self.host)
    }

    /// The `ETag`, as in the field.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.header(&ETAG)
    }

    /// The `ETag` as a field's value.
    #[must_use]
    pub fn etag_value(&self) -> Option<HeaderValue> {
        self.etag().and_then(header_value)
    }

    /// `Last-Modified`.
    #[must_use]
    pub fn last_modified(&self) -> Option<SystemTime> {
        http_date(&header_value(self.header(&LAST_MODIFIED)?)?)
    }

    /// The version that further parts must be of; `None` without a strong `ETag`, which alone tells
    /// that bytes are the same (RFC 9110, section 8.8.1).
    #[must_use]
    pub fn version(&self) -> Option<ObjectVersion> {
        let etag = self.etag().filter(|etag| !etag.starts_with("W/"))?;
        Some(ObjectVersion {
            etag: header_value(etag)?,
            complete_length: self.length,
        })
    }

    fn header(&self, wanted: &HeaderName) -> Option<&str> {
        self.headers.split('\n').find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name == wanted.as_str()).then_some(value)
        })
    }

    /// Its form in the cache.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings and numbers: there is nothing in it that JSON cannot say.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads its form in the cache; `None` for what is no entry.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

fn characters(value: &HeaderValue) -> String {
    value.as_bytes().iter().copied().map(char::from).collect()
}

fn header_value(characters: &str) -> Option<HeaderValue> {
    if characters.is_ascii() {
        return HeaderValue::from_str(characters).ok();
    }
    let bytes: Option<Vec<u8>> = characters.chars().map(|c| u8::try_from(c).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;

    const HOUR: Lifetime = Lifetime {
        fresh_s: 3600,
        stale_while_revalidate_s: 0,
        stale_if_error_s: 0,
    };

    fn map(lines: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value).expect("a value");
            headers.append(*name, value);
        }
        headers
    }

    #[test]
    fn an_entry_comes_out_of_the_cache_as_it_went_in() {
        let headers = map(&[
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
        let found = Entry::from_bytes(&entry.to_bytes()).expect("an entry");
        assert_eq!(found, entry);
        let mut kept = headers;
        for of_the_answer in [
            "content-length",
            "content-range",
            "x-amz-request-id",
            "server",
        ] {
            kept.remove(of_the_answer);
        }
        assert_eq!(found.headers(), kept);
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
            &map(&[
                ("content-type", b"text/plain"),
                ("cache-control", b"max-age=1"),
                ("cache-control", b"public"),
            ]),
            HOUR,
        );
        let updated = entry.updated(
            &map(&[("cache-control", b"max-age=2"), ("content-length", b"0")]),
            HOUR,
        );
        let expected = map(&[
            ("content-type", b"text/plain"),
            ("cache-control", b"max-age=2"),
        ]);
        assert_eq!(updated.headers(), expected);
        assert_eq!(updated.length, 10);
    }

    #[test]
    fn only_a_strong_validator_names_a_version() {
        for (etag, matches_etag) in [(&b"\"a\""[..], true), (b"W/\"a\"", false)] {
            let entry = Entry::of_object(10, &map(&[("etag", etag)]), HOUR);
            assert_eq!(entry.version().is_some(), matches_etag, "{etag:?}");
        }
        assert_eq!(Entry::of_object(10, &map(&[]), HOUR).version(), None);
    }

    #[test]
    fn no_two_entries_share_a_key() {
        let segment = |etag, segment_bytes, index| EntryKey::Segment {
            etag,
            segment_bytes,
            index,
        };
        let mut keys = BTreeSet::new();
        let mut count = 0;
        for key in [
            EntryKey::Object,
            EntryKey::Head,
            EntryKey::RevalidationLock,
            EntryKey::HeadRevalidationLock,
            segment("\"a\"", 1, 11),
            segment("\"a\"", 11, 1),
            segment("\"b\"", 1, 11),
        ] {
            for (origin, object) in [("us", "a"), ("eu", "a"), ("us", "b"), ("u", "sa")] {
                count += 1;
                keys.insert(key.to_bytes(origin, object));
            }
        }
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn what_is_no_entry_is_none() {
        for bytes in [&b""[..], b"{}", b"\xff", b"[1,2]"] {
            assert_eq!(Entry::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
