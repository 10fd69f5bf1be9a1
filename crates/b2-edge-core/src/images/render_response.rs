//! What a response of the render service means.

use super::failure::RenderFailure;

/// The header with the `ETag` of the source.
pub const SOURCE_ETAG: &str = "x-source-etag";

/// The header with the index of the source that was used.
pub const SOURCE_INDEX: &str = "x-source-index";

/// The largest variant, in bytes: it passes through the memory of an execution, which has 128 MB and 50 ms of CPU.
pub const MAX_VARIANT_BYTES: u64 = 8 * 1024 * 1024;

/// The meaning of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderVerdict {
    /// 200: the variant.
    Rendered,
    /// 404: no source has the object.
    NotFound,
    /// 409: the source has changed since its version was looked up.
    Changed,
    /// 413, 415, 422: it has no variant.
    Failed(RenderFailure),
    /// Anything else: the service, or the sources, failed.
    Unavailable,
}

impl RenderVerdict {
    /// The meaning of this status.
    #[must_use]
    pub const fn of(status: u16) -> Self {
        match status {
            200 => Self::Rendered,
            404 => Self::NotFound,
            409 => Self::Changed,
            413 => Self::Failed(RenderFailure::TooLarge),
            415 => Self::Failed(RenderFailure::Unsupported),
            422 => Self::Failed(RenderFailure::Broken),
            _ => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_with_the_source_itself_is_its_failure() {
        for (status, verdict) in [
            (200, RenderVerdict::Rendered),
            (404, RenderVerdict::NotFound),
            (409, RenderVerdict::Changed),
            (413, RenderVerdict::Failed(RenderFailure::TooLarge)),
            (415, RenderVerdict::Failed(RenderFailure::Unsupported)),
            (422, RenderVerdict::Failed(RenderFailure::Broken)),
            (400, RenderVerdict::Unavailable),
            (401, RenderVerdict::Unavailable),
            (502, RenderVerdict::Unavailable),
            (503, RenderVerdict::Unavailable),
            (504, RenderVerdict::Unavailable),
            (204, RenderVerdict::Unavailable),
        ] {
            assert_eq!(RenderVerdict::of(status), verdict, "{status}");
        }
    }
}
