//! Reads the set-up from the platform: Config Store, backends, Secret Store.

use std::time::Duration;

use b2_edge::config::{CONFIG_ITEM, CONFIG_STORE};
use b2_edge::credentials::SECRET_STORE;
use b2_edge::misconfiguration::Problem;
use b2_edge::origin::BackendAddress;
use b2_edge::service::{SecretError, Service};
use fastly::config_store::OpenError;
use fastly::{Backend, ConfigStore, SecretStore};

/// How long a sandbox serves with the set-up it began with. Together with [`IDLE`] it bounds how old
/// a set-up can be: five seconds.
pub(crate) const LIFETIME: Duration = Duration::from_secs(3);

/// How long a sandbox waits for its next request.
pub(crate) const IDLE: Duration = Duration::from_secs(2);

/// How many backend requests an execution may make: 10 on a trial account, 32 on others
/// (<https://docs.fastly.com/products/compute-resource-limits>). Whether that counts each request
/// of a reused sandbox anew is not documented, so a sandbox stays within it even when every request
/// fails over to the last origin.
const MAX_BACKEND_REQUESTS: usize = 10;

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

/// How many requests a sandbox may serve within the platform's limits.
pub(crate) fn requests_per_sandbox(service: &Result<Service, Vec<Problem>>) -> usize {
    let origins = service.as_ref().map_or(1, |service| service.origins.len());
    (MAX_BACKEND_REQUESTS / origins).max(1)
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
