//! Reads the listing of a folder: from the cache, or from the origins through the cache.

use std::time::{Duration, SystemTime};

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::lifetime::{Freshness, Lifetime};
use b2_edge_core::cache::policy::UncacheableReason;
use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::cache::status::{CacheStatus, MissReason};
use b2_edge_core::cache::surrogate_key;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::s3::list_objects::{ListPage, ListRequest};
use b2_edge_core::s3::object_key::encoded;
use b2_edge_core::setup::origin::Origin;
use b2_edge_core::site::documents::ListedFolder;
use b2_edge_core::site::listing::page_token::PageToken;
use fastly::Body;
use http::{HeaderMap, HeaderValue};

use crate::edge::cache::store::{self, CachedEntry, Obligation, Transaction};
use crate::edge::context::RequestContext;
use crate::edge::origins::content::Content;
use crate::edge::origins::fetch::{FetchOutcome, fetch_listing};
use crate::edge::platform::deadline::Deadline;
use crate::edge::read::fill::from_origin;

/// A page of a listing, and where it came from.
pub(crate) struct ListedPage {
    pub(crate) page: ListPage,
    pub(crate) provenance: Provenance,
}

/// A page of the listing of a folder to read for a request.
#[derive(Clone, Copy)]
pub(crate) struct ListingRead<'r> {
    pub(crate) context: &'r RequestContext<'r>,
    pub(crate) folder: &'r ListedFolder,
    /// `None` for the first page.
    pub(crate) page: Option<&'r PageToken>,
}

impl ListingRead<'_> {
    /// Reads the page, and adds each request to an origin to `attempts`. `None` if no origin may list the folder.
    pub(crate) fn read(
        &self,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Option<ListedPage>, Exhausted> {
        let failover = &self.context.service.failover;
        // Looking for the index document may have used up the total timeout.
        let deadline = Deadline::after(self.context.received, failover.total_timeout)
            .with_at_least(failover.attempt_timeout);
        let (hit, status, took) =
            match store::transact_at(&self.cache_key(), deadline.left(), |_| true) {
                Transaction::Hit(hit) if hit.freshness == Freshness::Fresh => {
                    (hit, CacheStatus::Hit, Duration::ZERO)
                }
                Transaction::Obligation(obligation) => {
                    let (hit, took) = self.fill(Some(obligation), deadline, attempts)?;
                    (hit, CacheStatus::Miss(MissReason::NoEntry), took)
                }
                Transaction::TimedOut => return Err(Exhausted::Failed),
                Transaction::Hit(_) | Transaction::Unavailable => {
                    let (hit, took) = self.fill(None, deadline, attempts)?;
                    let reason = UncacheableReason::CacheUnavailable;
                    (hit, CacheStatus::Pass(reason), took)
                }
            };
        match hit.entry.kind {
            EntryKind::Exhausted(exhausted) => return Err(exhausted),
            EntryKind::NotFound(_) => return Ok(None),
            EntryKind::Body
            | EntryKind::HeadersOnly
            | EntryKind::Unrendered(_)
            | EntryKind::Released
            | EntryKind::HitForPass(_) => {}
        }
        let bytes = hit.body(None).map(Body::into_bytes);
        let page = bytes.and_then(|bytes| ListPage::from_bytes(&bytes));
        Ok(Some(ListedPage {
            page: page.ok_or(Exhausted::Failed)?,
            provenance: Provenance {
                host: hit.entry.host(),
                status,
                age: hit.age,
                took,
                origin: hit.entry.origin,
            },
        }))
    }

    /// Requests the page, and inserts what came of it for `site.listing_ttl_s`: the page, or that no origin may list the
    /// folder. A failure answers those who wait for the obligation, and is gone after a second.
    fn fill(
        &self,
        obligation: Option<Obligation>,
        deadline: Deadline,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<(CachedEntry, Duration), Exhausted> {
        let request = ListRequest {
            prefix: self.folder.prefix.clone(),
            token: self.page.map(|page| page.token.clone()),
        };
        let backend = self.page.map(|page| page.backend.as_str());
        let exhausted = match fetch_listing(self.context, request, backend, deadline, attempts) {
            FetchOutcome::Response(fetched) => {
                if let Content::Bytes(bytes) = fetched.received.content {
                    let lifetime = self.lifetime(fetched.origin);
                    let length = bytes.len() as u64;
                    let entry = Entry::of_object(length, &HeaderMap::new(), lifetime);
                    let hit = self.insert(obligation, entry, fetched.origin, bytes);
                    return Ok((hit, fetched.took));
                }
                // Every listing is read before its verdict.
                Exhausted::Failed
            }
            FetchOutcome::NotFound(fetched) if fetched.not_found.unanimous => {
                let lifetime = self.lifetime(fetched.origin);
                let entry = Entry::of_kind(EntryKind::NotFound(fetched.not_found), lifetime);
                let hit = self.insert(obligation, entry, fetched.origin, Vec::new());
                return Ok((hit, fetched.took));
            }
            // Another origin may be able to list it, and failed.
            FetchOutcome::NotFound(_) | FetchOutcome::OtherVersion { .. } => Exhausted::Failed,
            FetchOutcome::Exhausted(exhausted) => exhausted,
        };
        // A failure for lack of requests is this request's own.
        if let Some(obligation) = obligation
            && self.context.sandbox.requests_left() > 0
        {
            let (preferred, host) = (self.preferred(), HeaderValue::from_static(""));
            let entry = Entry::of_kind(EntryKind::Exhausted(exhausted), Lifetime::BRIEF);
            let entry = entry.from_origin(preferred, &host, SystemTime::now());
            let keys = self.surrogate_keys(&entry);
            let _ = obligation.insert_at(&keys, entry, Duration::ZERO, Content::empty());
        }
        Err(exhausted)
    }

    fn insert(
        &self,
        obligation: Option<Obligation>,
        entry: Entry,
        origin: &Origin,
        bytes: Vec<u8>,
    ) -> CachedEntry {
        let entry = from_origin(entry, origin);
        let in_memory = CachedEntry::in_memory(entry.clone(), Duration::ZERO, bytes.clone());
        let keys = self.surrogate_keys(&entry);
        let content = Content::Bytes(bytes);
        // Where the cache does not store it, the response is the same.
        let inserted = obligation
            .and_then(|obligation| obligation.insert_at(&keys, entry, Duration::ZERO, content));
        inserted.unwrap_or(in_memory)
    }

    /// How long a page is cached: from another origin than the preferred one, no longer than an object.
    fn lifetime(&self, origin: &Origin) -> Lifetime {
        let service = self.context.service;
        let lifetime = Lifetime {
            fresh_s: service.site.listing.ttl.as_secs(),
            stale_while_revalidate_s: 0,
            stale_if_error_s: 0,
        };
        if origin.backend == self.preferred() {
            lifetime
        } else {
            lifetime.fresh_at_most(service.failover.borrowed_ttl)
        }
    }

    fn cache_key(&self) -> Vec<u8> {
        let page = self.page.map(PageToken::digest).unwrap_or_default();
        let key = EntryKey::Listing { page: &page };
        key.to_bytes(self.preferred(), &self.folder.prefix)
    }

    fn surrogate_keys(&self, entry: &Entry) -> Vec<String> {
        let folder: String = ["/"]
            .into_iter()
            .chain(encoded(&self.folder.prefix))
            .collect();
        surrogate_key::all_of_listing(&folder, &entry.origin, Some(&entry.id))
    }

    fn preferred(&self) -> &str {
        self.context.service.preferred(&self.context.route)
    }
}
