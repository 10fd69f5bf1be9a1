//! The service as configured: settings and bucket addresses, and the keys once an origin is needed.
//!
//! A cache hit reads no key. A misconfigured origin is never contacted, but stays in the list, so that
//! indices and routes do not change and the log gives the reason.

use crate::cache::rules::CacheRules;
use crate::cache::settings::CacheSettings;
use crate::config::Config;
use crate::images::route::ImageRoute;
use crate::images::settings::{Engine, ImageSettings};
use crate::origins::settings::{FailoverSettings, LimitSettings};
use crate::routing::route::{Route, Routes};
use crate::s3::address::BucketAddress;
use crate::s3::credentials::{
    Credentials, CredentialsError, application_key_secret, key_id_secret,
};
use crate::s3_endpoint::settings::S3Settings;
use crate::setup::origin::{Access, BackendAddress, Origin, resolve_address, write_backend};
use crate::setup::problem::Problem;
use crate::site::documents::Site;

/// The configuration of the service, without its keys.
#[derive(Clone, Debug)]
pub struct Service {
    /// The configured origins, in configured order.
    pub origins: Vec<ConfiguredOrigin>,
    /// The routing configuration.
    pub routes: Routes,
    /// `pop_parameter`: whether `?pop=XXX` may simulate a POP.
    pub pop_parameter: bool,
    /// `cache`: TTLs and segment size.
    pub cache: CacheSettings,
    /// `cache.rules` and `cache.browser_ttl_s`: caching by path.
    pub cache_rules: CacheRules,
    /// `failover`: timeouts.
    pub failover: FailoverSettings,
    /// What the platform allows.
    pub limits: LimitSettings,
    /// `site`: how paths map to objects.
    pub site: Site,
    /// `s3`: the endpoint for writers.
    pub s3: S3Settings,
    /// `images`: variants of images.
    pub images: ImageSettings,
    /// The host of the render service's backend; `None` if there is none, or no use for it.
    pub render_host: Option<String>,
}

/// A configured origin, without its key.
#[derive(Clone, Debug)]
pub struct ConfiguredOrigin {
    /// The name of the backend.
    pub backend: String,
    address: Result<BucketAddress, Problem>,
    is_public: bool,
    /// Whether there is a backend for writes, and what is wrong with it.
    pub(super) write_backend: Option<Result<(), Problem>>,
}

/// A configured origin with its key, or with the reasons why it cannot be used.
#[derive(Clone, Debug)]
pub struct ResolvedOrigin {
    /// The name of the backend.
    pub backend: String,
    /// The origin, or everything that is wrong with it.
    pub origin: Result<Origin, Vec<Problem>>,
}

/// Why a secret could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretError {
    /// The Secret Store does not exist.
    NoStore,
    /// The Secret Store has no such secret.
    NoSecret,
    /// The secret is not UTF-8.
    NotText,
}

impl Service {
    /// Resolves the origins of a configuration. `backend_address` returns `None` for a backend that does not
    /// exist. Problems of an origin are reported by [`Service::with_credentials`].
    pub fn assemble(
        config: Config,
        backend_address: impl Fn(&str) -> Option<BackendAddress>,
    ) -> Self {
        let images = &config.images;
        let is_rendered_by_service = images.engines.contains(&Engine::Service);
        let render_host = (is_rendered_by_service && !images.routes.is_empty())
            .then(|| backend_address(&images.service_backend))
            .flatten()
            .map(|address| address.host().to_owned());
        let may_write = config.s3.host.is_some() || images.routes.iter().any(ImageRoute::is_stored);
        let mut origins = Vec::with_capacity(config.origins.len());
        let mut regions = Vec::with_capacity(config.origins.len());
        for entry in &config.origins {
            let backend = entry.backend.clone();
            let address = match backend_address(&backend) {
                Some(address) => resolve_address(entry, &address),
                None => Err(Problem::MissingBackend {
                    backend: backend.clone(),
                }),
            };
            // Looked for only where there may be writes: it costs every sandbox some calls of the host.
            let write_backend = may_write.then_some(()).and_then(|()| {
                let write = write_backend(&backend);
                let at = backend_address(&write)?;
                let resolved = resolve_address(entry, &at);
                let is_same = resolved.as_ref().ok() == address.as_ref().ok();
                Some(
                    is_same
                        .then_some(())
                        .ok_or(Problem::WriteBackend { backend: write }),
                )
            });
            regions.push(address.as_ref().ok().map(|address| address.region.clone()));
            origins.push(ConfiguredOrigin {
                backend,
                address,
                is_public: entry.public,
                write_backend,
            });
        }
        let origin_index =
            |backend: &String| config.origins.iter().position(|o| o.backend == *backend);
        let pop_overrides = config
            .pop_overrides
            .iter()
            .filter_map(|(pop, backend)| Some((*pop, origin_index(backend)?)))
            .collect();
        Self {
            origins,
            routes: Routes {
                regions,
                routing: config.routing,
                pop_overrides,
            },
            pop_parameter: config.pop_parameter,
            cache: config.cache,
            cache_rules: config.cache_rules,
            failover: config.failover,
            limits: config.limits,
            site: config.site,
            s3: config.s3,
            images: config.images,
            render_host,
        }
    }

    /// The backend of the first origin of a route, which is part of the cache key; empty if there is none.
    #[must_use]
    pub fn preferred(&self, route: &Route) -> &str {
        let first = route.order.first();
        let origin = first.and_then(|&index| self.origins.get(index));
        origin.map_or("", |origin| &origin.backend)
    }

    /// Reads the keys of all origins; `secret` reads one secret by name.
    ///
    /// # Errors
    ///
    /// The problems of all origins, if none is usable.
    pub fn with_credentials(
        &self,
        secret: impl Fn(&str) -> Result<String, SecretError>,
    ) -> Result<Vec<ResolvedOrigin>, Vec<Problem>> {
        let resolved = self.resolve_origins(secret);
        if resolved.iter().all(|resolved| resolved.origin.is_err()) {
            return Err(all_problems(&resolved));
        }
        Ok(resolved)
    }

    /// Like [`Service::with_credentials`], also if no origin is usable.
    pub fn resolve_origins(
        &self,
        secret: impl Fn(&str) -> Result<String, SecretError>,
    ) -> Vec<ResolvedOrigin> {
        let origins = self.origins.iter();
        origins
            .map(|configured| configured.with_credentials(&secret))
            .collect()
    }
}

impl ConfiguredOrigin {
    /// The bucket address; `None` if it could not be resolved.
    #[must_use]
    pub fn address(&self) -> Option<&BucketAddress> {
        self.address.as_ref().ok()
    }

    /// The bucket address, or why it could not be resolved.
    ///
    /// # Errors
    ///
    /// The problem of the backend or its address.
    pub const fn address_or_problem(&self) -> Result<&BucketAddress, &Problem> {
        self.address.as_ref()
    }

    /// Whether the bucket is public and needs no key.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        self.is_public
    }

    /// Whether there is a backend for writes with the same address.
    #[must_use]
    pub const fn has_write_backend(&self) -> bool {
        matches!(self.write_backend, Some(Ok(())))
    }

    fn with_credentials(
        &self,
        secret: &impl Fn(&str) -> Result<String, SecretError>,
    ) -> ResolvedOrigin {
        let access = if self.is_public {
            Ok(Access::Public)
        } else {
            credentials(&self.backend, secret).map(Access::Private)
        };
        let origin = match (self.address.clone(), access) {
            (Ok(address), Ok(access)) => Ok(Origin {
                backend: self.backend.clone(),
                address,
                access,
            }),
            (Ok(_), Err(problems)) => Err(problems),
            (Err(problem), Ok(_)) => Err(vec![problem]),
            (Err(problem), Err(problems)) => Err([vec![problem], problems].concat()),
        };
        ResolvedOrigin {
            backend: self.backend.clone(),
            origin,
        }
    }
}

/// Reads a secret.
pub(crate) fn read_secret(
    name: &str,
    secret: &impl Fn(&str) -> Result<String, SecretError>,
) -> Result<String, Problem> {
    secret(name).map_err(|error| match error {
        SecretError::NoStore => Problem::MissingSecretStore,
        SecretError::NoSecret => Problem::MissingSecret {
            name: name.to_owned(),
        },
        SecretError::NotText => Problem::BadSecret {
            name: name.to_owned(),
        },
    })
}

/// Reads and checks the key of a backend.
pub(super) fn credentials(
    backend: &str,
    secret: &impl Fn(&str) -> Result<String, SecretError>,
) -> Result<Credentials, Vec<Problem>> {
    let (id_name, key_name) = (key_id_secret(backend), application_key_secret(backend));
    let read = |name: &str| read_secret(name, secret);
    match (read(&id_name), read(&key_name)) {
        (Ok(id), Ok(key)) => Credentials::new(&id, &key).map_err(|error| {
            let name = match error {
                CredentialsError::KeyId => id_name,
                CredentialsError::ApplicationKey => key_name,
            };
            vec![Problem::BadSecret { name }]
        }),
        (id, key) => Err(id.err().into_iter().chain(key.err()).collect()),
    }
}

/// The problems of all origins, without duplicates: a missing store affects every origin.
fn all_problems(resolved: &[ResolvedOrigin]) -> Vec<Problem> {
    let mut all = Vec::new();
    let problems = resolved
        .iter()
        .filter_map(|resolved| resolved.origin.as_ref().err());
    for problem in problems.flatten() {
        if !all.contains(problem) {
            all.push(problem.clone());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "demo-us.s3.us-west-004.backblazeb2.com";
    const EU: &str = "demo-eu.s3.eu-central-003.backblazeb2.com";

    fn address(backend: &str) -> Option<BackendAddress> {
        let host = match backend {
            "us_origin" => US,
            "eu_origin" => EU,
            _ => return None,
        };
        Some(BackendAddress::Override(host.to_owned()))
    }

    fn all_but(missing: &'static [&'static str]) -> impl Fn(&str) -> Result<String, SecretError> {
        move |name| {
            if missing.contains(&name) {
                Err(SecretError::NoSecret)
            } else {
                Ok(format!("value-of-{name}"))
            }
        }
    }

    fn assembled(json: Option<&str>) -> Service {
        let config = json.map(|json| Config::parse(json).expect("a configuration"));
        Service::assemble(config.unwrap_or_default(), address)
    }

    fn resolved(
        json: Option<&str>,
        secret: impl Fn(&str) -> Result<String, SecretError>,
    ) -> Result<Vec<ResolvedOrigin>, Vec<Problem>> {
        assembled(json).with_credentials(secret)
    }

    fn texts(problems: &[Problem]) -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn without_configuration_the_two_default_origins_are_read() {
        let service = assembled(None);
        let resolved = service.with_credentials(all_but(&[])).expect("usable");
        let hosts: Vec<_> = resolved
            .iter()
            .map(|resolved| {
                resolved
                    .origin
                    .as_ref()
                    .expect("usable")
                    .address
                    .host
                    .clone()
            })
            .collect();
        assert_eq!(hosts, [US, EU]);
        assert!(service.pop_parameter);
    }

    #[test]
    fn an_origin_without_its_key_is_unusable_and_the_other_goes_on() {
        let service = assembled(None);
        let resolved = service
            .with_credentials(all_but(&["us_origin_application_key"]))
            .expect("one is usable");
        let [us, eu] = &resolved[..] else {
            unreachable!("two origins");
        };
        assert_eq!(
            texts(us.origin.as_ref().expect_err("has no key")),
            ["secret us_origin_application_key is missing in secret store b2_edge_keys"]
        );
        assert!(eu.origin.is_ok());
        assert!(
            service.routes.regions.iter().all(Option::is_some),
            "routing still ranks both"
        );
    }

    #[test]
    fn when_no_origin_is_usable_every_problem_is_named_once() {
        let service = Service::assemble(Config::default(), |_| None);
        let problems = service
            .with_credentials(|_| Err(SecretError::NoStore))
            .expect_err("nothing works");
        assert_eq!(
            texts(&problems),
            [
                "backend us_origin is missing",
                "secret store b2_edge_keys is missing",
                "backend eu_origin is missing",
            ]
        );
        let missing = &[
            "us_origin_key_id",
            "us_origin_application_key",
            "eu_origin_key_id",
        ];
        let problems = resolved(None, all_but(missing)).expect_err("no key is whole");
        assert_eq!(problems.len(), 3, "{problems:?}");
    }

    #[test]
    fn a_public_origin_needs_no_key() {
        let json = r#"{"origins": [{"backend": "us_origin", "public": true}]}"#;
        let resolved = resolved(Some(json), |_| Err(SecretError::NoStore)).expect("usable");
        let origin = resolved
            .first()
            .and_then(|resolved| resolved.origin.as_ref().ok());
        assert!(matches!(origin.map(|o| &o.access), Some(Access::Public)));
    }

    #[test]
    fn a_secret_that_is_not_a_key_is_named() {
        let problems = resolved(Some(r#"{"origins": ["us_origin"]}"#), |name| {
            Ok(if name.ends_with("_id") { "id" } else { "" }.to_owned())
        })
        .expect_err("empty key");
        assert_eq!(
            problems,
            [Problem::BadSecret {
                name: "us_origin_application_key".to_owned()
            }]
        );
    }

    #[test]
    fn debug_output_of_the_service_has_no_application_key() {
        let resolved = resolved(None, all_but(&[])).expect("usable");
        let text = format!("{resolved:?}");
        assert!(
            !text.contains("value-of-us_origin_application_key"),
            "{text}"
        );
    }

    #[test]
    fn overrides_point_at_the_origin_they_name() {
        let json = r#"{"pop_overrides": {"BOM": "eu_origin"}}"#;
        let service = assembled(Some(json));
        assert_eq!(
            service
                .routes
                .pop_overrides
                .values()
                .copied()
                .collect::<Vec<_>>(),
            [1]
        );
    }
}
