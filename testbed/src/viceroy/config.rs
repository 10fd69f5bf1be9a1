//! The configuration of a Viceroy, and the manifest that is generated from it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::host_calls;
use crate::b2::origin::Origin;
use crate::b2::recorder::Recorder;
use crate::render_service::RenderService;
use crate::webhook::WebhookReceiver;

const SECRET_STORE: &str = "b2_edge_keys";
const CONFIG_STORE: &str = "b2_edge";
const CONFIG_ITEM: &str = "config";

const NO_GEOLOCATION: &str = "\n[local_server.geolocation]\nuse_default_loopback = false\n";

/// The begin and the end of each sandbox.
pub(crate) const LOG_SANDBOXES: &str = "viceroy_lib::execute=info";

/// Short, so that tests of stalled origins are quick; Fastly's default is 15 s.
const DEFAULT_FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(2);

/// Backends, stores and the wasm of a Viceroy. [`start`](Self::start) starts it.
#[derive(Clone, Debug)]
pub struct ViceroyConfig {
    pub(crate) port: u16,
    pub(crate) wasm: Option<PathBuf>,
    pub(crate) keep_output: bool,
    pub(crate) is_renewable: bool,
    /// What Viceroy logs beyond errors, as directives of `RUST_LOG`.
    pub(crate) log_filters: Vec<&'static str>,
    pub(crate) probed: Vec<Probed>,
    backends: BTreeMap<String, Backend>,
    secrets: Option<BTreeMap<String, String>>,
    config: Option<String>,
    config_store: bool,
    fastly_keys: Vec<String>,
    /// A table of the manifest, or nothing.
    geolocation: &'static str,
    first_byte_timeout: Duration,
    between_bytes_timeout: Option<Duration>,
}

#[derive(Clone, Debug)]
struct Backend {
    url: String,
    override_host: String,
    unhealthy: bool,
    /// Instead of the one of all backends.
    first_byte_timeout: Option<Duration>,
}

/// An origin that Viceroy probes when it starts.
#[derive(Clone, Debug)]
pub(crate) struct Probed {
    pub(crate) host: String,
    pub(crate) recorder: Arc<Recorder>,
}

impl Default for ViceroyConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl ViceroyConfig {
    /// No backends, an empty secret store and an empty config store.
    #[must_use]
    pub fn new() -> Self {
        Self {
            port: 0,
            wasm: None,
            keep_output: true,
            is_renewable: false,
            log_filters: Vec::new(),
            probed: Vec::new(),
            backends: BTreeMap::new(),
            secrets: Some(BTreeMap::new()),
            config: None,
            config_store: true,
            fastly_keys: Vec::new(),
            geolocation: "",
            first_byte_timeout: DEFAULT_FIRST_BYTE_TIMEOUT,
            between_bytes_timeout: None,
        }
    }

    /// Adds an origin as a backend, with the secrets of its keys.
    #[must_use]
    pub fn origin(mut self, origin: &Origin) -> Self {
        let spec = origin.spec();
        let host = format!("127.0.0.1:{}", origin.port());
        self.probed.push(Probed {
            host,
            recorder: origin.recorder(),
        });
        let name = &spec.backend;
        let config = self
            .backend(name, &origin.url(), &spec.host())
            .secret(&format!("{name}_key_id"), &spec.key_id)
            .secret(&format!("{name}_application_key"), &spec.application_key);
        let Some(pair) = &spec.write_key else {
            return config;
        };
        let secret = format!("{name}_write_application_key");
        config
            .secret(&format!("{name}_write_key_id"), &pair.key_id)
            .secret(&secret, &pair.application_key)
    }

    /// Adds the backend of an origin for writes, `<origin>_write`, with its own first-byte timeout.
    #[must_use]
    pub fn write_backend(self, origin: &Origin, first_byte_timeout: Duration) -> Self {
        let spec = origin.spec();
        let name = format!("{}_write", spec.backend);
        let mut config = self.backend(&name, &origin.url(), &spec.host());
        if let Some(backend) = config.backends.get_mut(&name) {
            backend.first_byte_timeout = Some(first_byte_timeout);
        }
        config
    }

    /// Adds the key pair of a client of the S3 endpoint.
    #[must_use]
    pub fn s3_client(self, name: &str, key_id: &str, secret_key: &str) -> Self {
        self.secret(&format!("client_{name}_key_id"), key_id)
            .secret(&format!("client_{name}_secret_key"), secret_key)
    }

    /// Adds the backend `webhook`, with the host of the URL that the configuration names.
    #[must_use]
    pub fn webhook(self, receiver: &WebhookReceiver, host: &str) -> Self {
        self.backend("webhook", &receiver.url(), host)
    }

    /// Adds the backend `render` with the URL of a render service, and its key. It has the time that a rendering may take.
    #[must_use]
    pub fn render_service(self, url: &str) -> Self {
        let mut config = self
            .backend("render", url, "render.example")
            .secret("render_key", RenderService::key());
        if let Some(backend) = config.backends.get_mut("render") {
            backend.first_byte_timeout = Some(Duration::from_secs(45));
        }
        config
    }

    /// Adds or replaces a backend.
    #[must_use]
    pub fn backend(mut self, name: &str, url: &str, override_host: &str) -> Self {
        let backend = Backend {
            url: url.to_owned(),
            override_host: override_host.to_owned(),
            unhealthy: false,
            first_byte_timeout: None,
        };
        self.backends.insert(name.to_owned(), backend);
        self
    }

    /// Makes the health check of a backend report that it is unhealthy. Requests still reach it.
    #[must_use]
    pub fn unhealthy(mut self, name: &str) -> Self {
        if let Some(backend) = self.backends.get_mut(name) {
            backend.unhealthy = true;
        }
        self
    }

    /// Adds a value of `Fastly-Key` that Viceroy accepts as a valid API token.
    #[must_use]
    pub fn fastly_key(mut self, key: &str) -> Self {
        self.fastly_keys.push(key.to_owned());
        self
    }

    /// Turns geolocation off. By default, Viceroy locates this machine in San Francisco.
    #[must_use]
    pub fn no_geolocation(mut self) -> Self {
        self.geolocation = NO_GEOLOCATION;
        self
    }

    /// Adds or replaces a secret in the store `b2_edge_keys`.
    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets
            .get_or_insert_default()
            .insert(name.to_owned(), value.to_owned());
        self
    }

    /// Removes a secret.
    #[must_use]
    pub fn without_secret(mut self, name: &str) -> Self {
        if let Some(secrets) = &mut self.secrets {
            secrets.remove(name);
        }
        self
    }

    /// Removes the secret store; to be called last.
    #[must_use]
    pub fn no_secret_store(mut self) -> Self {
        self.secrets = None;
        self
    }

    /// Sets the item `config` of the config store `b2_edge`, which need not be valid JSON.
    #[must_use]
    pub fn config(mut self, json: &str) -> Self {
        self.config = Some(json.to_owned());
        self
    }

    /// Removes the config store.
    #[must_use]
    pub fn no_config_store(mut self) -> Self {
        self.config_store = false;
        self
    }

    /// The first-byte timeout of every backend; default 2 s.
    #[must_use]
    pub fn first_byte_timeout(mut self, limit: Duration) -> Self {
        self.first_byte_timeout = limit;
        self
    }

    /// The between-bytes timeout of every backend; default is Viceroy's.
    #[must_use]
    pub fn between_bytes_timeout(mut self, limit: Duration) -> Self {
        self.between_bytes_timeout = Some(limit);
        self
    }

    /// The wasm to run instead of `B2_EDGE_WASM`.
    #[must_use]
    pub fn wasm(mut self, path: impl Into<PathBuf>) -> Self {
        self.wasm = Some(path.into());
        self
    }

    /// The port to listen on; default is a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Discards the output of the process, for measurements that send very many requests.
    #[must_use]
    pub fn discard_output(mut self) -> Self {
        self.keep_output = false;
        self
    }

    /// Makes Viceroy log the end of each sandbox, with the memory that the guest used.
    #[must_use]
    pub fn log_sandboxes(mut self) -> Self {
        self.log_filters.push(LOG_SANDBOXES);
        self
    }

    /// Makes Viceroy trace the guest's host calls, for [`Viceroy::host_calls`](crate::Viceroy::host_calls).
    #[must_use]
    pub fn trace_host_calls(mut self) -> Self {
        self.log_filters.push(host_calls::LOG_FILTER);
        self
    }

    /// Lets [`Viceroy::renew`](crate::Viceroy::renew) exchange the configuration, and keeps what Viceroy does while
    /// nothing happens from taking a tenth of a core. For tests of what clients receive, not for measurements: the module
    /// gets a second function that may run in place of the application's.
    #[must_use]
    pub fn renewable(mut self) -> Self {
        self.is_renewable = true;
        self
    }

    /// Whether it runs `B2_EDGE_WASM`, and logs and keeps nothing but what is usual.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.wasm.is_none() && self.keep_output && self.log_filters.is_empty() && self.port == 0
    }

    /// What cannot be changed while it runs: everything but the item `config`.
    #[must_use]
    pub fn fixed_part(&self) -> String {
        self.manifest(Path::new("config.json"))
    }

    /// The item `config`.
    #[must_use]
    pub fn item(&self) -> Option<&str> {
        self.config.as_deref()
    }

    /// The names of the backends.
    pub(crate) fn backend_names(&self) -> Vec<String> {
        self.backends.keys().cloned().collect()
    }

    /// The content of the config store's file.
    pub(crate) fn config_file(&self) -> String {
        config_file(self.config.as_deref())
    }

    /// The secrets that no response and no line of output may contain.
    pub(crate) fn application_keys(&self) -> Vec<String> {
        let secrets = self.secrets.iter().flatten();
        secrets
            .filter(|(name, _)| {
                let suffixes = ["_application_key", "_secret_key"];
                suffixes.iter().any(|suffix| name.ends_with(suffix)) || name.starts_with("webhook_")
            })
            .map(|(_, key)| key.trim().to_owned())
            .collect()
    }

    /// The manifest. It has the absolute path of the config store's file, because Viceroy resolves relative
    /// paths against its working directory, not against the manifest.
    pub(crate) fn manifest(&self, config_file: &Path) -> String {
        let mut toml = String::from("manifest_version = 3\n\n[local_server]\n");
        if !self.fastly_keys.is_empty() {
            let keys = serde_json::Value::from(self.fastly_keys.clone());
            let _ = writeln!(toml, "fake_valid_fastly_keys = {keys}");
        }
        for (name, backend) in &self.backends {
            toml.push_str(&self.backend_table(name, backend));
        }
        toml.push_str(self.geolocation);
        if let Some(secrets) = &self.secrets {
            let entries = secrets
                .iter()
                .map(|(key, data)| format!("{{ key = {}, data = {} }}", quote(key), quote(data)));
            let entries = entries.collect::<Vec<_>>().join(", ");
            let _ = write!(
                toml,
                "\n[local_server.secret_stores]\n{SECRET_STORE} = [{entries}]\n"
            );
        }
        if self.config_store {
            let file = quote(&config_file.to_string_lossy());
            let _ = write!(
                toml,
                "\n[local_server.config_stores.{CONFIG_STORE}]\nformat = \"json\"\nfile = {file}\n"
            );
        }
        toml
    }

    fn backend_table(&self, name: &str, backend: &Backend) -> String {
        let mut table = format!(
            "\n[local_server.backends.{}]\nurl = {}\noverride_host = {}\nfirst_byte_timeout_ms = {}\n",
            quote(name),
            quote(&backend.url),
            quote(&backend.override_host),
            backend
                .first_byte_timeout
                .unwrap_or(self.first_byte_timeout)
                .as_millis()
        );
        if let Some(limit) = self.between_bytes_timeout {
            let _ = writeln!(table, "between_bytes_timeout_ms = {}", limit.as_millis());
        }
        if backend.unhealthy {
            table.push_str("health = \"unhealthy\"\n");
        }
        table
    }
}

/// The content of a config store's file with the given item `config`.
pub(crate) fn config_file(config: Option<&str>) -> String {
    store_file(config.map(|json| (CONFIG_ITEM, json)))
}

/// The content of a config store's file with one item, or none.
pub(crate) fn store_file(item: Option<(&str, &str)>) -> String {
    let items = item.map(|(name, value)| (name.to_owned(), value.into()));
    serde_json::Value::Object(items.into_iter().collect()).to_string()
}

/// A TOML basic string. JSON's escapes are a subset of TOML's.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_names_backends_secrets_and_the_config_file() {
        let config = ViceroyConfig::new()
            .backend(
                "us_origin",
                "http://127.0.0.1:1",
                "b.s3.us-west-004.backblazeb2.com",
            )
            .secret("us_origin_key_id", "a\"b")
            .secret("gone", "x")
            .without_secret("gone")
            .unhealthy("us_origin")
            .fastly_key("a-token")
            .no_geolocation()
            .between_bytes_timeout(Duration::from_secs(1));
        assert_eq!(
            config.manifest(Path::new("/tmp/config.json")),
            r#"manifest_version = 3

[local_server]
fake_valid_fastly_keys = ["a-token"]

[local_server.backends."us_origin"]
url = "http://127.0.0.1:1"
override_host = "b.s3.us-west-004.backblazeb2.com"
first_byte_timeout_ms = 2000
between_bytes_timeout_ms = 1000
health = "unhealthy"

[local_server.geolocation]
use_default_loopback = false

[local_server.secret_stores]
b2_edge_keys = [{ key = "us_origin_key_id", data = "a\"b" }]

[local_server.config_stores.b2_edge]
format = "json"
file = "/tmp/config.json"
"#
        );
    }

    #[test]
    fn the_config_item_is_a_string_whatever_it_holds() {
        assert_eq!(config_file(None), "{}");
        assert_eq!(config_file(Some("{not json")), r#"{"config":"{not json"}"#);
    }
}
