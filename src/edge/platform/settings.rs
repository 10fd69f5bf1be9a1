//! The configuration of the service: Config Store and backends, read once for a sandbox, and the Secret Store, read when
//! an origin has to be asked.

use std::cell::{Cell, OnceCell};

use b2_edge_core::config::{CONFIG_ITEM, CONFIG_STORE, Config, StandardOutput};
use b2_edge_core::error::GatewayError;
use b2_edge_core::images::settings::RENDER_KEY;
use b2_edge_core::images::store_record::RefusedStore;
use b2_edge_core::routing::route::Locality;
use b2_edge_core::s3::credentials::SECRET_STORE;
use b2_edge_core::s3_endpoint::record::{FailedNotification, LastWrite};
use b2_edge_core::s3_endpoint::resource::EndpointHost;
use b2_edge_core::s3_endpoint::settings::{WEBHOOK_HEADER_VALUE, WEBHOOK_SECRET, WebhookSettings};
use b2_edge_core::s3_endpoint::verified::Client as S3Client;
use b2_edge_core::setup::origin::Origin;
use b2_edge_core::setup::problem::Problem;
use b2_edge_core::setup::s3_clients::Lookup;
use b2_edge_core::setup::service::{ResolvedOrigin, SecretError, Service};
use b2_edge_core::setup::warning::{Warning, warnings};
use b2_edge_core::site::web_policy::WebPolicy;
use b2_edge_core::status_page::images_report::ImagesState;
use b2_edge_core::status_page::s3_report::S3State;
use fastly::config_store::OpenError;
use fastly::http::header::HOST;
use fastly::{ConfigStore, Request, SecretStore};

use crate::edge::platform::backends::backend_address;
use crate::edge::platform::environment::Environment;

/// The secrets of the webhook, as far as they exist.
pub(crate) struct WebhookSecrets {
    /// The key of the signature.
    pub(crate) signing: Option<String>,
    /// The value of the configured header.
    pub(crate) header_value: Option<String>,
}

/// The configuration of a sandbox, the same for all its requests.
pub(crate) struct Settings {
    pub(crate) web_policy: WebPolicy,
    /// When a log line is written to standard output.
    pub(crate) stdout: StandardOutput,
    pub(crate) environment: Environment,
    /// The configuration item, unparsed.
    pub(crate) item: Option<String>,
    /// The service, with the default for each field that has a mistake.
    service: Service,
    /// The mistakes of the configuration.
    mistakes: Vec<Problem>,
    origins: OnceCell<Result<Vec<ResolvedOrigin>, Vec<Problem>>>,
    /// Whether the warnings are in a log line of this sandbox.
    has_warned: Cell<bool>,
}

impl Settings {
    /// Reads what every request needs, which is no secret.
    pub(crate) fn load(environment: Environment) -> Self {
        let (item, unreadable) = match config_item() {
            Ok(item) => (item, None),
            Err(problem) => (None, Some(problem)),
        };
        let (config, errors) = match &item {
            Some(json) => Config::parse_lenient(json),
            None => (Config::default(), Vec::new()),
        };
        let errors = errors.into_iter().map(Problem::Config);
        Self {
            web_policy: config.web_policy(environment.is_local()),
            stdout: config.stdout,
            environment,
            item,
            service: Service::assemble(config, backend_address),
            mistakes: errors.chain(unreadable).collect(),
            origins: OnceCell::new(),
            has_warned: Cell::new(false),
        }
    }

    /// The service, unless its configuration has a mistake.
    pub(crate) fn service(&self) -> Option<&Service> {
        self.mistakes.is_empty().then_some(&self.service)
    }

    /// How many requests to origins a sandbox may make.
    pub(crate) const fn request_limit(&self) -> usize {
        self.service.limits.backend_requests
    }

    /// The POP that a request with this query is served for.
    pub(crate) fn locality(&self, query: Option<&str>) -> Locality<'_> {
        let simulates_pop = self.service().is_some_and(|service| service.pop_parameter);
        self.environment.locality(query, simulates_pop)
    }

    /// The origins with their credentials, which are read at the first call: a cache hit needs none.
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

    /// The service and its origins, whatever is wrong with them.
    pub(crate) fn unchecked(&self) -> (&Service, Vec<ResolvedOrigin>) {
        let secrets = SecretStore::open(SECRET_STORE).ok();
        let origins = self
            .service
            .resolve_origins(|name| secret(secrets.as_ref(), name));
        (&self.service, origins)
    }

    /// Whether a request is for the S3 endpoint, and with which host.
    pub(crate) fn s3_host(&self, request: &Request) -> Option<EndpointHost> {
        let endpoint = self.service.s3.host.as_deref()?;
        let host = request.get_header(HOST)?.to_str().ok()?;
        EndpointHost::parse(host, endpoint)
    }

    /// Finds the client of the S3 endpoint with a key ID.
    pub(crate) fn find_client(&self, key_id: &str) -> Lookup {
        let secrets = SecretStore::open(SECRET_STORE).ok();
        self.service
            .find_client(key_id, |name| secret(secrets.as_ref(), name))
    }

    /// The origin with this index, for a request of a client of the S3 endpoint.
    pub(crate) fn origin_for(
        &self,
        index: usize,
        is_write: bool,
        client: &S3Client,
    ) -> Result<Origin, Vec<Problem>> {
        let secrets = SecretStore::open(SECRET_STORE).ok();
        self.service.origin_for(index, is_write, client, |name| {
            secret(secrets.as_ref(), name)
        })
    }

    /// The origin with this index, for a write of this application itself.
    pub(crate) fn own_writer(&self, index: usize) -> Result<Origin, Vec<Problem>> {
        let secrets = SecretStore::open(SECRET_STORE).ok();
        self.service
            .own_origin_for(index, true, |name| secret(secrets.as_ref(), name))
    }

    /// The key that requests to the render service are authorised with.
    pub(crate) fn render_key() -> Option<String> {
        let secrets = SecretStore::open(SECRET_STORE).ok();
        let key = secret(secrets.as_ref(), RENDER_KEY).ok()?;
        Some(key.trim().to_owned())
    }

    /// What the status page shows of the S3 endpoint, if it is on.
    pub(crate) fn s3_state(
        &self,
        last_write: impl Fn() -> Option<LastWrite>,
        last_failed_notification: impl Fn() -> Option<FailedNotification>,
    ) -> Option<S3State> {
        let secrets = SecretStore::open(SECRET_STORE).ok();
        let secret = |name: &str| secret(secrets.as_ref(), name);
        S3State::of(&self.service, secret, last_write, last_failed_notification)
    }

    /// What the status page shows of image variants, if there are any.
    pub(crate) fn images_state(
        &self,
        refused: impl Fn(&str) -> Option<RefusedStore>,
    ) -> Option<ImagesState> {
        let secrets = SecretStore::open(SECRET_STORE).ok();
        let secret = |name: &str| secret(secrets.as_ref(), name);
        ImagesState::of(&self.service, secret, refused)
    }

    /// The webhook, if the service has one.
    pub(crate) fn webhook(&self) -> Option<&WebhookSettings> {
        let webhook = &self.service()?.s3.webhook;
        webhook.url.as_ref().map(|_| webhook)
    }

    /// The secrets of the webhook.
    pub(crate) fn webhook_secrets() -> WebhookSecrets {
        let secrets = SecretStore::open(SECRET_STORE).ok();
        let read = |name| secret(secrets.as_ref(), name).ok();
        WebhookSecrets {
            signing: read(WEBHOOK_SECRET),
            header_value: read(WEBHOOK_HEADER_VALUE),
        }
    }

    /// What is doubtful, if the service works.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        self.service().map(warnings).unwrap_or_default()
    }

    /// The same for the first log line of the sandbox; nothing for the others.
    pub(crate) fn untold_warnings(&self) -> Vec<Warning> {
        if self.has_warned.replace(true) {
            return Vec::new();
        }
        self.warnings()
    }

    /// The problems because of which no request can be served.
    pub(crate) fn problems(&self) -> &[Problem] {
        self.origins().err().unwrap_or_default()
    }

    /// Fails if no origin can be read.
    pub(crate) fn require_origin(&self) -> Result<(), GatewayError> {
        match self.origins() {
            Ok(_) => Ok(()),
            Err(_) => Err(GatewayError::NotConfigured),
        }
    }

    /// The error to respond with, and the problems to show. If no origin can be read, that is the error.
    pub(crate) fn with_problems(&self, error: GatewayError) -> (GatewayError, &[Problem]) {
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

/// The configuration item; `None`, which means all defaults, without a store or an item.
fn config_item() -> Result<Option<String>, Problem> {
    match ConfigStore::try_open(CONFIG_STORE) {
        Ok(store) => store
            .try_get(CONFIG_ITEM)
            .map_err(|_| Problem::ConfigUnreadable),
        Err(OpenError::ConfigStoreDoesNotExist) => Ok(None),
        Err(_) => Err(Problem::ConfigUnreadable),
    }
}
