//! Makes a variant: takes it from the bucket, or has it rendered, and says how it is cached.

use std::rc::Rc;
use std::time::{Duration, SystemTime};

use b2_edge_core::cache::entry::Entry;
use b2_edge_core::cache::lifetime::Lifetime;
use b2_edge_core::cache::policy::Cacheability;
use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::cache::variant_policy::variant_cacheability;
use b2_edge_core::images::etag::etag;
use b2_edge_core::images::failure::RenderFailure;
use b2_edge_core::images::route::OnMiss;
use b2_edge_core::images::settings::Engine;
use b2_edge_core::images::stored::{REDIRECTED, SOURCE_ETAG, bare, metadata};
use b2_edge_core::images::variant::Variant;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::log::image::LoggedImage;
use b2_edge_core::origins::consensus::{Exhausted, NotFound};
use b2_edge_core::s3::object_key::ObjectKey;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue};

use super::engines::{self, Made};
use super::outcome::Rendered;
use super::source::{Described, SourceObject, describe};
use super::stored::{self, Found};
use crate::edge::context::ObjectRead;
use crate::edge::response::reply::UnstoredVariant;

/// How long storing a variant may keep its clients waiting for the redirect to it.
const BEFORE_REDIRECT: Duration = Duration::from_secs(5);

/// Makes a variant.
pub(super) struct Production<'s> {
    variant: Rc<Variant<'s>>,
    /// What the log says about it.
    pub(super) logged: LoggedImage,
    /// What is to be stored in the bucket.
    pub(super) unstored: Option<Box<UnstoredVariant>>,
    /// Whether a failure is one of this request alone, which answers nobody else.
    pub(super) fails_alone: bool,
}

/// A variant that was made, with its entry.
pub(super) struct Product {
    pub(super) entry: Entry,
    pub(super) bytes: Vec<u8>,
    pub(super) cacheability: Cacheability,
    /// Whether it is of the version of the source that was looked up.
    pub(super) is_described: bool,
    /// How long its origin took.
    pub(super) took: Duration,
}

/// What came of making a variant.
pub(super) enum Produced {
    Variant(Box<Product>),
    /// The variant that the cache has is of the current version of the source, and is good for this lifetime again.
    Confirmed(Lifetime, Duration),
    NotFound(NotFound, Provenance),
    Failed(RenderFailure, Provenance),
}

impl<'s> Production<'s> {
    pub(super) fn new(variant: &Rc<Variant<'s>>) -> Self {
        Self {
            variant: Rc::clone(variant),
            logged: LoggedImage {
                preset: variant.preset_name.to_owned(),
                ..LoggedImage::default()
            },
            unstored: None,
            fails_alone: false,
        }
    }

    /// Asks for the source's version, and makes the variant unless `stale` is of that version. Returns the source too, for
    /// whether it was purged since.
    pub(super) fn produce(
        &mut self,
        read: &ObjectRead<'s>,
        stale: Option<&Entry>,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<(Produced, Option<Box<SourceObject>>), Exhausted> {
        // A source that changes twice during one request is too busy to be read.
        for _ in 0..2 {
            let source = match describe(read, attempts)? {
                Described::Found(source) => source,
                Described::NotFound(not_found, provenance) => {
                    return Ok((Produced::NotFound(not_found, provenance), None));
                }
            };
            if let Some(confirmed) = confirmed(read, stale, &source) {
                return Ok((confirmed, Some(source)));
            }
            match self.make(read, &source, attempts)? {
                Some(produced) => return Ok((produced, Some(source))),
                None => source.forget(),
            }
        }
        Err(Exhausted::Failed)
    }

    /// Takes the variant from the bucket, or renders it; `None` if the source is not what it was.
    fn make(
        &mut self,
        read: &ObjectRead<'s>,
        source: &SourceObject,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Option<Produced>, Exhausted> {
        let variant = Rc::clone(&self.variant);
        let mut store_key = None;
        if let (Some(key), Some(etag)) = (&variant.store, &source.etag) {
            match stored::find(read, &variant, key, etag, &source.provenance, attempts) {
                Found::Current(found) => {
                    let headers = self.headers(&found.bytes, &found.media_type, Some(etag));
                    let product =
                        self.product(read, source, headers, found.bytes, &found.provenance);
                    return Ok(Some(product));
                }
                Found::Nothing => store_key = Some(key),
                // It must not be overwritten, or it may be there.
                Found::Foreign | Found::Unknown => {}
            }
        }
        let tried = &mut self.logged.tried;
        let (rendered, engine) = match engines::render(read, &variant, source, tried, attempts) {
            Made::Rendered(rendered, engine) => (rendered, engine),
            Made::Failed(failure) => {
                return Ok(Some(Produced::Failed(failure, source.provenance.clone())));
            }
            Made::Changed => return Ok(None),
            Made::Unavailable { is_own } => {
                self.fails_alone = is_own;
                return Err(Exhausted::EngineUnavailable);
            }
        };
        self.logged.engine = Some(engine);
        if engine == Engine::Guest {
            read.context.sandbox.retire();
        }
        let etag = rendered.source_etag.as_deref();
        // Another version, such as that of an origin which lags behind, is good for those who wait, and no longer.
        let is_described = etag.map(bare) == source.etag.as_deref().map(bare);
        let mut headers = self.headers(&rendered.bytes, &rendered.media_type, etag);
        if let (Some(key), Some(etag), true) = (store_key, etag, is_described)
            && let Some(unstored) = self.unstored_variant(key, &rendered, etag)
        {
            if variant.on_miss == OnMiss::Render {
                self.unstored = Some(Box::new(unstored));
            } else if stored::store(read.context, &unstored, BEFORE_REDIRECT).outcome
                == stored::STORED
            {
                headers.insert(REDIRECTED, HeaderValue::from_static("1"));
            }
        }
        let mut product = self.product(read, source, headers, rendered.bytes, &rendered.provenance);
        if let Produced::Variant(product) = &mut product
            && !is_described
        {
            product.is_described = false;
            product.entry.lifetime = Lifetime::BRIEF;
        }
        Ok(Some(product))
    }

    /// The headers of a variant.
    fn headers(&self, bytes: &[u8], media_type: &str, source_etag: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let etag = etag(bytes);
        let values = [
            (CONTENT_TYPE, Some(media_type)),
            (ETAG, Some(etag.as_str())),
            (CACHE_CONTROL, self.variant.preset.cache_control.as_deref()),
            (SOURCE_ETAG, source_etag.map(bare)),
        ];
        for (name, value) in values {
            if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
                headers.insert(name, value);
            }
        }
        headers
    }

    fn product(
        &self,
        read: &ObjectRead<'_>,
        source: &SourceObject,
        mut headers: HeaderMap,
        bytes: Vec<u8>,
        provenance: &Provenance,
    ) -> Produced {
        if self.variant.preset.cache_control.is_none() {
            headers.extend(source.caching.clone());
        }
        let cacheability =
            variant_cacheability(&headers, &source.freshness, SystemTime::now(), &read.cache);
        let lifetime = match cacheability {
            // Another origin than the preferred is trusted for a limited time.
            Cacheability::Cacheable(lifetime) if provenance.origin != read.preferred() => {
                lifetime.fresh_at_most(read.context.service.failover.borrowed_ttl)
            }
            Cacheability::Cacheable(lifetime) => lifetime,
            Cacheability::Uncacheable(_) => Lifetime::BRIEF,
        };
        let entry = Entry::of_object(bytes.len() as u64, &headers, lifetime);
        Produced::Variant(Box::new(Product {
            entry: told_by(entry, provenance),
            bytes,
            cacheability,
            is_described: true,
            took: provenance.took,
        }))
    }

    fn unstored_variant(
        &self,
        key: &ObjectKey,
        rendered: &Rendered,
        etag: &str,
    ) -> Option<UnstoredVariant> {
        let mut headers = metadata(etag, &self.variant.preset_digest)?;
        let media_type = HeaderValue::try_from(&rendered.media_type).ok()?;
        headers.insert(CONTENT_TYPE, media_type);
        if let Some(cache_control) = &self.variant.preset.cache_control {
            headers.insert(CACHE_CONTROL, HeaderValue::try_from(cache_control).ok()?);
        }
        Some(UnstoredVariant {
            origin: rendered.provenance.origin.clone(),
            key: key.clone(),
            bytes: rendered.bytes.clone(),
            headers,
        })
    }
}

/// That a stale variant is of the current version of the source.
fn confirmed(
    read: &ObjectRead<'_>,
    stale: Option<&Entry>,
    source: &SourceObject,
) -> Option<Produced> {
    let stale = stale?;
    let known = stale.header(&SOURCE_ETAG)?;
    if source.etag.as_deref().map(bare) != Some(known) {
        return None;
    }
    let headers = stale.headers();
    let now = SystemTime::now();
    match variant_cacheability(&headers, &source.freshness, now, &read.cache) {
        Cacheability::Cacheable(lifetime) => {
            Some(Produced::Confirmed(lifetime, source.provenance.took))
        }
        Cacheability::Uncacheable(_) => None,
    }
}

/// An entry that this origin told of.
pub(super) fn told_by(entry: Entry, provenance: &Provenance) -> Entry {
    let host = provenance.host.clone();
    let host = host.unwrap_or_else(|| HeaderValue::from_static(""));
    entry.from_origin(&provenance.origin, &host, SystemTime::now())
}
