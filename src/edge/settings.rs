//! Reads the set-up from the platform: Config Store and backends for every sandbox, Secret Store when an
//! origin has to be asked.

use std::cell::OnceCell;

use b2_edge::config::{CONFIG_ITEM, CONFIG_STORE};
use b2_edge::credentials::SECRET_STORE;
use b2_edge::misconfiguration::Problem;
use b2_edge::origin::BackendAddress;
use b2_edge::service::{SecretError, Service, Slot};
use fastly::config_store::OpenError;
use fastly::{Backend, ConfigStore, SecretStore};

/// The set-up of a sandbox, the same for all its requests.
pub(crate) struct Settings {
    pub(crate) service: Service,
    slots: OnceCell<Result<Vec<Slot>, Vec<Problem>>>,
}

impl Settings {
    /// Reads what every request needs.
    pub(crate) fn load() -> Result<Self, Vec<Problem>> {
        let config = config_item().map_err(|problem| vec![problem])?;
        Ok(Self {
            service: Service::assemble(config.as_deref(), backend_address)?,
            slots: OnceCell::new(),
        })
    }

    /// The origins with their keys, which are read at the first call. A hit in the cache needs none, and a
    /// sandbox may serve nothing else.
    pub(crate) fn origins(&self) -> Result<&[Slot], &[Problem]> {
        let read = || {
            let secrets = SecretStore::open(SECRET_STORE).ok();
            self.service.unlock(|name| secret(secrets.as_ref(), name))
        };
        match self.slots.get_or_init(read) {
            Ok(slots) => Ok(slots),
            Err(problems) => Err(problems),
        }
    }
}

/// What keeps the service from serving anything.
pub(crate) fn problems<'s>(settings: Result<&'s Settings, &'s Vec<Problem>>) -> &'s [Problem] {
    match settings.map(Settings::origins) {
        Ok(origins) => origins.err().unwrap_or_default(),
        Err(problems) => problems,
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
