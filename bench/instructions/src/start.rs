//! What a sandbox computes before its first request, without its host: it reads the configuration.
//!
//! `src/edge/platform/settings.rs` calls the same functions of the core.

use b2_edge_core::config::Config;
use b2_edge_core::setup::service::Service;
use b2_edge_core::setup::warning::{Warning, warnings};
use b2_edge_core::site::web_policy::WebPolicy;

use crate::hit::backend_address;

/// What the requests of a sandbox share, and the warnings in its first log line.
pub(crate) struct Start {
    #[expect(dead_code, reason = "only how it comes about is counted")]
    pub(crate) parts: (Service, WebPolicy, Vec<Warning>),
}

/// Reads a configuration; `None` if it has a mistake.
#[inline(never)]
pub(crate) fn service(json: &str) -> Option<Start> {
    let (config, errors) = Config::parse_lenient(json);
    let web_policy = config.web_policy(false);
    let service = Service::assemble(config, backend_address);
    let warnings = warnings(&service);
    errors.is_empty().then_some(Start {
        parts: (service, web_policy, warnings),
    })
}
