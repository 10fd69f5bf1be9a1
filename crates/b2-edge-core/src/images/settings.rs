//! The settings of image variants.

use std::collections::BTreeMap;

use super::format::Format;
use super::preset::Preset;
use super::route::ImageRoute;
use crate::http::path::RequestPath;

/// The secret that requests to the render service are authorised with.
pub const RENDER_KEY: &str = "render_key";

/// `images`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSettings {
    /// `images.routes`: the paths that are variants, in the order in which they are tried.
    pub routes: Vec<ImageRoute>,
    /// `images.presets`.
    pub presets: BTreeMap<String, Preset>,
    /// `images.engines`: what renders, in the order in which they are tried.
    pub engines: Vec<Engine>,
    /// `images.service.backend`: the backend of the render service.
    pub service_backend: String,
    /// `images.not_found`: the picture in place of one that does not exist.
    pub not_found: Option<RequestPath>,
    /// `images.failed`: the picture in place of one that cannot be rendered.
    pub failed: Option<RequestPath>,
    /// `images.on_too_large`: what the client gets for a source that is too large for every engine.
    pub on_too_large: OnTooLarge,
}

/// What renders a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// This application, within the limits of Compute.
    Guest,
    /// The render service.
    Service,
}

impl Engine {
    /// The name in the configuration and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Service => "service",
        }
    }

    /// Whether it makes pictures of this format.
    #[must_use]
    pub const fn makes(self, format: Format) -> bool {
        match (self, format) {
            (Self::Service, _) | (Self::Guest, Format::Jpeg | Format::Png) => true,
            (Self::Guest, Format::Webp | Format::Avif) => false,
        }
    }
}

/// What the client gets for a source that is too large for every engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTooLarge {
    /// The picture `images.failed`, with status 413.
    #[default]
    Failed,
    /// The source itself.
    Original,
}

impl Default for ImageSettings {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            presets: BTreeMap::new(),
            engines: vec![Engine::Guest],
            service_backend: "render".to_owned(),
            not_found: None,
            failed: None,
            on_too_large: OnTooLarge::Failed,
        }
    }
}
