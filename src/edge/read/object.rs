//! Reads one object: from the cache, or from the origins through the cache.

use std::cell::Cell;
use std::time::{Duration, Instant};

use b2_edge_core::cache::entry::{EntryKey, EntryKind};
use b2_edge_core::cache::policy::Freshness;
use b2_edge_core::cache::settings::CacheSettings;
use b2_edge_core::cache::status::CacheStatus;
use b2_edge_core::error::GatewayError;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::log::line::LogLine;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::routing::route::Route;
use b2_edge_core::s3::object_key::ObjectKey;
use b2_edge_core::setup::service::Service;
use http::HeaderMap;

use crate::edge::cache::store::{self, Hit, Transaction};
use crate::edge::origins::fetch::{FetchOutcome, fetch};
use crate::edge::platform::request::Client;
use crate::edge::platform::sandbox::Sandbox;
use crate::edge::platform::settings::Settings;
use crate::edge::read::fill::{Filled, fill};
use crate::edge::read::segmented;
use crate::edge::response::object;
use crate::edge::response::reply::Reply;

/// How long a transaction may take that nobody should be in the way of.
pub(crate) const MOMENT: Duration = Duration::from_millis(10);

/// How long those who come after a failed attempt at a stale object are spared another.
const TURN_FAILED: Duration = Duration::from_secs(1);

/// How long a turn that went well is marked: as long as those who waited take to see it.
const TURN_DONE: Duration = Duration::from_millis(50);

/// A client's request, as far as it is the same for every object that is read for it.
pub(crate) struct RequestContext<'s> {
    pub(crate) service: &'s Service,
    pub(crate) settings: &'s Settings,
    pub(crate) sandbox: &'s Sandbox,
    pub(crate) route: Route,
    pub(crate) method: ReadMethod,
    pub(crate) client: &'s Client,
    pub(crate) began: Instant,
    /// What asks for all of an object, whatever the client has of it.
    pub(crate) unconditional: HeaderMap,
}

/// One object being read, and what it needs on its way.
pub(crate) struct ObjectRead<'s> {
    pub(crate) service: &'s Service,
    pub(crate) settings: &'s Settings,
    pub(crate) sandbox: &'s Sandbox,
    pub(crate) route: &'s Route,
    pub(crate) method: ReadMethod,
    pub(crate) key: ObjectKey,
    /// The key as it is sent and signed.
    pub(crate) path: String,
    /// Whether it is another object than the path means.
    pub(crate) is_another: bool,
    /// The client's conditions and range.
    pub(crate) client: &'s HeaderMap,
    /// How it is cached.
    pub(crate) cache: CacheSettings,
    pub(crate) began: Instant,
    /// Since when somebody waits for what is asked now.
    pub(crate) waited_for_since: Cell<Instant>,
    /// How long the origin took that answered last.
    pub(crate) asked_for: Cell<Duration>,
    /// How often it began anew because the object had changed.
    pub(crate) restarts: Cell<u32>,
}

impl<'s> RequestContext<'s> {
    /// A read of the object with this key, as the client asks for it.
    pub(crate) fn read(&'s self, key: ObjectKey) -> ObjectRead<'s> {
        ObjectRead {
            service: self.service,
            settings: self.settings,
            sandbox: self.sandbox,
            route: &self.route,
            method: self.method,
            path: key.to_path(),
            is_another: false,
            cache: self.cache_of(&key),
            key,
            client: &self.client.conditions,
            began: self.began,
            waited_for_since: Cell::new(self.began),
            asked_for: Cell::new(Duration::ZERO),
            restarts: Cell::new(0),
        }
    }

    /// Since when a client waits that has the time of one attempt left.
    fn one_attempt_left(&self) -> Instant {
        let failover = &self.service.failover;
        let used = failover
            .total_timeout
            .saturating_sub(failover.attempt_timeout);
        Instant::now().checked_sub(used).unwrap_or(self.began)
    }

    /// How the object with this key is cached.
    pub(crate) fn cache_of(&self, key: &ObjectKey) -> CacheSettings {
        let Service {
            site,
            cache,
            cache_rules,
            ..
        } = self.service;
        cache_rules.settings(|| site.path_of(key), *cache)
    }

    /// A read of another object than the path means, as the client asks for it. Where others have used the
    /// client's time up, one origin can still be asked.
    pub(crate) fn read_another(&'s self, key: ObjectKey) -> ObjectRead<'s> {
        ObjectRead {
            is_another: true,
            waited_for_since: Cell::new(self.one_attempt_left().max(self.began)),
            ..self.read(key)
        }
    }

    /// A read of what is stored beside `plain` in another coding. It is not waited for as long as an object is:
    /// the plain one is as good.
    pub(crate) fn read_sibling(&'s self, plain: &ObjectRead<'s>, key: ObjectKey) -> ObjectRead<'s> {
        ObjectRead {
            cache: plain.cache,
            waited_for_since: Cell::new(self.one_attempt_left()),
            ..self.read_another(key)
        }
    }

    /// A read of all of another object, whatever the client has of it.
    pub(crate) fn read_all_of_another(&'s self, key: ObjectKey) -> ObjectRead<'s> {
        ObjectRead {
            client: &self.unconditional,
            ..self.read_another(key)
        }
    }
}

impl ObjectRead<'_> {
    /// The origin that comes first by the route, in whose name the cache kind its entries.
    pub(crate) fn preferred(&self) -> &str {
        self.service.preferred(self.route)
    }

    /// Whether it may begin anew: once.
    pub(crate) fn starts_anew(&self) -> bool {
        self.restarts.replace(self.restarts.get() + 1) == 0
    }

    /// How long the client is still kept waiting.
    pub(crate) fn patience(&self) -> Duration {
        let total = self.service.failover.total_timeout;
        total.saturating_sub(self.waited_for_since.get().elapsed())
    }

    /// Gives what is asked next a time of its own: nobody waits for an answer to begin.
    pub(crate) fn waits_anew(&self) {
        self.waited_for_since.set(Instant::now());
    }
}

/// Reads the object.
pub(crate) fn read_object(
    read: &ObjectRead<'_>,
    line: &mut LogLine,
) -> Result<Reply, GatewayError> {
    let hit = store::lookup(read, EntryKey::Object);
    match (hit, read.method) {
        (Some(hit), _) if hit.freshness == Freshness::Fresh => {
            answer(read, hit, CacheStatus::Hit, line)
        }
        (Some(hit), _) if hit.freshness == Freshness::StaleWhileRevalidate => {
            let reply = answer(read, hit, CacheStatus::Stale, line)?;
            Ok(reply.then_revalidate())
        }
        (Some(stale), ReadMethod::Get) => read_stale(
            read,
            EntryKey::Object,
            EntryKey::RevalidationLock,
            stale,
            line,
        ),
        (None, ReadMethod::Get) => read_cold(read, EntryKey::Object, line),
        // To describe an object takes less than to have it.
        (stale, ReadMethod::Head) => match (store::lookup(read, EntryKey::Head), stale) {
            (Some(hit), _) if hit.freshness == Freshness::Fresh => {
                answer(read, hit, CacheStatus::Hit, line)
            }
            (Some(stale), _) | (None, Some(stale)) => read_stale(
                read,
                EntryKey::Head,
                EntryKey::HeadRevalidationLock,
                stale,
                line,
            ),
            (None, None) => read_cold(read, EntryKey::Head, line),
        },
    }
}

/// Reads an object that the cache does not have. Whoever comes first asks the origins; the others wait
/// for the head of the answer and stream with it.
fn read_cold(
    read: &ObjectRead<'_>,
    key: EntryKey<'_>,
    line: &mut LogLine,
) -> Result<Reply, GatewayError> {
    match store::transact(read, key, read.patience()) {
        Transaction::Hit(hit) => answer(read, hit, CacheStatus::Hit, line),
        Transaction::Obligation(obligation) => match fill(read, key, obligation, line) {
            Ok(filled) => finish(read, filled, line),
            Err(exhausted) => Err(GatewayError::OriginsExhausted(exhausted)),
        },
        Transaction::TimedOut => Err(GatewayError::OriginsExhausted(Exhausted::Failed)),
        Transaction::Unavailable => pass(read, line),
    }
}

/// Reads an object that is too stale to be served untried: one request asks whether it has changed, the
/// others wait for what it hears, and all make do with what there is when no origin can tell.
fn read_stale(
    read: &ObjectRead<'_>,
    key: EntryKey<'_>,
    turn: EntryKey<'_>,
    stale: Hit,
    line: &mut LogLine,
) -> Result<Reply, GatewayError> {
    let may_serve = stale.freshness != Freshness::Expired;
    let Transaction::Obligation(turn) = store::transact(read, turn, read.patience()) else {
        return match store::lookup(read, key) {
            Some(hit) if hit.freshness == Freshness::Fresh => {
                answer(read, hit, CacheStatus::Hit, line)
            }
            _ if may_serve => answer(read, stale, CacheStatus::Stale, line),
            _ => read_cold(read, key, line),
        };
    };
    let filled = match store::transact(read, key, MOMENT) {
        Transaction::Obligation(obligation) => fill(read, key, obligation, line),
        Transaction::Hit(hit) if hit.freshness == Freshness::Fresh => {
            Ok(Filled::Entry(hit, CacheStatus::Hit))
        }
        Transaction::Hit(_) | Transaction::TimedOut | Transaction::Unavailable => Ok(Filled::Pass),
    };
    let can_tell = !matches!(filled, Err(_) | Ok(Filled::DoubtfulAbsence(_)));
    turn.mark(read, if can_tell { TURN_DONE } else { TURN_FAILED });
    match filled {
        Err(_) | Ok(Filled::DoubtfulAbsence(_)) if may_serve => {
            answer(read, stale, CacheStatus::Stale, line)
        }
        Ok(filled) => finish(read, filled, line),
        Err(exhausted) => Err(GatewayError::OriginsExhausted(exhausted)),
    }
}

/// Answers with what has come of asking.
fn finish(
    read: &ObjectRead<'_>,
    filled: Filled<'_>,
    line: &mut LogLine,
) -> Result<Reply, GatewayError> {
    match filled {
        Filled::Entry(hit, state) => answer(read, hit, state, line),
        Filled::DoubtfulAbsence(hit) => {
            let reply = answer(read, hit, CacheStatus::Miss, line)?;
            Ok(Reply {
                is_doubtful: true,
                ..reply
            })
        }
        Filled::Unkept(answered) => {
            line.served_by(&answered.origin.backend, CacheStatus::Pass);
            Ok(object::with_answer(read, answered))
        }
        Filled::Pass => pass(read, line),
    }
}

/// Answers from an entry.
fn answer(
    read: &ObjectRead<'_>,
    hit: Hit,
    state: CacheStatus,
    line: &mut LogLine,
) -> Result<Reply, GatewayError> {
    match (hit.entry.kind, read.method) {
        (EntryKind::HitForPass, _) => return pass(read, line),
        (EntryKind::HeadersOnly, ReadMethod::Get) => {
            return segmented::answer(read, hit, state, line);
        }
        (EntryKind::HeadersOnly | EntryKind::Body | EntryKind::NotFound(_), _) => {}
    }
    let Some(reply) = object::with_entry(read, &hit, state) else {
        return pass(read, line);
    };
    line.served_from_entry(&hit.entry.origin, state, hit.age);
    Ok(match state {
        CacheStatus::Miss => reply.then_watch(read, EntryKey::Object, &hit),
        CacheStatus::Hit | CacheStatus::Stale | CacheStatus::Pass => reply,
    })
}

/// Passes the client's own request to the origins, and the answer to the client.
pub(crate) fn pass(read: &ObjectRead<'_>, line: &mut LogLine) -> Result<Reply, GatewayError> {
    let request = OriginRequest::from_client(read.method, read.client);
    match fetch(read, &request, line) {
        FetchOutcome::Response(answered) => {
            line.served_by(&answered.origin.backend, CacheStatus::Pass);
            Ok(object::with_answer(read, answered))
        }
        FetchOutcome::NotFound {
            origin,
            absence,
            is_certain,
        } => {
            line.served_by(&origin.backend, CacheStatus::Pass);
            let host = &origin.address.host;
            let reply = object::with_absence(read, &origin.backend, host, absence);
            Ok(Reply {
                is_doubtful: !is_certain,
                ..reply
            })
        }
        FetchOutcome::Exhausted(exhausted) => Err(GatewayError::OriginsExhausted(exhausted)),
    }
}

/// Asks the origins about an object that has been served although it is stale.
pub(crate) fn revalidate(read: &ObjectRead<'_>, line: &mut LogLine) {
    read.waits_anew();
    if let Transaction::Obligation(obligation) = store::transact(read, EntryKey::Object, MOMENT) {
        // Whatever comes of it is for the next client.
        let _ = fill(read, EntryKey::Object, obligation, line);
    }
}
