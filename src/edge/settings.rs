//! Reads the set-up from the platform: Config Store and backends for every sandbox, Secret Store when an
//! origin has to be asked.

use std::cell::OnceCell;

use b2_edge::config::{CONFIG_ITEM, CONFIG_STORE, Config};
use b2_edge::credentials::SECRET_STORE;
use b2_edge::front::Front;
use b2_edge::misconfiguration::Problem;
use b2_edge::origin::BackendAddress;
use b2_edge::service::{SecretError, Service, Slot};
use fastly::config_store::OpenError;
use fastly::{Backend, ConfigStore, SecretStore};

/// The set-up of a sandbox, the same for all its requests.
pub(crate) struct Settings {
    pub(crate) front: Front,
    service: Result<Service, Vec<Problem>>,
    slots: OnceCell<Result<Vec<Slot>, Vec<Problem>>>,
}

impl Settings {
    /// Reads what every request needs.
    pub(crate) fn load(is_local: bool) -> Self {
        let (config, problems) = match config_item() {
            Ok(None) => (Config::default(), Vec::new()),
            Ok(Some(json)) => {
                let (config, errors) = Config::read_through(&json);
                (config, errors.into_iter().map(Problem::Config).collect())
            }
            Err(problem) => (Config::default(), vec![problem]),
        };
        Self {
            front: Front::of(&config, is_local),
            service: if problems.is_empty() {
                Ok(Service::assemble(config, backend_address))
            } else {
                Err(problems)
            },
            slots: OnceCell::new(),
        }
    }

    /// The service, if its configuration has no mistake.
    pub(crate) fn service(&self) -> Option<&Service> {
        self.service.as_ref().ok()
    }

    /// The origins with their keys, which are read at the first call. A hit in the cache needs none, and a
    /// sandbox may serve nothing else.
    pub(crate) fn origins(&self) -> Result<&[Slot], &[Problem]> {
        let service = self.service.as_ref().map_err(Vec::as_slice)?;
        let read = || {
            let secrets = SecretStore::open(SECRET_STORE).ok();
            service.unlock(|name| secret(secrets.as_ref(), name))
        };
        match self.slots.get_or_init(read) {
            Ok(slots) => Ok(slots),
            Err(problems) => Err(problems),
        }
    }

    /// What keeps the service from serving anything.
    pub(crate) fn problems(&self) -> &[Problem] {
        self.origins().err().unwrap_or_default()
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
