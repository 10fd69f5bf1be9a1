//! Variants that are stored in the bucket: the metadata that says what they are of, and when they are used.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The metadata with the `ETag` of the source.
pub const SOURCE_ETAG: HeaderName = HeaderName::from_static("x-amz-meta-b2-edge-source-etag");

/// The metadata with the digest of the preset.
pub const PRESET: HeaderName = HeaderName::from_static("x-amz-meta-b2-edge-preset");

/// The header of a cache entry whose variant was stored in the bucket before the response, which was a redirect.
pub const REDIRECTED: HeaderName = HeaderName::from_static("x-amz-meta-b2-edge-redirected");

/// What is found under the key of a stored variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// The variant, of the source's current version and the preset's current definition.
    Current,
    /// A variant of another version or definition. It is replaced.
    Outdated,
    /// An object that is no variant. It is never overwritten.
    Foreign,
}

impl Stored {
    /// What an object with these headers is to a variant of this source and preset.
    #[must_use]
    pub fn of(headers: &HeaderMap, source_etag: &str, preset: &str) -> Self {
        let (Some(found_etag), Some(found_preset)) =
            (headers.get(&SOURCE_ETAG), headers.get(&PRESET))
        else {
            return Self::Foreign;
        };
        if found_etag == bare(source_etag) && found_preset == preset {
            Self::Current
        } else {
            Self::Outdated
        }
    }
}

/// The metadata of a variant of this source and preset; `None` if the `ETag` cannot be sent.
#[must_use]
pub fn metadata(source_etag: &str, preset: &str) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(SOURCE_ETAG, HeaderValue::try_from(bare(source_etag)).ok()?);
    headers.insert(PRESET, HeaderValue::try_from(preset).ok()?);
    Some(headers)
}

/// An `ETag` without its quotes: a proxy on the way to the bucket may treat them in its own way.
#[must_use]
pub fn bare(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_variant_is_used_only_while_source_and_preset_are_the_same() {
        let written = metadata("\"abc\"", "123").expect("metadata");
        assert_eq!(Stored::of(&written, "\"abc\"", "123"), Stored::Current);
        assert_eq!(Stored::of(&written, "\"abd\"", "123"), Stored::Outdated);
        assert_eq!(Stored::of(&written, "\"abc\"", "124"), Stored::Outdated);
        let mut half = written;
        half.remove(&PRESET);
        assert_eq!(Stored::of(&half, "\"abc\"", "123"), Stored::Foreign);
        assert_eq!(Stored::of(&HeaderMap::new(), "", ""), Stored::Foreign);
    }
}
