//! The endpoints of Fastly's API: how each changes the account, and its response.
//!
//! Only what the CLI uses of <https://www.fastly.com/documentation/reference/api/>.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use crate::account::{Account, Backend, ConfigStore, Link, SecretStore, Service};
use crate::api::Record;
use crate::form;
use crate::package::Package;

/// A parsed API request.
pub(crate) struct ApiRequest<'r> {
    pub(crate) method: &'r Method,
    pub(crate) path: &'r [&'r str],
    pub(crate) content_type: &'r str,
    pub(crate) body: &'r [u8],
}

impl ApiRequest<'_> {
    fn form(&self) -> BTreeMap<String, String> {
        form::fields(self.body)
    }

    /// A text field of the JSON body.
    fn text(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(self.body).ok()?;
        body.get(name)?.as_str().map(ToOwned::to_owned)
    }
}

impl Record {
    /// Applies a request and returns the response; `None` if it is unknown or not possible.
    pub(crate) fn change(&mut self, request: &ApiRequest<'_>) -> Option<Value> {
        match (request.method.as_str(), request.path) {
            ("POST", ["service"]) => self.create_service(&request.form()),
            ("DELETE", ["service", id]) => self.delete_service(id),
            (_, ["service", id, rest @ ..]) => {
                let service = self.account.service.as_mut()?;
                (service.id == *id).then_some(())?;
                service.change(request, rest)
            }
            (_, ["resources", "stores", "config", rest @ ..]) => self.account.config(request, rest),
            (_, ["resources", "stores", "secret", rest @ ..]) => self.account.secret(request, rest),
            _ => None,
        }
    }

    fn create_service(&mut self, form: &BTreeMap<String, String>) -> Option<Value> {
        self.account.service.is_none().then_some(())?;
        let service = Service {
            id: "RehearsalService000001".to_owned(),
            name: form.get("name")?.clone(),
            kind: form.get("type")?.clone(),
            version: 1,
            ..Service::default()
        };
        let response = service.describe();
        self.account.service = Some(service);
        Some(response)
    }

    fn delete_service(&mut self, id: &str) -> Option<Value> {
        let service = self
            .account
            .service
            .take_if(|service| service.id == id && service.active_version.is_none())?;
        self.deleted.push(service.name);
        Some(json!({"status": "ok"}))
    }
}

impl Service {
    fn change(&mut self, request: &ApiRequest<'_>, rest: &[&str]) -> Option<Value> {
        match (request.method.as_str(), rest) {
            ("GET", [] | ["details"]) => Some(self.describe()),
            ("GET", ["version"]) => Some(json!([self.describe_version()])),
            (_, ["version", number, rest @ ..]) if number.parse() == Ok(self.version) => {
                self.change_version(request, rest)
            }
            _ => None,
        }
    }

    fn describe(&self) -> Value {
        json!({"id": self.id, "name": self.name, "type": self.kind, "versions": [self.describe_version()]})
    }

    fn describe_version(&self) -> Value {
        let active = self.active_version == Some(self.version);
        json!({"number": self.version, "active": active, "locked": active})
    }

    fn change_version(&mut self, request: &ApiRequest<'_>, rest: &[&str]) -> Option<Value> {
        match (request.method.as_str(), rest) {
            // PUT sets a comment, which is not stored.
            ("GET" | "PUT", []) => Some(self.describe_version()),
            ("PUT", ["clone"]) => {
                self.version += 1;
                Some(self.describe_version())
            }
            ("GET", ["domain"]) => {
                let domains = self
                    .domains
                    .iter()
                    .map(|name| json!({"name": name, "version": self.version}));
                Some(domains.collect())
            }
            ("POST", ["domain"]) => {
                let name = request.form().remove("name")?;
                self.domains.push(name.clone());
                Some(json!({"name": name, "version": self.version}))
            }
            ("POST", ["backend"]) => {
                let form = request.form();
                let response = json!({"name": form.get("name")?, "version": self.version});
                self.backends.push(Backend(form));
                Some(response)
            }
            ("POST", ["resource"]) => {
                let mut form = request.form();
                let store_id = form.remove("resource_id")?;
                let name = form.remove("name")?;
                let response = json!({"id": format!("link-{}", self.links.len()), "name": name, "resource_id": store_id});
                self.links.push(Link { name, store_id });
                Some(response)
            }
            ("GET", ["package"]) => {
                let hash = self.package.as_ref()?.files_hash().ok()?;
                Some(
                    json!({"service_id": self.id, "version": self.version, "metadata": {"files_hash": hash}}),
                )
            }
            ("PUT", ["package"]) => {
                self.package = Some(Package(form::file(
                    request.content_type,
                    request.body,
                    "package",
                )?));
                Some(json!({"service_id": self.id, "version": self.version}))
            }
            ("PUT", ["activate"]) => {
                self.active_version = Some(self.version);
                Some(self.describe_version())
            }
            _ => None,
        }
    }
}

impl Account {
    fn config(&mut self, request: &ApiRequest<'_>, rest: &[&str]) -> Option<Value> {
        let describe = |store: &ConfigStore| json!({"id": store.id, "name": store.name});
        match (request.method.as_str(), rest) {
            ("GET", []) => Some(self.config_stores.iter().map(describe).collect()),
            ("POST", []) => {
                let store = ConfigStore {
                    id: format!("config-store-{}", self.config_stores.len()),
                    name: request.form().remove("name")?,
                    items: BTreeMap::new(),
                };
                let response = describe(&store);
                self.config_stores.push(store);
                Some(response)
            }
            ("PUT", [id, "item", key]) => {
                let store = self
                    .config_stores
                    .iter_mut()
                    .find(|store| store.id == *id)?;
                let value = request.form().remove("item_value")?;
                let response = json!({"store_id": id, "item_key": key, "item_value": value});
                store.items.insert((*key).to_owned(), value);
                Some(response)
            }
            _ => None,
        }
    }

    fn secret(&mut self, request: &ApiRequest<'_>, rest: &[&str]) -> Option<Value> {
        let describe = |store: &SecretStore| json!({"id": store.id, "name": store.name});
        match (request.method.as_str(), rest) {
            ("GET", []) => {
                let stores: Value = self.secret_stores.iter().map(describe).collect();
                Some(json!({"data": stores, "meta": {}}))
            }
            ("POST", []) => {
                let store = SecretStore {
                    id: format!("secret-store-{}", self.secret_stores.len()),
                    name: request.text("name")?,
                    secrets: BTreeMap::new(),
                };
                let response = describe(&store);
                self.secret_stores.push(store);
                Some(response)
            }
            ("POST", [id, "secrets"]) => {
                let store = self
                    .secret_stores
                    .iter_mut()
                    .find(|store| store.id == *id)?;
                let name = request.text("name")?;
                let secret = form::base64(&request.text("secret")?)?;
                store.secrets.insert(name.clone(), secret);
                Some(json!({"name": name, "digest": ""}))
            }
            _ => None,
        }
    }
}
