//! The cache keys of entries.

use crate::cache::segments::Segment;
use crate::images::variant::VariantId;

/// The version of the entry format, part of every cache key. Raised with every change, so that entries of an
/// older version are not found.
const SCHEMA: &str = "e5";

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKey<'k> {
    /// An object: its body, its headers only, a not-found, or hit-for-pass.
    Object,
    /// The headers of an object, from a `HEAD`.
    Head,
    /// A segment of one version of an object.
    Segment {
        /// The strong `ETag` of the version.
        etag: &'k str,
        /// The segment size in bytes.
        segment_bytes: u64,
        /// The index of the segment, from 0.
        index: u64,
    },
    /// The end of such a segment: where it begins follows from its length.
    SegmentEnd {
        /// The strong `ETag` of the version.
        etag: &'k str,
        /// The segment size in bytes.
        segment_bytes: u64,
        /// The index of the segment, from 0.
        index: u64,
    },
    /// A page of the listing of a folder, whose prefix takes the place of the object's key.
    Listing {
        /// The digest of the page; empty for the first one.
        page: &'k str,
    },
    /// A variant of an image, whose source takes the place of the object.
    Variant(VariantId),
    /// The same as [`EntryKey::RevalidationLock`] for a stale [`EntryKey::Variant`].
    VariantRevalidationLock(VariantId),
    /// A lock without content: the request that has its obligation revalidates a stale [`EntryKey::Object`],
    /// and the others wait for it.
    RevalidationLock,
    /// The same for a stale [`EntryKey::Head`].
    HeadRevalidationLock,
}

impl<'k> EntryKey<'k> {
    /// The key of a segment of the version with this `ETag`, or of its end.
    #[must_use]
    pub fn of_segment(segment: Segment, etag: &'k str, segment_bytes: u64) -> Self {
        let index = segment.index;
        if segment.is_end(segment_bytes) {
            Self::SegmentEnd {
                etag,
                segment_bytes,
                index,
            }
        } else {
            Self::Segment {
                etag,
                segment_bytes,
                index,
            }
        }
    }
}

impl EntryKey<'_> {
    /// The cache key, for an object whose preferred origin is `preferred`.
    ///
    /// At most 1,024 bytes of object key, 239 of backend name, and an `ETag`. That is within the cache's
    /// limit of 4 KiB except for an absurdly long `ETag`, which the cache rejects.
    #[must_use]
    pub fn to_bytes(self, preferred: &str, object_key: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SCHEMA.len() + preferred.len() + object_key.len() + 64);
        // No part contains a NUL, so the key is unambiguous.
        for part in [SCHEMA, "\0", preferred, "\0", object_key, "\0"] {
            bytes.extend_from_slice(part.as_bytes());
        }
        let parts: &[&str] = match &self {
            Self::Object => &["object"],
            Self::Head => &["head"],
            Self::RevalidationLock => &["object turn"],
            Self::HeadRevalidationLock => &["head turn"],
            Self::Listing { page } => &["listing\0", page],
            Self::Variant(id) => &["variant\0", id.as_str()],
            Self::VariantRevalidationLock(id) => &["variant turn\0", id.as_str()],
            Self::Segment {
                etag,
                segment_bytes,
                index,
            } => &["segment\0", etag, &format!("\0{segment_bytes}\0{index}")],
            Self::SegmentEnd {
                etag,
                segment_bytes,
                index,
            } => &[
                "segment end\0",
                etag,
                &format!("\0{segment_bytes}\0{index}"),
            ],
        };
        for part in parts {
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_entries_share_a_key() {
        let segment = |etag, segment_bytes, index| EntryKey::Segment {
            etag,
            segment_bytes,
            index,
        };
        let end = |etag, segment_bytes, index| EntryKey::SegmentEnd {
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
            end("\"a\"", 1, 11),
            end("\"a\"", 11, 1),
        ] {
            for (origin, object) in [("us", "a"), ("eu", "a"), ("us", "b"), ("u", "sa")] {
                count += 1;
                keys.insert(key.to_bytes(origin, object));
            }
        }
        assert_eq!(keys.len(), count);
    }
}
