//! The environment of the sandbox: its POP, region and host.

use std::env;

use b2_edge_core::routing::route::Locality;

/// The environment variables of the platform
/// (<https://www.fastly.com/documentation/reference/compute/ecp-env/>).
pub(crate) struct Environment {
    pub(crate) pop: Option<String>,
    region: Option<String>,
    pub(crate) hostname: Option<String>,
    pub(crate) service_version: Option<String>,
}

impl Environment {
    /// Reads the environment, which does not change during the life of the sandbox.
    pub(crate) fn read() -> Self {
        Self {
            pop: env::var("FASTLY_POP").ok(),
            region: env::var("FASTLY_REGION").ok(),
            hostname: env::var("FASTLY_HOSTNAME").ok(),
            service_version: env::var("FASTLY_SERVICE_VERSION").ok(),
        }
    }

    /// Whether this is a developer's machine: the host name is `localhost` in Viceroy, and never at Fastly.
    pub(crate) fn is_local(&self) -> bool {
        self.hostname.as_deref() == Some("localhost")
    }

    /// The POP that a request is routed for, which `?pop=` may simulate.
    pub(crate) fn locality(&self, query: Option<&str>, pop_parameter: bool) -> Locality<'_> {
        Locality::of(
            query,
            pop_parameter,
            self.pop.as_deref(),
            self.region.as_deref(),
        )
    }
}
