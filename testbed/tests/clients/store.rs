//! The bucket behind the application: that of the testbed, which refuses what B2 refuses, or one of `SeaweedFS`, whose
//! code for signatures and uploads is another one.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use b2_edge_testbed::{Object, Origin, OriginSpec, S3Client, ViceroyConfig, encode_key};
use bytes::Bytes;
use http::Method;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::stage::{BUCKET, REGION, free_port};

/// `SeaweedFS` starts several servers.
const START_TIMEOUT: Duration = Duration::from_secs(30);

const FOR_WRITES: Duration = Duration::from_mins(1);

/// A bucket.
pub(crate) enum Store {
    Testbed(Origin),
    SeaweedFs(SeaweedFs),
}

/// A running `SeaweedFS`.
pub(crate) struct SeaweedFs {
    port: u16,
    client: S3Client,
    _process: Child,
}

fn spec() -> OriginSpec {
    OriginSpec::new("us_origin", BUCKET, REGION)
}

impl Store {
    pub(crate) fn testbed() -> Self {
        Self::Testbed(Origin::start(spec().with_write_key()).expect("an origin"))
    }

    /// Starts `weed mini`.
    ///
    /// # Errors
    ///
    /// When it is not installed, or does not respond.
    pub(crate) async fn seaweedfs(directory: &Path) -> Result<Self, String> {
        let spec = spec();
        let port = free_port().ok_or("no port is free")?;
        let mut command = Command::new("weed");
        command
            .arg("mini")
            .arg("-dir")
            .arg(directory)
            .args(["-ip", "127.0.0.1", "-ip.bind", "127.0.0.1"])
            .args(["-s3.port", &port.to_string()])
            .args(["-s3.domainName", &spec.endpoint()])
            .args(["-bucket", BUCKET, "-webdav=false", "-admin.ui=false"])
            .env("AWS_ACCESS_KEY_ID", &spec.key_id)
            .env("AWS_SECRET_ACCESS_KEY", &spec.application_key)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let process = command.spawn().map_err(|error| format!("weed: {error}"))?;
        let client = S3Client::new(&spec.host(), REGION, &spec.key_id, &spec.application_key);
        let store = SeaweedFs {
            port,
            client,
            _process: process,
        };
        let is_ready = async {
            let probe = || store.client.put("/probe", "text");
            while !matches!(probe().send(port).await, Ok(response) if response.status == 200) {
                sleep(Duration::from_millis(200)).await;
            }
        };
        let ready = tokio::time::timeout(START_TIMEOUT, is_ready).await;
        ready.map_err(|_| format!("weed does not respond within {START_TIMEOUT:?}"))?;
        Ok(Self::SeaweedFs(store))
    }

    /// Adds the bucket as the origin `us_origin`.
    pub(crate) fn add_to(&self, viceroy: ViceroyConfig) -> ViceroyConfig {
        match self {
            Self::Testbed(origin) => viceroy.origin(origin).write_backend(origin, FOR_WRITES),
            Self::SeaweedFs(store) => {
                let (spec, url) = (spec(), format!("http://127.0.0.1:{}", store.port));
                viceroy
                    .backend("us_origin", &url, &spec.host())
                    .secret("us_origin_key_id", &spec.key_id)
                    .secret("us_origin_application_key", &spec.application_key)
                    .first_byte_timeout(FOR_WRITES)
            }
        }
    }

    pub(crate) async fn put(&self, key: &str, content: Vec<u8>) {
        match self {
            Self::Testbed(origin) => {
                let stored = origin.put(key, Object::new(content)).await;
                stored.expect("stored");
            }
            Self::SeaweedFs(store) => {
                let put = store.client.put(&encode_key(key), content);
                let response = put.send(store.port).await.expect("a response");
                assert_eq!(response.status, 200, "{key}: {}", response.text());
            }
        }
    }

    /// The bytes of an object; `None` if it does not exist.
    pub(crate) async fn stored(&self, key: &str) -> Option<Bytes> {
        match self {
            Self::Testbed(origin) => {
                let object = origin.object(key).await.expect("it is readable");
                object.map(|object| object.bytes)
            }
            Self::SeaweedFs(store) => {
                let get = store.client.get(&encode_key(key));
                let response = get.send(store.port).await.expect("a response");
                (response.status == 200).then_some(response.body)
            }
        }
    }

    /// The keys of the objects below a prefix without odd characters.
    pub(crate) async fn keys(&self, prefix: &str) -> Vec<String> {
        match self {
            Self::Testbed(origin) => {
                let mut keys = origin.keys();
                keys.retain(|key| key.starts_with(prefix));
                keys
            }
            Self::SeaweedFs(store) => {
                let prefix = prefix.replace('/', "%2F");
                let list = store.client.get("/");
                let list = list.query(&format!("list-type=2&prefix={prefix}"));
                let response = list.send(store.port).await.expect("a response");
                let text = response.text();
                let keys = text.split("<Key>").skip(1);
                keys.filter_map(|rest| Some(rest.split('<').next()?.to_owned()))
                    .collect()
            }
        }
    }

    pub(crate) fn forget_requests(&self) {
        if let Self::Testbed(origin) = self {
            origin.clear_seen();
        }
    }

    /// Whether a part of an upload has arrived; true if the store does not tell.
    pub(crate) fn has_received_parts(&self) -> bool {
        let Self::Testbed(origin) = self else {
            return true;
        };
        origin.seen().iter().any(|seen| {
            let query = seen.query.as_deref().unwrap_or_default();
            query.contains("partNumber=") && seen.method == Method::PUT
        })
    }
}
