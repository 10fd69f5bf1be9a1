//! The decisions of b2-edge, without the platform: a pure core, in one room for each stage of a request.
//!
//! Functions here take values and return values. The clock, the POP, the environment, headers and status
//! codes are parameters; a decision is an enum with a stable reason for the log. This crate does not depend
//! on `fastly`, so it cannot read the cache, send a request or open a store, and its tests run natively. The
//! application (`src/` of the root package) does all that and carries the decisions out.
//!
//! # The rooms, in the order of a request
//!
//! Before the first request, the application is set up:
//!
//! 1. [`config`] parses the configuration item.
//! 2. [`setup`] resolves it, with the addresses of the backends, into a [`Service`](setup::service::Service),
//!    or into [`Problem`](setup::problem::Problem)s with a remedy for each.
//!
//! Then, for each request:
//!
//! 1. [`http`] splits the target ([`Target::split`](http::target::Target::split)) and decodes the path
//!    ([`RequestPath::parse`](http::path::RequestPath::parse)).
//! 2. [`request`] determines what the client wants ([`Intent::parse`](request::intent::Intent::parse)) and
//!    the ID of the request.
//! 3. [`site`] maps the path to an object ([`Site::key_of`](site::documents::Site::key_of)).
//!    A path of an image route is a variant ([`ImageSettings::named`](images::settings::ImageSettings::named)), whose
//!    source is an object; which crate makes its bytes is not the core's business.
//! 4. [`routing`] ranks the origins for the POP ([`Routes::rank`](routing::route::Routes::rank)).
//! 5. [`cache`] has the key under which to look the object up
//!    ([`EntryKey::to_bytes`](cache::entry::EntryKey::to_bytes)), and decides whether the entry is fresh
//!    ([`Lifetime::freshness_at`](cache::lifetime::Lifetime::freshness_at)).
//! 6. [`origins`] fetches what is missing or stale: when to send the next request
//!    ([`Failover`](origins::failover::Failover)), and what a response means
//!    ([`judge`](origins::verdict::judge)). [`s3`] encodes the key and signs the request
//!    ([`sign`](s3::sigv4::sign)).
//! 7. [`cache`] decides whether the response may be cached
//!    ([`object_cacheability`](cache::policy::object_cacheability)), and selects 200, 206, 304, 412 or 416
//!    ([`select`](cache::select::select)).
//! 8. [`site`] replaces a 404 ([`Site::fallbacks`](site::documents::Site::fallbacks)) and adds CORS and
//!    security headers ([`WebPolicy::headers`](site::web_policy::WebPolicy::headers)).
//! 9. [`log`] has the line that is logged for the request.
//!
//! A request that cannot be served is refused with a [`GatewayError`](error::GatewayError). [`status_page`]
//! shows where requests are routed, instead of an object.
//!
//! A room uses only rooms that precede it in this order: `http`, `routing`, `s3`, `images`, `site`, `origins`, `cache`,
//! `error`, `request`, `config`, `setup`, `log`, `status_page`.

pub mod cache;
pub mod config;
pub mod error;
pub mod http;
pub mod images;
pub mod log;
pub mod origins;
pub mod request;
pub mod routing;
pub mod s3;
pub mod s3_endpoint;
pub mod setup;
pub mod site;
pub mod status_page;
