//! The resources in a Fastly account that the CLI creates, with the fields that it sent.

use std::collections::BTreeMap;

use crate::package::Package;

/// The resources of one account, which is empty at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) service: Option<Service>,
    pub(crate) config_stores: Vec<ConfigStore>,
    pub(crate) secret_stores: Vec<SecretStore>,
}

/// A service with its latest version. A cloned version differs in its number only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `wasm` for Compute, `vcl` for delivery.
    pub(crate) kind: String,
    pub(crate) domains: Vec<String>,
    pub(crate) backends: Vec<Backend>,
    pub(crate) links: Vec<Link>,
    pub(crate) package: Option<Package>,
    pub(crate) version: u32,
    pub(crate) active_version: Option<u32>,
}

/// A backend: the fields of the form that created it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backend(pub(crate) BTreeMap<String, String>);

impl Backend {
    /// A field; empty if the form did not have it.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether Fastly connects to it by TLS. By Fastly's API documentation, port 443 turns `use_ssl` on and port 80
    /// turns it off, unless the same request sets it. The CLI does not set it.
    pub(crate) fn uses_tls(&self) -> bool {
        match self.field("use_ssl") {
            "" => self.field("port") == "443",
            value => matches!(value, "1" | "true"),
        }
    }
}

/// Gives a service access to a store under this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) store_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigStore {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) items: BTreeMap<String, String>,
}

/// A secret store, with the plain text of its secrets, which Fastly itself would not return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretStore {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) secrets: BTreeMap<String, String>,
}

impl Account {
    /// The secret store that is linked to the service as `name`.
    pub(crate) fn linked_secrets(&self, name: &str) -> Option<&SecretStore> {
        let link = self.link(name)?;
        self.secret_stores
            .iter()
            .find(|store| store.id == link.store_id)
    }

    /// The config store that is linked to the service as `name`.
    pub(crate) fn linked_config(&self, name: &str) -> Option<&ConfigStore> {
        let link = self.link(name)?;
        self.config_stores
            .iter()
            .find(|store| store.id == link.store_id)
    }

    fn link(&self, name: &str) -> Option<&Link> {
        let links = &self.service.as_ref()?.links;
        links.iter().find(|link| link.name == name)
    }
}
