//! The application in Viceroy, with the resources of the account and no others.

use std::io;

use b2_edge_testbed::{Origin, Viceroy, ViceroyConfig};

use crate::account::Account;

pub(crate) const SECRET_STORE: &str = "b2_edge_keys";
pub(crate) const CONFIG_STORE: &str = "b2_edge";
pub(crate) const CONFIG_ITEM: &str = "config";

/// A loopback port without a listener, for addresses other than those of the demo buckets.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Starts the application. A backend connects to the demo origin that has its address, without TLS, which the demo
/// origins do not support.
pub(crate) async fn start(account: &Account, origins: &[Origin]) -> io::Result<Viceroy> {
    let mut config = ViceroyConfig::new();
    let backends = account.service.iter().flat_map(|service| &service.backends);
    for backend in backends {
        let address = backend.field("address");
        let origin = origins
            .iter()
            .find(|origin| origin.spec().host() == address);
        let url = origin.map_or_else(|| NOWHERE.to_owned(), Origin::url);
        let host = match backend.field("override_host") {
            "" => address,
            host => host,
        };
        config = config.backend(backend.field("name"), &url, host);
    }
    match account.linked_config(CONFIG_STORE) {
        None => config = config.no_config_store(),
        Some(store) => {
            if let Some(item) = store.items.get(CONFIG_ITEM) {
                config = config.config(item);
            }
        }
    }
    match account.linked_secrets(SECRET_STORE) {
        None => config = config.no_secret_store(),
        Some(store) => {
            for (name, value) in &store.secrets {
                config = config.secret(name, value);
            }
        }
    }
    config.start().await
}
