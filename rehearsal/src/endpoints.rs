//! What each endpoint does to the account, and what it answers.
//!
//! As <https://www.fastly.com/documentation/reference/api/> describes them, as far as the CLI calls them
//! and reads the answers.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use crate::account::{Account, Backend, ConfigStore, Link, SecretStore, Service};
use crate::api::Record;
use crate::form;
use crate::package::Package;

/// A request of the API, taken apart.
pub(crate) struct Call<'r> {
    pub(crate) method: &'r Method,
    pub(crate) path: &'r [&'r str],
    pub(crate) content_type: &'r str,
    pub(crate) body: &'r [u8],
}

impl Call<'_> {
    fn form(&self) -> BTreeMap<String, String> {
        form::fields(self.body)
    }

    /// A text in the JSON object that was sent.
    fn text(&self, name: &str) -> Option<String> {
        let said: Value = serde_json::from_slice(self.body).ok()?;
        said.get(name)?.as_str().map(ToOwned::to_owned)
    }
}

impl Record {
    /// Does what the request asks and gives the answer; `None` for what is not known or not possible.
    pub(crate) fn change(&mut self, call: &Call<'_>) -> Option<Value> {
        match (call.method.as_str(), call.path) {
            ("POST", ["service"]) => self.create_service(&call.form()),
            ("DELETE", ["service", id]) => self.delete_service(id),
            (_, ["service", id, rest @ ..]) => {
                let service = self.account.service.as_mut()?;
                (service.id == *id).then_some(())?;
                service.change(call, rest)
            }
            (_, ["resources", "stores", "config", rest @ ..]) => self.account.config(call, rest),
            (_, ["resources", "stores", "secret", rest @ ..]) => self.account.secret(call, rest),
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
        let answer = service.describe();
        self.account.service = Some(service);
        Some(answer)
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
    fn change(&mut self, call: &Call<'_>, rest: &[&str]) -> Option<Value> {
        match (call.method.as_str(), rest) {
            ("GET", [] | ["details"]) => Some(self.describe()),
            ("GET", ["version"]) => Some(json!([self.describe_version()])),
            (_, ["version", number, rest @ ..]) if number.parse() == Ok(self.version) => {
                self.change_version(call, rest)
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

    fn change_version(&mut self, call: &Call<'_>, rest: &[&str]) -> Option<Value> {
        match (call.method.as_str(), rest) {
            // What is put there is a comment, which nothing depends on.
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
                let name = call.form().remove("name")?;
                self.domains.push(name.clone());
                Some(json!({"name": name, "version": self.version}))
            }
            ("POST", ["backend"]) => {
                let form = call.form();
                let answer = json!({"name": form.get("name")?, "version": self.version});
                self.backends.push(Backend(form));
                Some(answer)
            }
            ("POST", ["resource"]) => {
                let mut form = call.form();
                let store_id = form.remove("resource_id")?;
                let name = form.remove("name")?;
                let answer = json!({"id": format!("link-{}", self.links.len()), "name": name, "resource_id": store_id});
                self.links.push(Link { name, store_id });
                Some(answer)
            }
            ("GET", ["package"]) => {
                let hash = self.package.as_ref()?.files_hash().ok()?;
                Some(
                    json!({"service_id": self.id, "version": self.version, "metadata": {"files_hash": hash}}),
                )
            }
            ("PUT", ["package"]) => {
                self.package = Some(Package(form::file(
                    call.content_type,
                    call.body,
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
    fn config(&mut self, call: &Call<'_>, rest: &[&str]) -> Option<Value> {
        let describe = |store: &ConfigStore| json!({"id": store.id, "name": store.name});
        match (call.method.as_str(), rest) {
            ("GET", []) => Some(self.config_stores.iter().map(describe).collect()),
            ("POST", []) => {
                let store = ConfigStore {
                    id: format!("config-store-{}", self.config_stores.len()),
                    name: call.form().remove("name")?,
                    items: BTreeMap::new(),
                };
                let answer = describe(&store);
                self.config_stores.push(store);
                Some(answer)
            }
            ("PUT", [id, "item", key]) => {
                let store = self
                    .config_stores
                    .iter_mut()
                    .find(|store| store.id == *id)?;
                let value = call.form().remove("item_value")?;
                let answer = json!({"store_id": id, "item_key": key, "item_value": value});
                store.items.insert((*key).to_owned(), value);
                Some(answer)
            }
            _ => None,
        }
    }

    fn secret(&mut self, call: &Call<'_>, rest: &[&str]) -> Option<Value> {
        let describe = |store: &SecretStore| json!({"id": store.id, "name": store.name});
        match (call.method.as_str(), rest) {
            ("GET", []) => {
                let stores: Value = self.secret_stores.iter().map(describe).collect();
                Some(json!({"data": stores, "meta": {}}))
            }
            ("POST", []) => {
                let store = SecretStore {
                    id: format!("secret-store-{}", self.secret_stores.len()),
                    name: call.text("name")?,
                    secrets: BTreeMap::new(),
                };
                let answer = describe(&store);
                self.secret_stores.push(store);
                Some(answer)
            }
            ("POST", [id, "secrets"]) => {
                let store = self
                    .secret_stores
                    .iter_mut()
                    .find(|store| store.id == *id)?;
                let name = call.text("name")?;
                let secret = form::base64(&call.text("secret")?)?;
                store.secrets.insert(name.clone(), secret);
                Some(json!({"name": name, "digest": ""}))
            }
            _ => None,
        }
    }
}
