//! The configuration as the rest of the application uses it.

use std::collections::BTreeMap;

use crate::cache::rules::CacheRules;
use crate::cache::settings::CacheSettings;
use crate::images::settings::ImageSettings;
use crate::origins::settings::{FailoverSettings, LimitSettings};
use crate::routing::pops::PopCode;
use crate::routing::region::Region;
use crate::routing::route::Routing;
use crate::s3_endpoint::settings::S3Settings;
use crate::site::cors::Cors;
use crate::site::documents::Site;
use crate::site::redirect::Redirect;
use crate::site::security_headers::SecurityHeaders;
use crate::site::web_policy::{StatusPage, WebPolicy};

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `origins`: the backends to read from, in the order of the configuration.
    pub origins: Vec<OriginConfig>,
    /// `routing`: how a POP ranks the origins.
    pub routing: Routing,
    /// `pop_overrides`: the name of the origin that a POP prefers.
    pub pop_overrides: BTreeMap<PopCode, String>,
    /// `pop_parameter`: whether `?pop=XXX` simulates a POP.
    pub pop_parameter: bool,
    /// `cache`, except its rules: how responses are cached.
    pub cache: CacheSettings,
    /// `cache.browser_ttl_s` and `cache.rules`.
    pub cache_rules: CacheRules,
    /// `failover`: when the next origin is contacted.
    pub failover: FailoverSettings,
    /// `limits`: what the platform allows.
    pub limits: LimitSettings,
    /// `site`: the bucket as a website.
    pub site: Site,
    /// `cors`: the web origins whose scripts may read responses.
    pub cors: Cors,
    /// `security`: the security headers.
    pub security: SecurityHeaders,
    /// `redirects`, in the order in which they are checked.
    pub redirects: Vec<Redirect>,
    /// `status_page`: who can see the status page.
    pub status_page: StatusPage,
    /// `log.stdout`: when a log line is written to standard output.
    pub stdout: StandardOutput,
    /// `s3`: the endpoint for writers.
    pub s3: S3Settings,
    /// `images`: variants of images.
    pub images: ImageSettings,
}

/// An entry of `origins`. Each field except `backend` replaces what the backend's address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginConfig {
    /// The name of the Fastly backend, which is the name of the origin everywhere.
    pub backend: String,
    /// The bucket.
    pub bucket: Option<String>,
    /// The host of the service without the bucket, such as `s3.us-west-004.backblazeb2.com`.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: Option<Region>,
    /// Whether the bucket is public: its requests are not signed, and it needs no key.
    pub public: bool,
}

/// `log.stdout`: when a log line is written to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StandardOutput {
    /// Always, also if the log endpoint gets it.
    Always,
    /// Unless the log endpoint certainly shows it.
    #[default]
    WithoutEndpoint,
    /// Never.
    Never,
}

impl StandardOutput {
    /// The value in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::WithoutEndpoint => "without_endpoint",
            Self::Never => "never",
        }
    }

    /// Whether standard output gets the line. `is_opened`: the platform has opened the log endpoint.
    ///
    /// Fastly opens every name, and writing to an endpoint that the service does not have succeeds
    /// (<https://www.fastly.com/documentation/reference/compute/sdks/python/fastly_compute/log/class.LogEndpoint/>), so only
    /// on a developer's own machine (`is_local`), which prints the lines of every endpoint, is a line certain to arrive.
    #[must_use]
    pub const fn is_written(self, is_opened: bool, is_local: bool) -> bool {
        match self {
            Self::Always => true,
            Self::WithoutEndpoint => !(is_opened && is_local),
            Self::Never => false,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        let origin = |backend: &str| OriginConfig {
            backend: backend.to_owned(),
            ..OriginConfig::default()
        };
        Self {
            origins: vec![origin("us_origin"), origin("eu_origin")],
            routing: Routing::default(),
            pop_overrides: BTreeMap::new(),
            pop_parameter: true,
            cache: CacheSettings::default(),
            cache_rules: CacheRules::default(),
            failover: FailoverSettings::default(),
            limits: LimitSettings::default(),
            site: Site::default(),
            cors: Cors::default(),
            security: SecurityHeaders::default(),
            redirects: Vec::new(),
            status_page: StatusPage::default(),
            stdout: StandardOutput::default(),
            s3: S3Settings::default(),
            images: ImageSettings::default(),
        }
    }
}

impl Config {
    /// The part of the configuration that applies to every response, also while the rest has mistakes.
    /// `is_local`: the service runs on a developer's own machine.
    #[must_use]
    pub fn web_policy(&self, is_local: bool) -> WebPolicy {
        WebPolicy {
            redirects: self.redirects.clone(),
            cors: self.cors.clone(),
            security: self.security.clone(),
            has_status_page: self.status_page.is_served(is_local),
        }
    }
}
