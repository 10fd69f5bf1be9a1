//! An object with the attributes that a B2 bucket stores.

use bytes::Bytes;

/// Bytes and attributes of an object, for [`Origin::put`](crate::Origin::put).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// The content.
    pub bytes: Bytes,
    /// `Content-Type`; `None` becomes `application/octet-stream`, as in B2.
    pub content_type: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `x-amz-meta-<name>` headers, by name without the prefix.
    pub metadata: Vec<(String, String)>,
}

impl Object {
    /// An object without a `Content-Type` of its own.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self {
            bytes: bytes.into(),
            ..Self::default()
        }
    }

    /// An object of the given `Content-Type`.
    #[must_use]
    pub fn of_type(content_type: &str, bytes: impl Into<Bytes>) -> Self {
        Self {
            content_type: Some(content_type.to_owned()),
            ..Self::new(bytes)
        }
    }

    /// A `text/plain; charset=utf-8` object.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::of_type("text/plain; charset=utf-8", text.into())
    }

    /// `len` pseudo-random bytes, the same for the same `seed`.
    #[must_use]
    pub fn pseudo_random(seed: u64, len: usize) -> Self {
        let mut bytes = vec![0; len];
        fastrand::Rng::with_seed(seed).fill(&mut bytes);
        Self::new(bytes)
    }

    /// Sets `Content-Type`.
    #[must_use]
    pub fn content_type(mut self, value: &str) -> Self {
        self.content_type = Some(value.to_owned());
        self
    }

    /// Sets `Cache-Control`.
    #[must_use]
    pub fn cache_control(mut self, value: &str) -> Self {
        self.cache_control = Some(value.to_owned());
        self
    }

    /// Sets `Content-Encoding`.
    #[must_use]
    pub fn content_encoding(mut self, value: &str) -> Self {
        self.content_encoding = Some(value.to_owned());
        self
    }

    /// Sets `Content-Disposition`.
    #[must_use]
    pub fn content_disposition(mut self, value: &str) -> Self {
        self.content_disposition = Some(value.to_owned());
        self
    }

    /// Sets `Content-Language`.
    #[must_use]
    pub fn content_language(mut self, value: &str) -> Self {
        self.content_language = Some(value.to_owned());
        self
    }

    /// Adds an `x-amz-meta-<name>` header.
    #[must_use]
    pub fn metadata(mut self, name: &str, value: &str) -> Self {
        self.metadata.push((name.to_owned(), value.to_owned()));
        self
    }
}
