//! What a request carries along on its way: the request itself, and one object that is read for it.

use std::rc::Rc;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use b2_edge_core::cache::settings::CacheSettings;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::target::Target;
use b2_edge_core::images::variant::Variant;
use b2_edge_core::routing::route::Route;
use b2_edge_core::s3::object_key::ObjectKey;
use b2_edge_core::setup::service::Service;
use fastly::Request;
use http::HeaderMap;

use crate::edge::platform::deadline::Deadline;
use crate::edge::platform::request::Client;
use crate::edge::platform::sandbox::Sandbox;
use crate::edge::platform::settings::Settings;

/// The conditions of a read of all of an object, whatever the client has of it.
static NO_CONDITIONS: LazyLock<HeaderMap> = LazyLock::new(HeaderMap::new);

/// How long rendering a variant may take: what the render service takes at most, and a second for the way.
const RENDERING: Duration = Duration::from_secs(41);

/// A client's request to a service that is set up.
pub(crate) struct RequestContext<'r> {
    pub(crate) service: &'r Service,
    pub(crate) settings: &'r Settings,
    pub(crate) sandbox: &'r Sandbox,
    pub(crate) request: &'r Request,
    pub(crate) target: Target<'r>,
    pub(crate) client: &'r Client,
    pub(crate) route: Route,
    /// When the request arrived.
    pub(crate) received: Instant,
}

/// One object to read for a request, and how.
#[derive(Clone)]
pub(crate) struct ObjectRead<'r> {
    pub(crate) context: &'r RequestContext<'r>,
    pub(crate) method: ReadMethod,
    pub(crate) key: ObjectKey,
    /// The key as it is sent and signed.
    pub(crate) path: String,
    /// Whether it is another object than the one that the client's path names.
    pub(crate) is_alternate: bool,
    /// The client's conditions and range.
    pub(crate) conditions: &'r HeaderMap,
    pub(crate) cache: CacheSettings,
    /// How long the client waits for the response to begin.
    pub(crate) deadline: Deadline,
    /// The variant that is made of the object, if that is what is read.
    pub(crate) variant: Option<Rc<Variant<'r>>>,
    /// Whether this is a try, which has less time than a client that needs the object: its failure is its own.
    pub(crate) is_a_try: bool,
}

impl<'r> RequestContext<'r> {
    /// A read of the object that the client's path names.
    pub(crate) fn object_read(&'r self, method: ReadMethod, key: ObjectKey) -> ObjectRead<'r> {
        let Service {
            site,
            cache,
            cache_rules,
            failover,
            ..
        } = self.service;
        ObjectRead {
            context: self,
            method,
            path: key.to_path(),
            is_alternate: false,
            conditions: &self.client.conditions,
            cache: cache_rules.settings(|| site.path_of(&key), *cache),
            deadline: Deadline::after(self.received, failover.total_timeout),
            variant: None,
            is_a_try: false,
            key,
        }
    }

    /// A read of a variant. Its failover has the time of a read, and its rendering has some more.
    pub(crate) fn variant_read(
        &'r self,
        method: ReadMethod,
        variant: Rc<Variant<'r>>,
    ) -> ObjectRead<'r> {
        let Service {
            cache,
            cache_rules,
            failover,
            ..
        } = self.service;
        let read = self.object_read(method, variant.source.clone());
        ObjectRead {
            cache: cache_rules.settings(|| variant.path.as_str().to_owned(), *cache),
            deadline: Deadline::after(self.received, failover.total_timeout + RENDERING),
            is_alternate: true,
            variant: Some(variant),
            ..read
        }
    }

    /// A read of another object, with the client's conditions. At least one attempt timeout is left, also if earlier
    /// reads used up the total timeout.
    pub(crate) fn alternate(&'r self, method: ReadMethod, key: ObjectKey) -> ObjectRead<'r> {
        let read = self.object_read(method, key);
        ObjectRead {
            is_alternate: true,
            deadline: read
                .deadline
                .with_at_least(self.service.failover.attempt_timeout),
            ..read
        }
    }

    /// A read of all of another object, whatever the client has of it.
    pub(crate) fn whole_alternate(&'r self, method: ReadMethod, key: ObjectKey) -> ObjectRead<'r> {
        ObjectRead {
            conditions: &NO_CONDITIONS,
            ..self.alternate(method, key)
        }
    }
}

impl<'r> ObjectRead<'r> {
    /// A read of the precompressed copy with this key. It may take one attempt timeout, because the plain object can be
    /// served instead.
    pub(crate) fn sibling(&self, key: ObjectKey) -> Self {
        let context = self.context;
        let read = context.alternate(self.method, key);
        ObjectRead {
            cache: self.cache,
            deadline: Deadline::from_now(context.service.failover.attempt_timeout),
            is_a_try: true,
            ..read
        }
    }

    /// A read of its headers only, whatever the client has of it.
    pub(crate) fn headers_only(&self) -> Self {
        ObjectRead {
            method: ReadMethod::Head,
            conditions: &NO_CONDITIONS,
            is_alternate: true,
            deadline: Deadline::from_now(self.context.service.failover.attempt_timeout),
            is_a_try: true,
            ..self.clone()
        }
    }

    /// Whether a failure of this read is one for every client: it had the time, and the platform let it ask.
    pub(crate) fn fails_for_all(&self) -> bool {
        !self.is_a_try && self.context.sandbox.requests_left() > 0
    }

    /// The origin that the route prefers, which is part of the keys of its cache entries.
    pub(crate) fn preferred(&self) -> &'r str {
        self.context.service.preferred(&self.context.route)
    }

    /// A deadline for a request to the origins that no client waits for.
    pub(crate) fn new_deadline(&self) -> Deadline {
        let rendering = self.variant.as_ref().map_or(Duration::ZERO, |_| RENDERING);
        Deadline::from_now(self.context.service.failover.total_timeout + rendering)
    }

    /// Whether an object of this length is read whole before it is cached and sent.
    pub(crate) fn is_read_whole(&self, length: u64) -> bool {
        length <= self.context.service.failover.whole_body_bytes
    }
}
