//! Reads the set-up from the platform: Config Store and backends for every sandbox, Secret Store when an
//! origin has to be asked.

use std::cell::OnceCell;

use b2_edge_core::config::{CONFIG_ITEM, CONFIG_STORE, Config};
use b2_edge_core::error::GatewayError;
use b2_edge_core::routing::route::Locality;
use b2_edge_core::s3::credentials::SECRET_STORE;
use b2_edge_core::setup::origin::BackendAddress;
use b2_edge_core::setup::problem::Problem;
use b2_edge_core::setup::service::{ResolvedOrigin, SecretError, Service};
use b2_edge_core::site::web_policy::WebPolicy;
use fastly::config_store::OpenError;
use fastly::{Backend, ConfigStore, SecretStore};

use crate::edge::platform::environment::Environment;

/// The set-up of a sandbox, the same for all its requests.
pub(crate) struct Settings {
    pub(crate) web_policy: WebPolicy,
    pub(crate) environment: Environment,
    /// The configuration item as it is.
    pub(crate) item: Option<String>,
    /// The service as far as the configuration could be read.
    service: Service,
    /// What is wrong with the configuration.
    mistakes: Vec<Problem>,
    origins: OnceCell<Result<Vec<ResolvedOrigin>, Vec<Problem>>>,
}

impl Settings {
    /// Reads what every request needs.
    pub(crate) fn load(environment: Environment) -> Self {
        let (item, unreadable) = match config_item() {
            Ok(item) => (item, None),
            Err(problem) => (None, Some(problem)),
        };
        let (config, errors) = match &item {
            Some(json) => Config::read_through(json),
            None => (Config::default(), Vec::new()),
        };
        let errors = errors.into_iter().map(Problem::Config);
        Self {
            web_policy: config.web_policy(environment.is_local()),
            environment,
            item,
            service: Service::assemble(config, backend_address),
            mistakes: errors.chain(unreadable).collect(),
            origins: OnceCell::new(),
        }
    }

    /// The service, if its configuration has no mistake.
    pub(crate) fn service(&self) -> Option<&Service> {
        self.mistakes.is_empty().then_some(&self.service)
    }

    /// The POP that a request with this query is served for.
    pub(crate) fn locality(&self, query: Option<&str>) -> Locality<'_> {
        let simulates_pop = self.service().is_some_and(|service| service.pop_parameter);
        self.environment.locality(query, simulates_pop)
    }

    /// The origins with their keys, which are read at the first call. A hit in the cache needs none, and a
    /// sandbox may serve nothing else.
    pub(crate) fn origins(&self) -> Result<&[ResolvedOrigin], &[Problem]> {
        if !self.mistakes.is_empty() {
            return Err(&self.mistakes);
        }
        let read = || {
            let secrets = SecretStore::open(SECRET_STORE).ok();
            self.service
                .with_credentials(|name| secret(secrets.as_ref(), name))
        };
        match self.origins.get_or_init(read) {
            Ok(origins) => Ok(origins),
            Err(problems) => Err(problems),
        }
    }

    /// The service as it is set up, whatever is wrong with it, and its origins with or without their keys.
    pub(crate) fn as_it_is(&self) -> (&Service, Vec<ResolvedOrigin>) {
        let secrets = SecretStore::open(SECRET_STORE).ok();
        let origins = self
            .service
            .resolve_origins(|name| secret(secrets.as_ref(), name));
        (&self.service, origins)
    }

    /// What keeps the service from serving anything.
    pub(crate) fn problems(&self) -> &[Problem] {
        self.origins().err().unwrap_or_default()
    }

    /// Fails where no origin can be read.
    pub(crate) fn require_origin(&self) -> Result<(), GatewayError> {
        match self.origins() {
            Ok(_) => Ok(()),
            Err(_) => Err(GatewayError::NotConfigured),
        }
    }

    /// The error to respond with, and the problems to show: where no origin can be read, that comes before any other
    /// error.
    pub(crate) fn explain(&self, error: GatewayError) -> (GatewayError, &[Problem]) {
        match self.problems() {
            [] => (error, &[]),
            problems => (GatewayError::NotConfigured, problems),
        }
    }
}

fn secret(secrets: Option<&SecretStore>, name: &str) -> Result<String, SecretError> {
    let secret = secrets
        .ok_or(SecretError::NoStore)?
        .try_get(name)
        .ok()
        .flatten()
        .ok_or(SecretError::NoSecret)?;
    let text = secret.try_plaintext().map_err(|_| SecretError::NotText)?;
    String::from_utf8(text.to_vec()).map_err(|_| SecretError::NotText)
}

/// The configuration item; `None` where there is no store or no item, which means all defaults.
fn config_item() -> Result<Option<String>, Problem> {
    match ConfigStore::try_open(CONFIG_STORE) {
        Ok(store) => store
            .try_get(CONFIG_ITEM)
            .map_err(|_| Problem::ConfigUnreadable),
        Err(OpenError::ConfigStoreDoesNotExist) => Ok(None),
        Err(_) => Err(Problem::ConfigUnreadable),
    }
}

fn backend_address(name: &str) -> Option<BackendAddress> {
    let backend = Backend::from_name(name).ok().filter(Backend::exists)?;
    let host_override = backend
        .get_host_override()
        .and_then(|host| host.to_str().ok().map(ToOwned::to_owned));
    Some(BackendAddress {
        host: backend.get_host(),
        host_override,
    })
}
