//! Reads the set-up from the platform: Config Store, backends, Secret Store.

use b2_edge::config::{CONFIG_ITEM, CONFIG_STORE};
use b2_edge::credentials::SECRET_STORE;
use b2_edge::misconfiguration::Problem;
use b2_edge::origin::BackendAddress;
use b2_edge::service::{SecretError, Service};
use fastly::config_store::OpenError;
use fastly::{Backend, ConfigStore, SecretStore};

/// Reads everything once, for all requests of this sandbox.
pub(crate) fn load() -> Result<Service, Vec<Problem>> {
    let config = config_item().map_err(|problem| vec![problem])?;
    let secrets = SecretStore::open(SECRET_STORE).ok();
    Service::assemble(config.as_deref(), backend_address, |name| {
        let secret = secrets
            .as_ref()
            .ok_or(SecretError::NoStore)?
            .try_get(name)
            .ok()
            .flatten()
            .ok_or(SecretError::NoSecret)?;
        let text = secret.try_plaintext().map_err(|_| SecretError::NotText)?;
        String::from_utf8(text.to_vec()).map_err(|_| SecretError::NotText)
    })
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
