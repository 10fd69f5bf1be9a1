//! The paths of the service, with one file for each that does work.

pub(crate) mod render;
pub(crate) mod thumbnail;

use crate::settings::Settings;

/// What a path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `/health`: whether the process serves.
    Health,
    /// `/metrics`: counters.
    Metrics,
    /// `/render`: a variant of an image.
    Render,
    /// `/thumbnail`: a thumbnail of an upload.
    Thumbnail,
    /// Nothing, or what is not configured.
    Unknown,
}

impl Endpoint {
    /// The endpoint at `path`.
    pub(crate) fn of(path: &str, settings: &Settings) -> Self {
        match path {
            "/health" => Self::Health,
            "/metrics" => Self::Metrics,
            "/render" if settings.render.is_some() => Self::Render,
            "/thumbnail" if settings.thumbnails.is_some() => Self::Thumbnail,
            _ => Self::Unknown,
        }
    }

    /// The name in the metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Metrics => "metrics",
            Self::Render => "render",
            Self::Thumbnail => "thumbnail",
            Self::Unknown => "unknown",
        }
    }

    /// The value of `Allow`; `None` if nothing is there.
    pub(crate) const fn allow(self) -> Option<&'static str> {
        match self {
            Self::Health | Self::Metrics => Some("GET, HEAD"),
            Self::Render | Self::Thumbnail => Some("POST"),
            Self::Unknown => None,
        }
    }
}
