//! Purges an object, and again once the fills that were under way are over: what such a fill inserts is older than the
//! purge.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use b2_edge_core::cache::entry::EntryKey;
use b2_edge_core::cache::surrogate_key;
use b2_edge_core::images::variant::Variant;
use b2_edge_core::s3::object_key::ObjectKey;
use b2_edge_core::setup::service::Service;
use fastly::Error;
use fastly::http::purge::{purge_surrogate_key, soft_purge_surrogate_key};

use crate::edge::cache::store::{self, UNCONTENDED};

/// The most objects for which it is looked whether they are being filled. More are purged once.
const MAX_WATCHED: usize = 16;

/// How often it is looked whether the revalidation of a stale entry is over, for which a lookup does not wait.
const POLL: Duration = Duration::from_millis(100);

/// A purge of some objects.
pub(crate) struct Purge {
    surrogate_keys: Vec<String>,
    /// The cache keys of their entries, for each preferred origin.
    entries: Vec<Vec<u8>>,
    is_soft: bool,
    /// How long a fill may take.
    timeout: Duration,
}

impl Purge {
    pub(crate) fn new(objects: &[ObjectKey], service: &Service, is_soft: bool) -> Self {
        let watched = if objects.len() > MAX_WATCHED {
            &[]
        } else {
            objects
        };
        let entries = watched.iter().flat_map(|object| {
            let preferred = service.origins.iter().map(|origin| &origin.backend);
            preferred.flat_map(|preferred| {
                [EntryKey::Object, EntryKey::Head]
                    .map(|key| key.to_bytes(preferred, object.as_str()))
            })
        });
        let mut entries: Vec<_> = entries.collect();
        let mut surrogate_keys = BTreeSet::new();
        for object in objects {
            let path = object.to_path();
            surrogate_keys.insert(surrogate_key::of_path(&path));
            if service.site.listing.is_on() {
                surrogate_keys.extend(surrogate_key::listings_of(&path));
                entries.extend(listings_of_folder(object, service));
            }
        }
        // Many objects may be in one folder.
        entries.sort_unstable();
        entries.dedup();
        Self {
            surrogate_keys: surrogate_keys.into_iter().collect(),
            entries,
            is_soft,
            timeout: service.failover.total_timeout,
        }
    }

    /// A purge of one variant in all its formats.
    pub(crate) fn of_variants(variants: &[Variant<'_>], service: &Service, is_soft: bool) -> Self {
        let paths = variants
            .iter()
            .map(|variant| surrogate_key::of_path(&variant.encoded_path));
        let surrogate_keys: BTreeSet<_> = paths.collect();
        let entries = variants.iter().flat_map(|variant| {
            let key = EntryKey::Variant(variant.id);
            let origins = service.origins.iter();
            origins.map(move |origin| key.to_bytes(&origin.backend, variant.source.as_str()))
        });
        Self {
            surrogate_keys: surrogate_keys.into_iter().collect(),
            entries: entries.collect(),
            is_soft,
            timeout: service.failover.total_timeout,
        }
    }

    /// Purges the objects and the listings that they appear in, and leaves what is to be purged again; `None` if nothing is being filled.
    pub(crate) fn execute(mut self) -> Result<Option<Self>, Error> {
        self.purge()?;
        self.entries
            .retain(|entry| store::is_being_filled(entry.clone(), UNCONTENDED));
        Ok((!self.entries.is_empty()).then_some(self))
    }

    fn purge(&self) -> Result<(), Error> {
        let purge = if self.is_soft {
            soft_purge_surrogate_key
        } else {
            purge_surrogate_key
        };
        self.surrogate_keys.iter().try_for_each(|key| purge(key))
    }

    /// Waits for fills that are under way, and purges what they inserted.
    pub(crate) fn again(self) {
        let until = Instant::now() + self.timeout;
        let left = || until.saturating_duration_since(Instant::now());
        for entry in &self.entries {
            while !left().is_zero() && store::is_being_filled(entry.clone(), left()) {
                std::thread::sleep(POLL);
            }
        }
        let _ = self.purge();
    }
}

/// The cache keys of the listing of an object's folder, for each preferred origin: of the first page, which most clients
/// request.
fn listings_of_folder(object: &ObjectKey, service: &Service) -> impl Iterator<Item = Vec<u8>> {
    let key = object.as_str();
    let folder = key.rfind('/').and_then(|slash| key.get(..=slash));
    let folder = folder.unwrap_or_default();
    let origins = service.origins.iter();
    origins.map(move |origin| EntryKey::Listing { page: "" }.to_bytes(&origin.backend, folder))
}
